/* SPDX-License-Identifier: MIT */
/* sqlite_impl - the parts that the files of the SQLite store share.
 *
 *   sqlite.c         open, close
 *   sqlite_schema.c  tables and migrations
 *   sqlite_row.c     the columns: records as rows, rows as records
 *   sqlite_write.c   a batch -> rows
 *   sqlite_read.c    queries, on a connection of their own
 *   sqlite_load.c    play back unfinished jobs
 *   sqlite_lived.c   how long all lives were
 *   sqlite_retain.c  remove jobs that were kept long enough
 *   sqlite_wal.c     copy the WAL
 *   sqlite_stmt.c    errors, statements
 *
 * One connection writes and checkpoints, in one thread: SQLite before 3.51.3
 * can damage a database whose WAL is checkpointed by another one. The reader
 * belongs to the thread that calls store_read.
 */
#ifndef SQLITE_IMPL_H
#define SQLITE_IMPL_H

#include "coordinator/store/ballast.h"
#include "coordinator/store/left_out.h"
#include "coordinator/store/lived.h"
#include "coordinator/store/retention.h"
#include "coordinator/store/sqlite_row.h"
#include "coordinator/store/sqlite_stmt.h"
#include "coordinator/store/sqlite_wal.h"
#include "coordinator/store/store.h"

#define PAGE_LEN 4096
/* Only foreign programs ever make us wait. */
#define SQLITE_BUSY_MS 5000

enum sqlite_write {
    WRITE_BEGIN,
    WRITE_COMMIT,
    WRITE_ROLLBACK,
    WRITE_JOB,
    WRITE_KEY, /* looks a key up */
    WRITE_OUTCOME,
    WRITE_ATTEMPT,
    WRITE_PIECE,
    WRITE_CANCEL,
    WRITE_END,
    WRITE_MARK,
    WRITE_LIVED, /* the mark; and adds to the epoch */
    WRITE_WORKER_UP,
    WRITE_WORKER_GONE,
    WRITE_COUNT
};
extern const char *const sqlite_write_sql[WRITE_COUNT];

enum sqlite_read {
    READ_BEGIN,
    READ_COMMIT,
    READ_JOBS,
    READ_CANCELS,
    READ_END,
    READ_OUTCOMES,
    READ_ENDED,
    READ_ATTEMPTS,
    READ_PIECES,
    READ_COUNT
};
extern const char *const sqlite_read_sql[READ_COUNT];

enum sqlite_retain {
    RETAIN_NEXT,
    RETAIN_BYTES,
    RETAIN_JOB,
    RETAIN_OUTCOMES,
    RETAIN_ATTEMPTS,
    RETAIN_PIECES,
    RETAIN_CANCELS,
    RETAIN_END,
    RETAIN_META,
    RETAIN_COUNT
};
extern const char *const sqlite_retain_sql[RETAIN_COUNT];

/* Where the removal of old jobs stands. */
struct retain {
    struct retention rule;
    bool on;
    sqlite3_stmt *stmt[RETAIN_COUNT];
    uint64_t at;    /* the id that the pass looked at last; 0: none under way */
    uint64_t sweep; /* job whose rows are being removed; 0: none */
    int64_t rest_until_ms; /* no pass before, unless there is too much */
    int64_t vain_until_ms; /* none even then: nothing more can be removed */
};

struct sqlite {
    struct store store;
    char *path; /* as SQLite shall open it */
    int lock;   /* file, locked while we live */

    sqlite3 *writer;
    sqlite3_stmt *write[WRITE_COUNT];
    struct left_out left_out;
    struct ballast ballast;
    int wal_pages;     /* in the WAL after the last commit */
    int checkpoint_at; /* pages that call for copying them */
    bool suspect;      /* the disk failed: touch it no more */
    uint64_t n_jobs;   /* rows of job */
    size_t n_written;  /* records since the last tidy */
    struct lived lived;
    struct retain retain;

    sqlite3 *reader;
    sqlite3_stmt *read[READ_COUNT];
};

/* One step of removing the jobs that are due now. *more: the next may follow at
 * once. A full disk is no error. ERR_IO, ERR_CORRUPT. */
enum err sqlite_retain(struct sqlite *s, const struct moment *now, bool *more,
                       char *errmsg);

/* Fill in s->lived from the disk. ERR_IO, ERR_CORRUPT. */
enum err sqlite_lived_read(struct sqlite *s, char *errmsg);
/* Put this mark on the disk, and a new epoch with it. ERR_IO, ERR_CORRUPT,
 * ERR_FULL. */
enum err sqlite_lived_write(struct sqlite *s, const struct lived *mark,
                            bool new_epoch, char *errmsg);

/* The functions of the store. */
enum err sqlite_load(struct store *store, const struct moment *now,
                     void (*each)(void *arg, struct record *rec), void *arg,
                     char *errmsg);
enum err sqlite_commit(struct store *store, const struct records *batch,
                       struct store_report *report, char *errmsg);
enum err sqlite_read(struct store *store, const struct query *q,
                     struct records *out, char *errmsg);

#endif
