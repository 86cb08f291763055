/* SPDX-License-Identifier: MIT */
/* store_thread - a store behind two threads. */
#include "coordinator/shell/store_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "coordinator/store/lived.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rng.h"
#include "libcommon/rt/os/clock.h"
#include "libcommon/rt/os/machine.h"

#define RETRY_MS 500 /* between two tries on a full disk */
#define TIDY_MS 1000 /* when there is nothing to write */

struct read {
    uint64_t id;
    struct query query;
};

/* In the order in which they came: at[first .. n). */
struct reads {
    struct read *at;
    size_t first, n, cap;
};

/* An event on its way to the loop. */
struct notice {
    enum { NOTICE_DURABLE, NOTICE_ANSWERED, NOTICE_FULL, NOTICE_FAILED } type;
    uint64_t number; /* of records, or the id of the answer */
    struct store_report report;
    struct records records;
    enum err err;
    char *errmsg; /* of NOTICE_FAILED */
};

struct notices {
    struct notice *at;
    size_t n, cap;
};

struct store_thread {
    struct store *store;
    const struct store_thread_events *events;
    void *arg;
    uv_async_t async;
    bool closed; /* the loop's thread only */
    pthread_t writer, reader;
    bool has_writer, has_reader;
    uint64_t machine;

    pthread_mutex_t mutex; /* for all below */
    pthread_cond_t written, requested;
    bool closing;
    struct records forming;
    struct reads reads;
    struct notices notices;
};

/* A mutex of our own, used in a wrong way, is the only cause for a failure. */
static void lock(struct store_thread *t)
{
    int bad = pthread_mutex_lock(&t->mutex);

    ASSERT(bad == 0);
}

static void unlock(struct store_thread *t)
{
    int bad = pthread_mutex_unlock(&t->mutex);

    ASSERT(bad == 0);
}

/* ---- notices ---- */

static void notice_fini(struct notice *n)
{
    store_report_fini(&n->report);
    records_fini(&n->records);
    free(n->errmsg);
}

static void notices_fini(struct notices *list)
{
    for (size_t i = 0; i < list->n; i++)
        notice_fini(&list->at[i]);
    free(list->at);
}

/* Takes the memory of the notice. */
static void notify(struct store_thread *t, struct notice notice)
{
    lock(t);
    t->notices.at = vec_grow(t->notices.at, &t->notices.cap, t->notices.n + 1,
                             sizeof *t->notices.at);
    t->notices.at[t->notices.n++] = notice;
    unlock(t);
    uv_async_send(&t->async);
}

static void notify_failed(struct store_thread *t, enum err err,
                          const char *errmsg)
{
    notify(t, (struct notice){ .type = NOTICE_FAILED,
                               .err = err,
                               .errmsg = xstrdup(errmsg) });
}

static void tell(struct store_thread *t, struct notice *n)
{
    switch (n->type) {
    case NOTICE_DURABLE:
        t->events->durable(t->arg, n->number, &n->report);
        return;
    case NOTICE_ANSWERED:
        t->events->answered(t->arg, n->number, n->err, &n->records);
        return;
    case NOTICE_FULL:
        t->events->full(t->arg);
        return;
    case NOTICE_FAILED:
        t->events->failed(t->arg, n->err, n->errmsg);
        return;
    }
    UNREACHABLE("an unknown notice");
}

static void deliver(uv_async_t *async)
{
    struct store_thread *t = async->data;
    struct notices list;

    lock(t);
    list = t->notices;
    t->notices = (struct notices){ 0 };
    unlock(t);
    for (size_t i = 0; i < list.n && !t->closed; i++) /* events may close */
        tell(t, &list.at[i]);
    notices_fini(&list);
}

/* ---- the thread that writes ---- */

static struct timespec time_in(long ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += ms % 1000 * 1000000L;
    at.tv_sec += at.tv_nsec / 1000000000L;
    at.tv_nsec %= 1000000000L;
    return at;
}

/* Wait for records, but no longer than wait_ms, and take them. False: none will
 * come any more. */
static bool take_batch(struct store_thread *t, struct records *batch,
                       long wait_ms)
{
    struct timespec until = time_in(wait_ms);

    lock(t);
    while (t->forming.n == 0 && !t->closing &&
           pthread_cond_timedwait(&t->written, &t->mutex, &until) != ETIMEDOUT)
        ;
    records_move(batch, &t->forming);
    bool closing = t->closing;
    unlock(t);
    return batch->n > 0 || !closing;
}

/* False: the store closes instead. */
static bool wait_to_retry(struct store_thread *t)
{
    struct timespec until = time_in(RETRY_MS);

    lock(t);
    while (!t->closing &&
           pthread_cond_timedwait(&t->written, &t->mutex, &until) != ETIMEDOUT)
        ;
    bool closing = t->closing;
    unlock(t);
    return !closing;
}

/* Commit as often as it takes, tell it, and empty the batch. ERR_FULL  the
 * store closes before it fits. */
static enum err commit(struct store_thread *t, struct records *batch,
                       uint64_t *n_records, char *errmsg)
{
    struct store_report report;
    enum err err;

    ASSERT(batch->n > 0);
    err = store_commit(t->store, batch, &report, errmsg);

    if (err == ERR_FULL)
        notify(t, (struct notice){ .type = NOTICE_FULL });
    while (err == ERR_FULL && wait_to_retry(t))
        err = store_commit(t->store, batch, &report, errmsg);
    if (err != ERR_NONE)
        return err;
    *n_records += batch->n;
    records_clear(batch);
    notify(t, (struct notice){ .type = NOTICE_DURABLE,
                               .number = *n_records,
                               .report = report });
    return ERR_NONE;
}

/* 0: it is not known. */
static uint64_t machine_number(void)
{
    boot_id boot = machine_boot();

    return boot_equal(boot, (boot_id){ 0 })
               ? 0
               : hash_bytes(view_of(boot.bytes, sizeof boot.bytes), 0);
}

static struct moment moment_now(const struct store_thread *t)
{
    return (struct moment){ t->machine, clock_boot_ms(), clock_wall_ms() };
}

static void *run_writer(void *arg)
{
    struct store_thread *t = arg;
    struct records batch = { 0 };
    char errmsg[ERRMSG_LEN] = "";
    uint64_t n_records = 0;
    enum err err = ERR_NONE;
    struct moment now;
    bool more = false;

    while (err == ERR_NONE && take_batch(t, &batch, more ? 0 : TIDY_MS)) {
        if (batch.n > 0)
            err = commit(t, &batch, &n_records, errmsg);
        now = moment_now(t);
        if (err == ERR_NONE)
            err = store_tidy(t->store, &now, &more, errmsg);
    }
    if (err != ERR_NONE && err != ERR_FULL)
        notify_failed(t, err, errmsg);
    records_fini(&batch);
    return NULL;
}

/* ---- the thread that reads ---- */

static void reads_add(struct reads *q, struct read read)
{
    if (q->n == q->cap && q->first > q->cap / 2) {
        memmove(q->at, q->at + q->first, (q->n - q->first) * sizeof *q->at);
        q->n -= q->first;
        q->first = 0;
    }
    ASSERT(q->first <= q->n && q->n <= q->cap);
    q->at = vec_grow(q->at, &q->cap, q->n + 1, sizeof *q->at);
    q->at[q->n++] = read;
}

/* Wait for one. False: the store closes. */
static bool take_read(struct store_thread *t, struct read *out)
{
    struct reads *q = &t->reads;

    lock(t);
    while (q->first == q->n && !t->closing)
        pthread_cond_wait(&t->requested, &t->mutex);
    bool closing = t->closing;
    ASSERT(closing || q->first < q->n);
    if (!closing)
        *out = q->at[q->first++];
    unlock(t);
    return !closing;
}

static bool is_bad_disk(enum err err)
{
    return err == ERR_IO || err == ERR_CORRUPT;
}

/* A failed read ends the store as a failed write does: no client is told that a
 * job does not exist, or half of it. */
static void *run_reader(void *arg)
{
    struct store_thread *t = arg;
    struct read read;
    char errmsg[ERRMSG_LEN] = "";
    enum err err = ERR_NONE;

    while (!is_bad_disk(err) && take_read(t, &read)) {
        struct notice answer = { .type = NOTICE_ANSWERED, .number = read.id };
        err = store_read(t->store, &read.query, &answer.records, errmsg);
        blob_unref(read.query.name);
        if (err != ERR_NONE)
            records_clear(&answer.records); /* half an answer is none */
        answer.err = err;
        if (is_bad_disk(err))
            notify_failed(t, err, errmsg);
        else
            notify(t, answer);
    }
    return NULL;
}

/* ---- for the loop ---- */

void store_thread_retain(struct store_thread *t, const struct retention *rule)
{
    ASSERT(!t->has_writer); /* the store is its own from then on */
    store_retain(t->store, rule);
}

void store_thread_use_memory(struct store_thread *t, uint64_t bytes)
{
    ASSERT(!t->has_writer);
    store_use_memory(t->store, bytes);
}

void store_thread_write(struct store_thread *t, struct records *take)
{
    ASSERT(t->has_writer && !t->closed);
    lock(t);
    records_move(&t->forming, take);
    unlock(t);
    pthread_cond_signal(&t->written);
}

void store_thread_read(struct store_thread *t, uint64_t id, struct query *take,
                       bool more)
{
    ASSERT(t->has_reader && !t->closed);
    lock(t);
    reads_add(&t->reads, (struct read){ id, *take });
    unlock(t);
    if (!more)
        pthread_cond_signal(&t->requested);
    take->name = NULL; /* owned by the request */
}

/* ---- life ---- */

/* Signals are for the loop's thread. */
static enum err start_threads(struct store_thread *t, char *errmsg)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    t->has_writer = pthread_create(&t->writer, NULL, run_writer, t) == 0;
    t->has_reader = pthread_create(&t->reader, NULL, run_reader, t) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!t->has_writer || !t->has_reader)
        return err_set(errmsg, ERR_SYSTEM, "cannot start the store's threads");
    pthread_setname_np(t->writer, "yond-writer");
    pthread_setname_np(t->reader, "yond-reader");
    return ERR_NONE;
}

static void init_waiting(struct store_thread *t)
{
    pthread_condattr_t monotonic;

    pthread_mutex_init(&t->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&t->written, &monotonic);
    pthread_cond_init(&t->requested, NULL);
    pthread_condattr_destroy(&monotonic);
}

enum err store_thread_open(const char *path, uv_loop_t *loop,
                           const struct store_thread_events *events, void *arg,
                           struct store_thread **out, char *errmsg)
{
    struct store_thread *t;
    struct store *store = NULL;
    enum err err = store_open_sqlite(path, &store, errmsg);

    if (err != ERR_NONE)
        return err;
    t = xcalloc(1, sizeof *t);
    if (uv_async_init(loop, &t->async, deliver) != 0) {
        store_close(store);
        free(t);
        return err_set(errmsg, ERR_SYSTEM, "cannot watch the store's threads");
    }
    t->async.data = t;
    t->store = store;
    t->events = events;
    t->arg = arg;
    t->machine = machine_number();
    init_waiting(t);
    *out = t;
    return ERR_NONE;
}

enum err store_thread_load(struct store_thread *t,
                           void (*each)(void *arg, struct record *rec),
                           void *arg, char *errmsg)
{
    struct moment now = moment_now(t);
    enum err err;

    ASSERT(!t->has_writer && !t->closed);
    err = store_load(t->store, &now, each, arg, errmsg);
    /* Not before: the writer tidies up when it has waited for a while. */
    return err == ERR_NONE ? start_threads(t, errmsg) : err;
}

/* The loop knows the handle no more. */
static void store_thread_free(uv_handle_t *handle)
{
    struct store_thread *t = handle->data;

    ASSERT(t->closed);
    for (size_t i = t->reads.first; i < t->reads.n; i++)
        blob_unref(t->reads.at[i].query.name);
    free(t->reads.at);
    notices_fini(&t->notices);
    records_fini(&t->forming);
    pthread_mutex_destroy(&t->mutex);
    pthread_cond_destroy(&t->written);
    pthread_cond_destroy(&t->requested);
    free(t);
}

void store_thread_close(struct store_thread *t)
{
    if (t == NULL)
        return;
    ASSERT(!t->closed);
    t->closed = true;
    lock(t);
    t->closing = true;
    unlock(t);
    pthread_cond_signal(&t->written);
    pthread_cond_signal(&t->requested);
    if (t->has_writer)
        pthread_join(t->writer, NULL);
    if (t->has_reader)
        pthread_join(t->reader, NULL);
    store_close(t->store);
    uv_close((uv_handle_t *)&t->async, store_thread_free);
}
