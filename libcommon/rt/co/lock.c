/* SPDX-License-Identifier: MIT */
/* lock - mutex, semaphore, event and once, between coroutines of one loop:
 * <yon/co.h>. */
#include <stdlib.h>

#include <yon/co.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/waitq.h"
#include "libcommon/rt/co/why.h"

/* ---- semaphore ---- */

struct yon_sem {
    unsigned n;
    struct waitq queue;
};

yon_sem *yon_sem_new(unsigned n)
{
    yon_sem *s = xcalloc(1, sizeof *s);

    s->n = n;
    waitq_init(&s->queue);
    return s;
}

void yon_sem_free(yon_sem *s)
{
    MISUSE_IF_ELSEWHERE(s == NULL ? NULL : s->queue.loop, "the semaphore");
    MISUSE_IF(s != NULL && waitq_first(&s->queue) != NULL,
              "a coroutine waits at the semaphore");
    free(s);
}

int yon_acquire(yon_sem *s)
{
    struct waiter w = { 0 };
    enum err err;

    if (coro_current() == NULL || waitq_is_elsewhere(&s->queue))
        return YON_ESTATE;
    err = coro_refusal_await();
    if (err != ERR_NONE)
        return -(int)err;
    if (s->n == 0)
        return -(int)waitq_await(&s->queue, &w);
    s->n--;
    return 0;
}

void yon_release(yon_sem *s)
{
    struct waiter *w;

    MISUSE_IF(waitq_is_elsewhere(&s->queue),
              "the semaphore belongs to another thread");
    w = waitq_first(&s->queue);
    if (w != NULL)
        waitq_grant(w, ERR_NONE); /* it gets the place that is given back */
    else
        s->n++;
}

/* ---- mutex ---- */

struct yon_mutex {
    struct coro *owner; /* NULL: free */
    struct waitq queue;
};

yon_mutex *yon_mutex_new(void)
{
    yon_mutex *m = xcalloc(1, sizeof *m);

    waitq_init(&m->queue);
    return m;
}

void yon_mutex_free(yon_mutex *m)
{
    MISUSE_IF_ELSEWHERE(m == NULL ? NULL : m->queue.loop, "the mutex");
    MISUSE_IF(m != NULL && m->owner != NULL, "the mutex is locked");
    free(m);
}

int yon_lock(yon_mutex *m)
{
    struct waiter w = { 0 };
    struct coro *co = coro_current();
    enum err err;

    if (co == NULL || m->owner == co || waitq_is_elsewhere(&m->queue))
        return YON_ESTATE;
    err = coro_refusal_await();
    if (err != ERR_NONE)
        return -(int)err;
    if (m->owner != NULL)
        return -(int)waitq_await(&m->queue, &w);
    m->owner = co;
    return 0;
}

void yon_unlock(yon_mutex *m)
{
    struct waiter *w;

    MISUSE_IF_ELSEWHERE(m->queue.loop, "the mutex");
    MISUSE_IF(m->owner == NULL || m->owner != coro_current(),
              "this coroutine has not locked the mutex");
    w = waitq_first(&m->queue);
    m->owner = w == NULL ? NULL : w->co;
    if (w != NULL)
        waitq_grant(w, ERR_NONE);
}

/* ---- event ---- */

struct yon_event {
    bool set;
    struct waitq queue;
};

yon_event *yon_event_new(void)
{
    yon_event *e = xcalloc(1, sizeof *e);

    waitq_init(&e->queue);
    return e;
}

void yon_event_free(yon_event *e)
{
    MISUSE_IF_ELSEWHERE(e == NULL ? NULL : e->queue.loop, "the event");
    MISUSE_IF(e != NULL && waitq_first(&e->queue) != NULL,
              "a coroutine waits for the event");
    free(e);
}

void yon_event_set(yon_event *e)
{
    struct waiter *w;

    MISUSE_IF(waitq_is_elsewhere(&e->queue),
              "the event belongs to another thread");
    e->set = true;
    while ((w = waitq_first(&e->queue)) != NULL)
        waitq_grant(w, ERR_NONE);
}

void yon_event_clear(yon_event *e)
{
    MISUSE_IF(waitq_is_elsewhere(&e->queue),
              "the event belongs to another thread");
    e->set = false;
}

int yon_event_is_set(const yon_event *e)
{
    MISUSE_IF_ELSEWHERE(e->queue.loop, "the event");
    return e->set;
}

int yon_event_wait(yon_event *e)
{
    struct waiter w = { 0 };
    enum err err;

    if (coro_current() == NULL || waitq_is_elsewhere(&e->queue))
        return YON_ESTATE;
    err = coro_refusal_await();
    if (err != ERR_NONE)
        return -(int)err;
    return e->set ? 0 : -(int)waitq_await(&e->queue, &w);
}

/* ---- once ---- */

/* What struct yon_once points to, unless it is zero. */
struct once_run {
    yon_event *tried; /* NULL: it is over */
    char *why;        /* text of its failure */
};
/* The end of all without a text. */
static struct once_run once_over;

/* Whether that end was the caller's own, who had no time to do it. */
static bool once_was_given_up(int code)
{
    return coro_stop_here() != ERR_NONE &&
           (code == YON_ECANCELLED || code == YON_ETIMEOUT);
}

/* Only one that has a text stays on the heap. */
static struct once_run *once_end(struct once_run *run, int code)
{
    const char *why = code == 0 ? NULL : why_find(code);

    run->tried = NULL;
    if (why != NULL && !once_was_given_up(code)) {
        run->why = xstrdup(why);
        return run;
    }
    free(run);
    return once_was_given_up(code) ? NULL : &once_over;
}

static int once_run_await(struct yon_once *once, yon_fn *fn, void *arg)
{
    struct once_run *run = xcalloc(1, sizeof *run);
    yon_event *tried = yon_event_new();
    int code;

    tried->queue.loop = loop_current(); /* who waits elsewhere has no part */
    run->tried = tried;
    once->state = run;
    code = fn(arg);
    once->code = code;
    once->state = once_end(run, code);
    yon_event_set(tried);
    yon_event_free(tried);
    return code;
}

int yon_once(struct yon_once *once, yon_fn *fn, void *arg)
{
    int code = -(int)coro_refusal_await();
    const struct once_run *run;

    while (code == 0) {
        run = once->state;
        if (run == NULL)
            return once_run_await(once, fn, arg);
        if (run->tried == NULL) {
            why_note(once->code, run->why);
            return once->code;
        }
        code = yon_event_wait(run->tried);
    }
    return code;
}

int yon_once_clear(struct yon_once *once)
{
    struct once_run *run = once->state;

    if (run != NULL && run->tried != NULL)
        return YON_ESTATE;
    if (run != NULL && run != &once_over) {
        free(run->why);
        free(run);
    }
    *once = (struct yon_once){ 0 };
    return 0;
}
