/* SPDX-License-Identifier: MIT */
/* sqlite_wal - when and how the WAL is copied into the database. */
#include "coordinator/store/sqlite_wal.h"

#include "coordinator/store/sqlite_impl.h"

/* A larger WAL means fewer page copies, since hot pages are copied once; a
 * smaller one means shorter pauses. */
#define CHECKPOINT_PAGES 4000
#define CHECKPOINT_STEP 1000 /* until the next try, if it is not used again */
#define WAL_LEN_MAX (64 << 20)

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

enum err sqlite_wal_checkpoint(struct sqlite *s, int mode, char *errmsg)
{
    sqlite3_busy_timeout(s->writer, 0); /* a reader is no reason to wait */
    int rc = sqlite3_wal_checkpoint_v2(s->writer, NULL, mode, NULL, NULL);
    sqlite3_busy_timeout(s->writer, SQLITE_BUSY_MS);
    if (rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY ||
        sqlite_is_full(s->writer, rc))
        return ERR_NONE;
    s->suspect = true;
    return sqlite_error(s->writer, rc, errmsg);
}

enum err sqlite_wal_tidy(struct sqlite *s, char *errmsg)
{
    bool large = s->wal_pages > WAL_LEN_MAX / PAGE_LEN;

    if (s->wal_pages < s->checkpoint_at)
        return ERR_NONE;
    s->checkpoint_at = s->wal_pages + CHECKPOINT_STEP;
    return sqlite_wal_checkpoint(
        s, large ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
        errmsg);
}

void sqlite_wal_watch(struct sqlite *s)
{
    s->checkpoint_at = CHECKPOINT_PAGES;
    sqlite3_wal_hook(s->writer, wal_grew, s);
}
