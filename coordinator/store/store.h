/* SPDX-License-Identifier: MIT */
/* store - keeps records: the contract that sqlite.c and memory.c fulfil alike.
 *
 * A store is used by one thread at a time; only store_read may be called from a
 * second one meanwhile. Functions block; the loop never
 * calls them. `errmsg` is a char[ERRMSG_LEN] or NULL.
 */
#ifndef STORE_H
#define STORE_H

#include "coordinator/core/model/record.h"
#include "libcommon/err.h"

struct store; /* opaque; each kind begins with its table of functions */

struct store_report {
    struct record_refusal *refused; /* freed by store_report_fini */
    size_t n_refused;
    bool full;            /* some submit was refused for want of space */
    bool pieces_left_out; /* no RECORD_PIECE of the batch was written, for the
                             same reason */
};
void store_report_fini(struct store_report *r);
void store_report_add(struct store_report *r, struct record_refusal refusal);

struct moment;
struct retention;

struct store_kind {
    enum err (*load)(struct store *s, const struct moment *now,
                     void (*each)(void *arg, struct record *rec), void *arg,
                     char *errmsg);
    enum err (*commit)(struct store *s, const struct records *batch,
                       struct store_report *report, char *errmsg);
    enum err (*read)(struct store *s, const struct query *q,
                     struct records *out, char *errmsg);
    void (*retain)(struct store *s, const struct retention *rule);
    void (*use_memory)(struct store *s, uint64_t bytes);
    enum err (*tidy)(struct store *s, const struct moment *now, bool *more,
                     char *errmsg);
    void (*close)(struct store *s);
};
struct store {
    const struct store_kind *kind;
};

/* Open or make the database at `path`, take its lock, bring its schema up to
 * date. ERR_BUSY     another yond has it; ERR_VERSION  it was written by a
 * newer yon; ERR_REFUSED  it lies on a network file system; ERR_CORRUPT,
 * ERR_IO, ERR_FULL, ERR_SYSTEM. */
enum err store_open_sqlite(const char *path, struct store **out, char *errmsg);
/* Empty, in memory. It outlives its users: a coordinator that crashes is
 * followed by one that calls store_load on the same store. Never fails. */
struct store *store_open_memory(void);
/* Let every following commit that holds submits refuse them with ERR_FULL, or
 * let commits fail with ERR_IO: for tests. */
void store_memory_fail(struct store *s, bool full, bool io_error);

/* Begin a life, now: add one to the epoch (durable on return), then play back
 * in this order: RECORD_EPOCH, RECORD_CLOCK, RECORD_IDS and RECORD_LOW_WATER
 * (upto 1 when never written), RECORD_WORKER_UP of each that is not GONE, then
 * in the order of ids each job that has not ended: RECORD_JOB (full), its
 * RECORD_OUTCOMEs by element and without bodies, its RECORD_ATTEMPTs by element
 * and tries and without bodies, its RECORD_CANCELs as they came. Jobs below the
 * low water are not looked at. `each` may take blobs out of the record (set
 * them to NULL); the rest is released after it returns. ERR_IO, ERR_CORRUPT,
 * ERR_FULL. */
enum err store_load(struct store *s, const struct moment *now,
                    void (*each)(void *arg, struct record *rec), void *arg,
                    char *errmsg);

/* Write a batch in order, all of it or nothing; on ERR_NONE it is on stable
 * storage. A submit whose key exists, and on a full disk every submit of the
 * batch, is left out and reported; from then on every record of that job is
 * silently left out. On a full disk every RECORD_PIECE of the batch is left out
 * as well, and that reported. When even that does not fit: ERR_FULL, nothing is
 * written, the same batch may be tried again. A RECORD_OUTCOME for a ref that
 * has one is a bug of the core: asserted. ERR_IO, ERR_CORRUPT  nothing is
 * promised any more: stop the process. */
enum err store_commit(struct store *s, const struct records *batch,
                      struct store_report *report, char *errmsg);

/* Answer from what is committed; *out is filled in the order of the query.
 * ERR_IO, ERR_CORRUPT: as from store_commit. */
enum err store_read(struct store *s, const struct query *q, struct records *out,
                    char *errmsg);

/* How long to keep ended jobs (copied); without a call: for ever. */
void store_retain(struct store *s, const struct retention *rule);

/* How much memory its cache may take; without a call: 64 MiB. */
void store_use_memory(struct store *s, uint64_t bytes);

/* Housekeeping of the writer's thread, between two commits: call it after each,
 * when those who waited for the commit have been told, and now and then when
 * there is none. Removes a part of the jobs that are due; *more: call it again
 * at once, if nothing waits for a commit. ERR_IO, ERR_CORRUPT: as from
 * store_commit. */
enum err store_tidy(struct store *s, const struct moment *now, bool *more,
                    char *errmsg);

void store_close(struct store *s); /* NULL is fine */

#endif
