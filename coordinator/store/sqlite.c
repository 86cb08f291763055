/* SPDX-License-Identifier: MIT */
/* sqlite - the store in an SQLite database: open, close. */
#include "coordinator/store/sqlite_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coordinator/store/disk.h"
#include "coordinator/store/sqlite_schema.h"
#include "libcommon/buf.h"
#include "libcommon/mem.h"

#define VALUE_LEN_MAX (64 << 20)

/* ---- housekeeping ---- */

static void sqlite_set_retention(struct store *store,
                                 const struct retention *rule)
{
    struct sqlite *s = (struct sqlite *)store;

    s->retain.rule = *rule;
    s->retain.on = true;
}

static void sqlite_use_memory(struct store *store, uint64_t bytes)
{
    struct sqlite *s = (struct sqlite *)store;
    char sql[64];

    snprintf(sql, sizeof sql, "pragma cache_size = -%llu",
             (unsigned long long)(bytes >> 10));
    sqlite_run(s->writer, sql, NULL); /* else it stays as it is */
}

static enum err sqlite_tidy(struct store *store, const struct moment *now,
                            bool *more, char *errmsg)
{
    struct sqlite *s = (struct sqlite *)store;
    enum err err = sqlite_retain(s, now, more, errmsg);

    if (err != ERR_NONE)
        s->suspect = true;
    return err == ERR_NONE ? sqlite_wal_tidy(s, errmsg) : err;
}

/* ---- open and close ---- */

/* For both connections: the content of a damaged file must neither run nor
 * allocate at will. */
static enum err sqlite_configure(sqlite3 *db, const char *pragmas, char *errmsg)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, SQLITE_BUSY_MS);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_LEN_MAX);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return sqlite_run(db, pragmas, errmsg);
}

/* SQLite stays with another journal where it cannot share memory. */
static enum err sqlite_use_wal(sqlite3 *db, char *errmsg)
{
    sqlite3_stmt *stmt = NULL;
    enum err err =
        sqlite_prepare(db, "pragma journal_mode = wal", &stmt, errmsg);

    if (err != ERR_NONE)
        return err;
    int rc = sqlite3_step(stmt);
    if (rc != SQLITE_ROW)
        err = sqlite_error(db, rc, errmsg);
    else if (strcmp((const char *)sqlite3_column_text(stmt, 0), "wal") != 0)
        err = err_set(errmsg, ERR_REFUSED,
                      "%s: its file system does not let SQLite write a WAL: "
                      "choose a folder on a local disk",
                      sqlite3_db_filename(db, "main"));
    sqlite3_finalize(stmt);
    return err;
}

static enum err sqlite_open_writer(struct sqlite *s, char *errmsg)
{
    int rc = sqlite3_open_v2(
        s->path, &s->writer,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        return sqlite_error(s->writer, rc, errmsg);
    enum err err = sqlite_configure(s->writer,
                                    "pragma page_size = 4096;"
                                    "pragma cell_size_check = on;"
                                    "pragma mmap_size = 0;"
                                    "pragma secure_delete = off;"
                                    "pragma temp_store = memory;"
                                    "pragma cache_size = -65536;"
                                    "pragma journal_size_limit = 67108864;"
                                    "pragma synchronous = full;"
                                    "pragma wal_autocheckpoint = 0",
                                    errmsg);
    if (err == ERR_NONE)
        err = sqlite_use_wal(s->writer, errmsg);
    if (err == ERR_NONE)
        err = sqlite_migrate(s->writer, errmsg);
    if (err == ERR_NONE)
        err = sqlite_prepare_all(s->writer, sqlite_write_sql, WRITE_COUNT,
                                 s->write, errmsg);
    if (err == ERR_NONE)
        err = sqlite_prepare_all(s->writer, sqlite_retain_sql, RETAIN_COUNT,
                                 s->retain.stmt, errmsg);
    sqlite_wal_watch(s);
    return err;
}

static enum err sqlite_open_reader(struct sqlite *s, char *errmsg)
{
    int rc = sqlite3_open_v2(s->path, &s->reader,
                             SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        return sqlite_error(s->reader, rc, errmsg);
    sqlite3_db_config(s->reader, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    enum err err = sqlite_configure(s->reader,
                                    "pragma cell_size_check = on;"
                                    "pragma mmap_size = 0;"
                                    "pragma temp_store = memory;"
                                    "pragma cache_size = -8192;"
                                    "pragma query_only = on;"
                                    "pragma wal_autocheckpoint = 0",
                                    errmsg);
    if (err == ERR_NONE)
        err = sqlite_prepare_all(s->reader, sqlite_read_sql, READ_COUNT,
                                 s->read, errmsg);
    return err;
}

static void sqlite_disconnect(struct sqlite *s)
{
    for (size_t i = 0; i < READ_COUNT; i++) {
        sqlite3_finalize(s->read[i]);
        s->read[i] = NULL;
    }
    sqlite3_close(s->reader);
    s->reader = NULL;
    for (size_t i = 0; i < WRITE_COUNT; i++) {
        sqlite3_finalize(s->write[i]);
        s->write[i] = NULL;
    }
    for (size_t i = 0; i < RETAIN_COUNT; i++) {
        sqlite3_finalize(s->retain.stmt[i]);
        s->retain.stmt[i] = NULL;
    }
    if (s->suspect) /* the next start finds out what the disk holds */
        sqlite3_db_config(s->writer, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(s->writer); /* the last one: checkpoints, removes the WAL */
    s->writer = NULL;
}

static enum err sqlite_connect(struct sqlite *s, char *errmsg)
{
    enum err err = disk_create_private(s->path, errmsg);

    if (err == ERR_NONE)
        err = sqlite_open_writer(s, errmsg);
    if (err == ERR_NONE)
        err = sqlite_open_reader(s, errmsg);
    if (err == ERR_NONE)
        err = disk_sync_folder(s->path, errmsg);
    if (err != ERR_NONE)
        sqlite_disconnect(s);
    return err;
}

static void sqlite_close(struct store *store)
{
    struct sqlite *s = (struct sqlite *)store;

    sqlite_disconnect(s);
    left_out_fini(&s->left_out);
    ballast_fini(&s->ballast);
    if (s->lock >= 0)
        close(s->lock); /* last: only now another yond may come */
    free(s->path);
    free(s);
}

static const struct store_kind sqlite_kind = {
    .load = sqlite_load,
    .commit = sqlite_commit,
    .read = sqlite_read,
    .retain = sqlite_set_retention,
    .use_memory = sqlite_use_memory,
    .tidy = sqlite_tidy,
    .close = sqlite_close,
};

/* SQLite would take ":memory:" and "file:..." for something else. */
static char *plain_path(const char *path)
{
    struct buf b = { 0 };

    if (path[0] != '/')
        buf_addf(&b, "./");
    buf_addf(&b, "%s", path);
    char *out = xstrdup(buf_text(&b));
    buf_fini(&b);
    return out;
}

enum err store_open_sqlite(const char *path, struct store **out, char *errmsg)
{
    struct sqlite *s = xcalloc(1, sizeof *s);
    enum err err;

    s->store.kind = &sqlite_kind;
    s->path = plain_path(path);
    s->lock = -1;
    ballast_init(&s->ballast, s->path);
    err = disk_check_local(s->path, errmsg);
    if (err != ERR_NONE)
        goto out;
    err = disk_lock(s->path, &s->lock, errmsg);
    if (err != ERR_NONE)
        goto out;
    err = sqlite_connect(s, errmsg);
    if (err == ERR_FULL && ballast_release(&s->ballast))
        err = sqlite_connect(s, errmsg);
    if (err != ERR_NONE)
        goto out;

    *out = &s->store;
    s = NULL; /* the caller owns it now */
out:
    if (s != NULL)
        sqlite_close(&s->store);
    return err;
}
