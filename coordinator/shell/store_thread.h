/* SPDX-License-Identifier: MIT */
/* store_thread - a store behind two threads, for a loop that never waits for a
 * disk.
 *
 * One thread writes: while one batch is being synced the next one forms, so the
 * busier the disk, the larger the batches; when idle nothing waits. Another
 * thread answers queries. Events are called on the loop's thread, in the
 * order in which things happened; they may call any function here.
 */
#ifndef STORE_THREAD_H
#define STORE_THREAD_H

#include <uv.h>

#include "coordinator/store/retention.h"
#include "coordinator/store/store.h"

struct store_thread; /* opaque */

struct store_thread_events {
    /* A batch is on stable storage, and with it the first n_records of all
     * that were handed over since the store was opened; those that the
     * store refused or left out count. The report is borrowed. */
    void (*durable)(void *arg, uint64_t n_records,
                    const struct store_report *report);
    /* An answer, or why there is none; the event may take the records out. */
    void (*answered)(void *arg, uint64_t id, enum err err,
                     struct records *records);
    /* Not even outcomes fit on the disk. The batch is tried again until it is
     * written: then durable is called as ever. */
    void (*full)(void *arg);
    /* ERR_IO, ERR_CORRUPT ...: nothing is written any more. Stop the process.
     */
    void (*failed)(void *arg, enum err err, const char *errmsg);
};

/* Open the SQLite store at `path`. `events` is borrowed for ever. Errors as
 * from store_open_sqlite; *out is then unchanged. */
enum err store_thread_open(const char *path, uv_loop_t *loop,
                           const struct store_thread_events *events, void *arg,
                           struct store_thread **out, char *errmsg);

/* store_retain, before the load. */
void store_thread_retain(struct store_thread *t, const struct retention *rule);
/* As store_use_memory; before the load. */
void store_thread_use_memory(struct store_thread *t, uint64_t bytes);

/* store_load, on the caller's thread; then the other threads start, and writes
 * and reads are taken. Errors as from store_load, and ERR_SYSTEM: close it. */
enum err store_thread_load(struct store_thread *t,
                           void (*each)(void *arg, struct record *rec),
                           void *arg, char *errmsg);

/* Move the records into the batch that is forming; `take` is then empty. */
void store_thread_write(struct store_thread *t, struct records *take);

/* Query the store; the answer comes with `id`. The name in the query is taken.
 * Open queries and their answers, of up to a MiB, are in memory: the caller
 * bounds their number. `more`: another one follows at once; the thread is woken
 * once for all. */
void store_thread_read(struct store_thread *t, uint64_t id, struct query *take,
                       bool more);

/* Write the pending records (dropped when the disk is full), end the threads,
 * close the store. No event is called afterwards; this may be called from one.
 * The memory is freed in a later turn of the loop. NULL is fine. */
void store_thread_close(struct store_thread *t);

#endif
