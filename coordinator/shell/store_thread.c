/* SPDX-License-Identifier: MIT */
/* journal - a store behind two threads. */
#include "coordinator/shell/store_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/clock.h"

#define RETRY_MS 500 /* between two tries on a full disk */
#define TIDY_MS 1000 /* when there is nothing to write */

struct question {
    uint64_t id;
    struct query query;
};

/* In the order in which they came: at[first .. n). */
struct questions {
    struct question *at;
    size_t first, n, cap;
};

/* What the loop is to be told. */
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

struct journal {
    struct store *store;
    const struct journal_events *events;
    void *arg;
    uv_async_t async;
    bool closed; /* the loop's thread only */
    pthread_t writer, reader;
    bool has_writer, has_reader;

    pthread_mutex_t mutex; /* for all below */
    pthread_cond_t written, asked;
    bool closing;
    struct records forming;
    struct questions questions;
    struct notices notices;
};

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

/* Takes what the notice owns. */
static void post(struct journal *j, struct notice notice)
{
    pthread_mutex_lock(&j->mutex);
    if (j->notices.n == j->notices.cap) {
        j->notices.cap = j->notices.cap == 0 ? 8 : j->notices.cap * 2;
        j->notices.at =
            xrealloc(j->notices.at, j->notices.cap * sizeof *j->notices.at);
    }
    j->notices.at[j->notices.n++] = notice;
    pthread_mutex_unlock(&j->mutex);
    uv_async_send(&j->async);
}

static void post_failed(struct journal *j, enum err err, const char *errmsg)
{
    post(j, (struct notice){
                .type = NOTICE_FAILED, .err = err, .errmsg = xstrdup(errmsg) });
}

static void tell(struct journal *j, struct notice *n)
{
    switch (n->type) {
    case NOTICE_DURABLE:
        j->events->durable(j->arg, n->number, &n->report);
        return;
    case NOTICE_ANSWERED:
        j->events->answered(j->arg, n->number, n->err, &n->records);
        return;
    case NOTICE_FULL:
        j->events->full(j->arg);
        return;
    case NOTICE_FAILED:
        j->events->failed(j->arg, n->err, n->errmsg);
        return;
    }
    UNREACHABLE("an unknown notice");
}

static void deliver(uv_async_t *async)
{
    struct journal *j = async->data;
    struct notices list;

    pthread_mutex_lock(&j->mutex);
    list = j->notices;
    j->notices = (struct notices){ 0 };
    pthread_mutex_unlock(&j->mutex);
    for (size_t i = 0; i < list.n && !j->closed; i++)
        tell(j, &list.at[i]);
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
static bool take_batch(struct journal *j, struct records *batch, long wait_ms)
{
    struct timespec until = time_in(wait_ms);

    pthread_mutex_lock(&j->mutex);
    while (j->forming.n == 0 && !j->closing &&
           pthread_cond_timedwait(&j->written, &j->mutex, &until) != ETIMEDOUT)
        ;
    records_move(batch, &j->forming);
    bool closing = j->closing;
    pthread_mutex_unlock(&j->mutex);
    return batch->n > 0 || !closing;
}

/* False: the journal closes instead. */
static bool wait_to_retry(struct journal *j)
{
    struct timespec until = time_in(RETRY_MS);

    pthread_mutex_lock(&j->mutex);
    while (!j->closing &&
           pthread_cond_timedwait(&j->written, &j->mutex, &until) != ETIMEDOUT)
        ;
    bool closing = j->closing;
    pthread_mutex_unlock(&j->mutex);
    return !closing;
}

/* Commit as often as it takes, tell it, and empty the batch. ERR_FULL  the
 * journal closes before it fits. */
static enum err commit(struct journal *j, struct records *batch,
                       uint64_t *n_records, char *errmsg)
{
    struct store_report report;
    enum err err = store_commit(j->store, batch, &report, errmsg);

    if (err == ERR_FULL)
        post(j, (struct notice){ .type = NOTICE_FULL });
    while (err == ERR_FULL && wait_to_retry(j))
        err = store_commit(j->store, batch, &report, errmsg);
    if (err != ERR_NONE)
        return err;
    *n_records += batch->n;
    records_clear(batch);
    post(j, (struct notice){ .type = NOTICE_DURABLE,
                             .number = *n_records,
                             .report = report });
    return ERR_NONE;
}

static void *run_writer(void *arg)
{
    struct journal *j = arg;
    struct records batch = { 0 };
    char errmsg[ERRMSG_LEN] = "";
    uint64_t n_records = 0;
    enum err err = ERR_NONE;
    bool more = false;

    while (err == ERR_NONE && take_batch(j, &batch, more ? 0 : TIDY_MS)) {
        if (batch.n > 0)
            err = commit(j, &batch, &n_records, errmsg);
        if (err == ERR_NONE)
            err = store_tidy(j->store, clock_wall_ms(), &more, errmsg);
    }
    if (err != ERR_NONE && err != ERR_FULL)
        post_failed(j, err, errmsg);
    records_fini(&batch);
    return NULL;
}

/* ---- the thread that reads ---- */

static void questions_add(struct questions *q, struct question question)
{
    if (q->n == q->cap && q->first > q->cap / 2) {
        memmove(q->at, q->at + q->first, (q->n - q->first) * sizeof *q->at);
        q->n -= q->first;
        q->first = 0;
    } else if (q->n == q->cap) {
        q->cap = q->cap == 0 ? 8 : q->cap * 2;
        q->at = xrealloc(q->at, q->cap * sizeof *q->at);
    }
    q->at[q->n++] = question;
}

/* Wait for one. False: the journal closes. */
static bool take_question(struct journal *j, struct question *out)
{
    struct questions *q = &j->questions;

    pthread_mutex_lock(&j->mutex);
    while (q->first == q->n && !j->closing)
        pthread_cond_wait(&j->asked, &j->mutex);
    bool closing = j->closing;
    if (!closing)
        *out = q->at[q->first++];
    pthread_mutex_unlock(&j->mutex);
    return !closing;
}

static bool is_bad_disk(enum err err)
{
    return err == ERR_IO || err == ERR_CORRUPT;
}

/* What cannot be read is as bad as what cannot be written: nobody is told that
 * there is no such job, or half of it. */
static void *run_reader(void *arg)
{
    struct journal *j = arg;
    struct question question;
    char errmsg[ERRMSG_LEN] = "";
    enum err err = ERR_NONE;

    while (!is_bad_disk(err) && take_question(j, &question)) {
        struct notice answer = { .type = NOTICE_ANSWERED,
                                 .number = question.id };
        err = store_read(j->store, &question.query, &answer.records, errmsg);
        blob_unref(question.query.name);
        if (err != ERR_NONE)
            records_clear(&answer.records); /* half an answer is none */
        answer.err = err;
        if (is_bad_disk(err))
            post_failed(j, err, errmsg);
        else
            post(j, answer);
    }
    return NULL;
}

/* ---- for the loop ---- */

enum err journal_load(struct journal *j,
                      void (*each)(void *arg, struct record *rec), void *arg,
                      char *errmsg)
{
    return store_load(j->store, each, arg, errmsg);
}

void journal_retain(struct journal *j, const struct retention *rule)
{
    store_retain(j->store, rule);
}

void journal_write(struct journal *j, struct records *take)
{
    pthread_mutex_lock(&j->mutex);
    records_move(&j->forming, take);
    pthread_mutex_unlock(&j->mutex);
    pthread_cond_signal(&j->written);
}

void journal_read(struct journal *j, uint64_t id, struct query *take, bool more)
{
    pthread_mutex_lock(&j->mutex);
    questions_add(&j->questions, (struct question){ id, *take });
    pthread_mutex_unlock(&j->mutex);
    if (!more)
        pthread_cond_signal(&j->asked);
    take->name = NULL; /* owned by the question */
}

/* ---- life ---- */

/* Signals are for the loop's thread. */
static enum err start_threads(struct journal *j, char *errmsg)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    j->has_writer = pthread_create(&j->writer, NULL, run_writer, j) == 0;
    j->has_reader = pthread_create(&j->reader, NULL, run_reader, j) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!j->has_writer || !j->has_reader)
        return err_set(errmsg, ERR_SYSTEM, "cannot start the store's threads");
    pthread_setname_np(j->writer, "yond-writer");
    pthread_setname_np(j->reader, "yond-reader");
    return ERR_NONE;
}

static void init_waiting(struct journal *j)
{
    pthread_condattr_t monotonic;

    pthread_mutex_init(&j->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&j->written, &monotonic);
    pthread_cond_init(&j->asked, NULL);
    pthread_condattr_destroy(&monotonic);
}

enum err journal_open(const char *path, uv_loop_t *loop,
                      const struct journal_events *events, void *arg,
                      struct journal **out, char *errmsg)
{
    struct store *store = NULL;
    enum err err = store_open_sqlite(path, &store, errmsg);

    if (err != ERR_NONE)
        return err;
    struct journal *j = xcalloc(1, sizeof *j);
    if (uv_async_init(loop, &j->async, deliver) != 0) {
        store_close(store);
        free(j);
        return err_set(errmsg, ERR_SYSTEM, "cannot watch the store's threads");
    }
    j->async.data = j;
    j->store = store;
    j->events = events;
    j->arg = arg;
    init_waiting(j);
    err = start_threads(j, errmsg);
    if (err == ERR_NONE)
        *out = j;
    else
        journal_close(j);
    return err;
}

/* The loop knows the handle no more. */
static void journal_free(uv_handle_t *handle)
{
    struct journal *j = handle->data;

    for (size_t i = j->questions.first; i < j->questions.n; i++)
        blob_unref(j->questions.at[i].query.name);
    free(j->questions.at);
    notices_fini(&j->notices);
    records_fini(&j->forming);
    pthread_mutex_destroy(&j->mutex);
    pthread_cond_destroy(&j->written);
    pthread_cond_destroy(&j->asked);
    free(j);
}

void journal_close(struct journal *j)
{
    if (j == NULL)
        return;
    ASSERT(!j->closed);
    j->closed = true;
    pthread_mutex_lock(&j->mutex);
    j->closing = true;
    pthread_mutex_unlock(&j->mutex);
    pthread_cond_signal(&j->written);
    pthread_cond_signal(&j->asked);
    if (j->has_writer)
        pthread_join(j->writer, NULL);
    if (j->has_reader)
        pthread_join(j->reader, NULL);
    store_close(j->store);
    uv_close((uv_handle_t *)&j->async, journal_free);
}
