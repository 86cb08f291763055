/* SPDX-License-Identifier: MIT */
/* pool - a loop's threads for blocking code: yon_thread of <yon/co.h>.
 *
 * A thread is started when a call finds none idle, until there are enough.
 */
#include "libcommon/rt/co/pool.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <yon/co.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/crash.h"
#include "libcommon/rt/co/future.h"
#include "libcommon/rt/co/mailbox.h"
#include "libcommon/rt/co/unread.h"
#include "libcommon/rt/co/why.h"

struct pool {
    struct loop_part part;
    struct mailbox *mailbox; /* for the calls that return */
    pthread_mutex_t mutex;
    pthread_cond_t work;
    struct list queue;
    unsigned n_queued, n_idle, n_threads;
    unsigned n_calls; /* that have not ended; loop's thread */
    bool closing;
    pthread_t threads[POOL_THREADS_MAX];
};

/* One call. References: the user's, and one until it has run. */
struct blocking {
    yon_future base;
    struct message message;
    struct expected expected;
    struct list queued;
    struct coro_work work; /* on behalf of the caller */
    struct pool *pool;
    yon_fn *fn;
    void *arg;
    int code;
    char *why; /* of the code; NULL: nothing */
};

static void *run(void *arg)
{
    struct pool *p = arg;
    void *signal_stack = crash_thread_begin(coro_crash_place);

    pthread_mutex_lock(&p->mutex);
    for (;;) {
        struct blocking *b;

        p->n_idle++;
        while (list_is_empty(&p->queue) && !p->closing)
            pthread_cond_wait(&p->work, &p->mutex);
        p->n_idle--;
        if (list_is_empty(&p->queue))
            break;
        b = LIST_ENTRY(p->queue.next, struct blocking, queued);
        list_remove(&b->queued);
        p->n_queued--;
        pthread_mutex_unlock(&p->mutex);
        coro_work_here(&b->work);
        b->code = b->fn(b->arg);
        b->why = why_take(b->code);
        coro_work_here(NULL);
        mailbox_post(p->mailbox, &b->message);
        pthread_mutex_lock(&p->mutex);
    }
    pthread_mutex_unlock(&p->mutex);
    crash_thread_end(signal_stack);
    return NULL;
}

/* Waits for all calls, those in the queue too. */
static void pool_close(struct loop_part *part)
{
    struct pool *p = CONTAINER_OF(part, struct pool, part);

    pthread_mutex_lock(&p->mutex);
    p->closing = true;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->mutex);
    for (unsigned i = 0; i < p->n_threads; i++)
        pthread_join(p->threads[i], NULL);
    mailbox_open(p->mailbox);
    ASSERT(p->n_calls == 0);
    mailbox_unref(p->mailbox);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->mutex);
    free(p);
}

static struct pool *pool_of(struct loop *l)
{
    struct loop_part *part = loop_part_find(l, pool_close);
    struct pool *p;

    if (part != NULL)
        return CONTAINER_OF(part, struct pool, part);
    p = xcalloc(1, sizeof *p);
    p->mailbox = mailbox_ref(mailbox_of(l)); /* which is closed later */
    p->part.close = pool_close;
    loop_part_add(l, &p->part);
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->work, NULL);
    list_init(&p->queue);
    return p;
}

/* Signals are for the loop's thread, except faults of this one. */
static void start_thread(struct pool *p)
{
    sigset_t others, before;

    crash_mask_others(&others);
    pthread_sigmask(SIG_SETMASK, &others, &before);
    if (pthread_create(&p->threads[p->n_threads], NULL, run, p) == 0)
        p->n_threads++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static enum err pool_add(struct pool *p, struct blocking *b)
{
    enum err err = ERR_LIMIT; /* not one thread can be had */

    if (p->n_calls > POOL_THREADS_MAX + POOL_QUEUE_MAX)
        return ERR_BUSY;
    pthread_mutex_lock(&p->mutex);
    if (p->n_idle <= p->n_queued && p->n_threads < POOL_THREADS_MAX)
        start_thread(p);
    if (p->n_threads > 0) {
        list_insert(&p->queue, &b->queued);
        p->n_queued++;
        pthread_cond_signal(&p->work);
        err = ERR_NONE;
    }
    pthread_mutex_unlock(&p->mutex);
    return err;
}

/* ---- the future ---- */

static struct blocking *blocking_of(yon_future *f)
{
    return CONTAINER_OF(f, struct blocking, base);
}

static void blocking_end(struct blocking *b, int code)
{
    b->pool->n_calls--;
    coro_work_end(&b->work);
    mailbox_release(b->pool->mailbox, &b->expected);
    future_end_by(&b->base, code, b->why);
    future_unref(&b->base);
}

/* A call that has begun cannot be stopped: its future ends when the call does.
 */
static void blocking_cancel(yon_future *f)
{
    struct blocking *b = blocking_of(f);
    bool queued;

    pthread_mutex_lock(&b->pool->mutex);
    queued = !list_is_empty(&b->queued);
    if (queued) {
        list_remove(&b->queued);
        b->pool->n_queued--;
    }
    pthread_mutex_unlock(&b->pool->mutex);
    if (queued)
        blocking_end(b, YON_ECANCELLED);
}

static void blocking_destroy(yon_future *f)
{
    free(blocking_of(f)->why);
    free(blocking_of(f));
}

static void blocking_describe(const yon_future *f, struct buf *out)
{
    const struct blocking *b = CONTAINER_OF(f, const struct blocking, base);

    unread_name(out, "thread", (uintptr_t)b->fn);
}

static const struct future_kind blocking_kind = {
    .name = "thread",
    .describe = blocking_describe,
    .cancel = blocking_cancel,
    .destroy = blocking_destroy,
};

static void blocking_returned(struct message *message)
{
    struct blocking *b = CONTAINER_OF(message, struct blocking, message);

    blocking_end(b, b->code);
}

/* Neither can be: a loop waits for its threads before it ends. */
static void blocking_lost(struct message *message)
{
    UNREACHABLE("a thread has returned after the end of its loop");
    (void)message;
}

static void blocking_closed(struct expected *e)
{
    UNREACHABLE("a loop has ended before its threads");
    (void)e;
}

yon_future *yon_thread(yon_fn *fn, void *arg)
{
    struct blocking *b = xcalloc(1, sizeof *b);
    struct loop *loop = loop_current();
    enum err err;

    future_init(&b->base, &blocking_kind, loop);
    if (loop == NULL) {
        future_end_outside(&b->base);
        return &b->base;
    }
    b->fn = fn;
    b->arg = arg;
    b->pool = pool_of(loop);
    b->message =
        (struct message){ .open = blocking_returned, .lost = blocking_lost };
    b->expected.closed = blocking_closed;
    list_init(&b->queued);
    coro_work_begin(&b->work);
    b->pool->n_calls++;
    mailbox_expect(b->pool->mailbox, &b->expected);
    future_ref(&b->base);
    err = pool_add(b->pool, b);
    if (err != ERR_NONE)
        blocking_end(b, -(int)err);
    return &b->base;
}
