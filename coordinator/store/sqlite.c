/* SPDX-License-Identifier: MIT */
/* sqlite - the store in an SQLite database: open, close, checkpoints, errors.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coordinator/store/sqlite_impl.h"
#include "libcommon/buf.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/bounds.h"

/* A larger WAL means fewer page copies, since hot pages are copied once; a
 * smaller one means shorter pauses. */
#define CHECKPOINT_PAGES 4000
#define CHECKPOINT_STEP 1000 /* until the next try, if it is not used again */
#define WAL_LEN_MAX (64 << 20)
#define BUSY_MS 5000 /* only foreign programs ever make us wait */
#define VALUE_LEN_MAX (64 << 20)

/* ---- errors ---- */

static bool errno_is_full(int number)
{
    return number == ENOSPC || number == EDQUOT;
}

/* The WAL index is grown by writes of one byte: they fail on a full disk only.
 */
static bool result_is_full(sqlite3 *db, int rc)
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
    if (result_is_full(db, rc))
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

static enum err sqlite_prepare_all(sqlite3 *db, const char *const *sql,
                                   size_t n, sqlite3_stmt **out, char *errmsg)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; i < n && err == ERR_NONE; i++)
        err = sqlite_prepare(db, sql[i], &out[i], errmsg);
    return err;
}

enum err sqlite_ask_int(sqlite3 *db, const char *sql, int64_t *out,
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

/* ---- checkpoints ---- */

static int wal_grew(void *arg, sqlite3 *db, const char *name, int pages)
{
    struct sqlite *s = arg;

    (void)db;
    (void)name;
    if (pages < s->wal_pages) /* it was begun anew */
        s->checkpoint_at = CHECKPOINT_PAGES;
    s->wal_pages = pages;
    return SQLITE_OK;
}

enum err sqlite_checkpoint(struct sqlite *s, int mode, char *errmsg)
{
    sqlite3_busy_timeout(s->writer, 0); /* who reads now is no reason to wait */
    int rc = sqlite3_wal_checkpoint_v2(s->writer, NULL, mode, NULL, NULL);
    sqlite3_busy_timeout(s->writer, BUSY_MS);
    if (rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY ||
        result_is_full(s->writer, rc))
        return ERR_NONE;
    s->suspect = true;
    return sqlite_error(s->writer, rc, errmsg);
}

static enum err checkpoint_when_due(struct sqlite *s, char *errmsg)
{
    bool large = s->wal_pages > WAL_LEN_MAX / PAGE_LEN;

    if (s->wal_pages < s->checkpoint_at)
        return ERR_NONE;
    s->checkpoint_at = s->wal_pages + CHECKPOINT_STEP;
    return sqlite_checkpoint(
        s, large ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
        errmsg);
}

static void sqlite_set_retention(struct store *store,
                                 const struct retention *rule)
{
    struct sqlite *s = (struct sqlite *)store;

    s->retain.rule = *rule;
    s->retain.on = true;
}

static enum err sqlite_tidy(struct store *store, int64_t now_ms, bool *more,
                            char *errmsg)
{
    struct sqlite *s = (struct sqlite *)store;
    enum err err = sqlite_retain(s, now_ms, more, errmsg);

    if (err != ERR_NONE)
        s->suspect = true;
    return err == ERR_NONE ? checkpoint_when_due(s, errmsg) : err;
}

/* ---- open and close ---- */

/* For both connections: what comes out of a damaged file must not run or
 * allocate at will. */
static enum err sqlite_configure(sqlite3 *db, const char *pragmas, char *errmsg)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_MS);
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
    sqlite3_wal_hook(s->writer, wal_grew, s);
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
        err = sqlite_prepare_all(s->reader, sqlite_ask_sql, ASK_COUNT, s->ask,
                                 errmsg);
    return err;
}

static void sqlite_disconnect(struct sqlite *s)
{
    for (size_t i = 0; i < ASK_COUNT; i++) {
        sqlite3_finalize(s->ask[i]);
        s->ask[i] = NULL;
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
    if (s->suspect) /* what the disk holds is for the next start to find out */
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
    s->checkpoint_at = CHECKPOINT_PAGES;
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
