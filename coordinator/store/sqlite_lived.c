/* SPDX-License-Identifier: MIT */
/* sqlite_lived - the mark of the clock of ages, in meta. */
#include "coordinator/store/sqlite_impl.h"

#define VALUE_MAX (INT64_C(1) << 53) /* far beyond any clock; sums fit */

static enum err read_value(struct sqlite *s, const char *sql, int64_t *out,
                           char *errmsg)
{
    enum err err = sqlite_query_int(s->writer, sql, out, errmsg);

    if (err == ERR_NONE && (*out < -VALUE_MAX || *out > VALUE_MAX))
        err = sqlite_error(s->writer, SQLITE_CORRUPT, errmsg);
    return err;
}

enum err sqlite_lived_read(struct sqlite *s, char *errmsg)
{
    int64_t machine = 0;
    enum err err = read_value(s, "select value from meta where name = 'lived'",
                              &s->lived.ms, errmsg);

    if (err == ERR_NONE)
        err = read_value(s, "select value from meta where name = 'lived_boot'",
                         &s->lived.at.boot_ms, errmsg);
    if (err == ERR_NONE)
        err = read_value(s, "select value from meta where name = 'lived_wall'",
                         &s->lived.at.wall_ms, errmsg);
    if (err == ERR_NONE)
        err = sqlite_query_int(
            s->writer, "select value from meta where name = 'lived_machine'",
            &machine, errmsg);
    s->lived.at.machine = (uint64_t)machine;
    return err;
}

enum err sqlite_lived_write(struct sqlite *s, const struct lived *mark,
                            bool new_epoch, char *errmsg)
{
    sqlite3_stmt *stmt = s->write[WRITE_LIVED];
    int rc;

    sqlite_bind_int(stmt, 1, new_epoch ? 1 : 0);
    sqlite_bind_int(stmt, 2, mark->ms);
    sqlite_bind_u64(stmt, 3, mark->at.machine);
    sqlite_bind_int(stmt, 4, mark->at.boot_ms);
    sqlite_bind_int(stmt, 5, mark->at.wall_ms);
    rc = sqlite3_step(stmt);
    sqlite_done(stmt);
    return rc == SQLITE_DONE ? ERR_NONE : sqlite_error(s->writer, rc, errmsg);
}
