/* SPDX-License-Identifier: MIT */
/* sqlite_stmt - errors of SQLite as ours, and statements. */
#include "coordinator/store/sqlite_stmt.h"

#include <errno.h>
#include <string.h>

#include "libcommon/check.h"

/* ---- errors ---- */

static bool errno_is_full(int number)
{
    return number == ENOSPC || number == EDQUOT;
}

/* The WAL index is grown by writes of one byte: they fail on a full disk only.
 */
bool sqlite_is_full(sqlite3 *db, int rc)
{
    return (rc & 0xff) == SQLITE_FULL || rc == SQLITE_IOERR_SHMSIZE ||
           ((rc & 0xff) == SQLITE_IOERR &&
            errno_is_full(sqlite3_system_errno(db))) ||
           ((rc & 0xff) == SQLITE_CANTOPEN &&
            errno_is_full(sqlite3_system_errno(db)));
}

enum err sqlite_error(sqlite3 *db, int rc, char *errmsg)
{
    if (db == NULL)
        return err_set(errmsg, ERR_MEMORY, "cannot open the database");
    const char *name = sqlite3_db_filename(db, "main");
    const char *why = sqlite3_extended_errcode(db) == rc ? sqlite3_errmsg(db)
                                                         : sqlite3_errstr(rc);

    if (name == NULL || name[0] == '\0')
        name = "the database"; /* could not even be opened */
    if (sqlite_is_full(db, rc))
        return err_set(errmsg, ERR_FULL, "%s: no space left on its disk", name);
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(errmsg, ERR_BUSY, "%s: another program writes to it",
                       name);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
        return err_set(errmsg, ERR_SYSTEM, "%s: %s", name, why);
    case SQLITE_NOMEM:
        return err_set(errmsg, ERR_MEMORY, "%s: %s", name, why);
    case SQLITE_IOERR:
    case SQLITE_INTERRUPT:
    case SQLITE_PROTOCOL:
        return err_set(errmsg, ERR_IO,
                       "%s: %s (%d, %s): check the disk before starting again",
                       name, why, rc, strerror(sqlite3_system_errno(db)));
    default: /* of statements that are known to be right */
        return err_set(errmsg, ERR_CORRUPT,
                       "%s is damaged (%s): keep a copy of it and its -wal, "
                       "then try `sqlite3 FILE .recover`, or start with an "
                       "empty folder",
                       name, why);
    }
}

/* ---- statements ---- */

enum err sqlite_run(sqlite3 *db, const char *sql, char *errmsg)
{
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? ERR_NONE : sqlite_error(db, rc, errmsg);
}

enum err sqlite_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out,
                        char *errmsg)
{
    int rc =
        sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);

    return rc == SQLITE_OK ? ERR_NONE : sqlite_error(db, rc, errmsg);
}

enum err sqlite_prepare_all(sqlite3 *db, const char *const *sql, size_t n,
                            sqlite3_stmt **out, char *errmsg)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; i < n && err == ERR_NONE; i++)
        err = sqlite_prepare(db, sql[i], &out[i], errmsg);
    return err;
}

enum err sqlite_query_int(sqlite3 *db, const char *sql, int64_t *out,
                          char *errmsg)
{
    sqlite3_stmt *stmt = NULL;
    enum err err = sqlite_prepare(db, sql, &stmt, errmsg);
    int rc;

    if (err != ERR_NONE)
        return err;
    rc = sqlite3_step(stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        err = sqlite_error(db, rc, errmsg);
    else if (sqlite3_column_type(stmt, 0) != SQLITE_INTEGER)
        err = sqlite_error(db, SQLITE_CORRUPT, errmsg);
    else
        *out = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return err;
}

void sqlite_done(sqlite3_stmt *stmt)
{
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

void sqlite_bind_int(sqlite3_stmt *stmt, int n, int64_t value)
{
    int rc = sqlite3_bind_int64(stmt, n, value);

    ASSERT(rc == SQLITE_OK);
}

void sqlite_bind_u64(sqlite3_stmt *stmt, int n, uint64_t value)
{
    sqlite_bind_int(stmt, n, (int64_t)value);
}

void sqlite_bind_view(sqlite3_stmt *stmt, int n, struct view bytes)
{
    if (bytes.len == 0)
        return; /* unbound is NULL */
    int rc = sqlite3_bind_blob64(stmt, n, bytes.data, bytes.len, SQLITE_STATIC);
    ASSERT(rc == SQLITE_OK);
}
