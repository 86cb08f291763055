/* SPDX-License-Identifier: MIT */
/* future - the end of one thing, and all ways of waiting for it. */
#include "libcommon/rt/co/future.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <yon/co.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/unread.h"
#include "libcommon/rt/co/why.h"

/* What ends a wait for several futures. */
enum wait_goal { ONE_ENDS, ALL_END, ALL_END_OR_ONE_FAILS };

/* One wait, for any number of futures. */
struct wait {
    struct coro *co; /* NULL: the code that runs the loop */
    struct loop *loop;
    enum wait_goal goal;
    size_t n_left; /* goes on after so many more ends */
    bool is_late;
    struct alarm alarm;
};

/* Its place at one of them. */
struct wait_place {
    struct future_watch watch;
    struct wait *wait;
};

/* No time limit. */
#define WAIT_FOR_EVER INT64_MAX

/* ---- life ---- */

void future_init(yon_future *f, const struct future_kind *kind,
                 struct loop *loop)
{
    *f = (yon_future){ .kind = kind, .loop = loop, .n_refs = 1 };
    list_init(&f->waiters);
    if (loop != NULL)
        loop_hold(loop);
}

void future_ref(yon_future *f)
{
    ASSERT(f->n_refs > 0);
    f->n_refs++;
}

void future_look(yon_future *f, struct future_watch *w,
                 void (*fn)(struct future_watch *w),
                 void (*gone)(struct future_watch *w))
{
    w->f = f;
    w->fn = fn;
    w->gone = gone;
    list_insert(&f->waiters, &w->link);
}

static void looks_end(yon_future *f)
{
    LIST_EACH (it, save, &f->waiters) {
        struct future_watch *w = LIST_ENTRY(it, struct future_watch, link);

        if (w->gone == NULL)
            continue;
        list_remove(it);
        w->gone(w);
    }
}

void future_note_read(const yon_future *f)
{
    ((yon_future *)(uintptr_t)f)->is_read |= f->done;
}

void future_note_error(const yon_future *f)
{
    struct buf text = { 0 };

    if (f->err == ERR_NONE)
        return;
    if (f->kind->origin != NULL)
        f->kind->origin(f, &text);
    if (text.len > 0)
        buf_addf(&text, ": %s", f->text != NULL ? f->text : err_text(f->err));
    why_note(-(int)f->err, text.len > 0 ? buf_text(&text) : f->text);
    buf_fini(&text);
}

/* Who cancels a future, or closes what it is of, expects its end. */
static bool is_worth_telling(const yon_future *f)
{
    return f->done && !f->is_read && f->err != ERR_NONE &&
           f->err != ERR_CANCELLED && f->err != ERR_CLOSED &&
           f->kind->describe != NULL && unread_is_on();
}

static void tell_unread(const yon_future *f)
{
    struct buf what = { 0 };

    f->kind->describe(f, &what);
    unread_tell(buf_text(&what), f->err, f->text);
    buf_fini(&what);
}

void future_unref(yon_future *f)
{
    ASSERT(f->n_refs > 0);
    if (--f->n_refs > 0)
        return;
    ASSERT(f->n_waiters == 0);
    looks_end(f);
    if (is_worth_telling(f))
        tell_unread(f);
    if (!f->done && f->loop != NULL)
        loop_drop(f->loop);
    free(f->text);
    free(f->misfit);
    if (f->attached != NULL)
        f->attached_free(f->attached);
    f->kind->destroy(f);
}

/* The user let go and no waiter is left: the outcome will not be asked for. */
static void future_abandon_unused(yon_future *f)
{
    if (f->released && !f->done && f->n_waiters == 0 &&
        !future_is_inherited(f) && f->kind->abandon != NULL)
        f->kind->abandon(f);
}

bool future_is_inherited(const yon_future *f)
{
    return !f->done && f->loop != NULL && loop_is_inherited(f->loop);
}

static void waiter_leave(struct future_watch *w)
{
    if (list_is_empty(&w->link))
        return;
    list_remove(&w->link);
    w->f->n_waiters--;
}

void future_end(yon_future *f, enum err err, const char *text)
{
    ASSERT(!f->done);
    f->done = true;
    f->err = err;
    if (text != NULL)
        f->text = xstrdup(text);
    LIST_EACH (it, save, &f->waiters) {
        struct future_watch *w = LIST_ENTRY(it, struct future_watch, link);

        if (w->gone == NULL)
            waiter_leave(w);
        w->fn(w);
    }
    if (f->loop != NULL)
        loop_drop(f->loop);
}

bool code_is_valid(int code)
{
    return code <= 0 && code > INT_MIN;
}

int code_of_failure(int code)
{
    return code < 0 && code_is_valid(code) ? code : YON_EFAILED;
}

void future_end_by(yon_future *f, int code, const char *text)
{
    char own[64];

    if (code_is_valid(code)) {
        future_end(f, (enum err) - code, code == 0 ? NULL : text);
        return;
    }
    snprintf(own, sizeof own, "the %s returned %d", f->kind->name, code);
    future_end(f, ERR_FAILED, own);
}

void future_end_outside(yon_future *f)
{
    future_end(f, ERR_STATE,
               "only inside a coroutine: start one with yon_run, or with "
               "yon_uv_spawn on a loop of yours");
}

void future_watch(yon_future *f, struct future_watch *w,
                  void (*fn)(struct future_watch *w))
{
    ASSERT(!f->done);
    w->f = f;
    w->fn = fn;
    w->gone = NULL;
    list_insert(&f->waiters, &w->link);
    f->n_waiters++;
    future_ref(f);
}

void future_unwatch(struct future_watch *w)
{
    waiter_leave(w);
    future_abandon_unused(w->f);
    future_unref(w->f);
}

/* ---- waiting ---- */

bool future_is_running(const yon_future *f)
{
    return f->co != NULL && f->co == coro_current();
}

static bool is_pending(const yon_future *f)
{
    return f != NULL && !f->done;
}

static void wait_is_late(struct alarm *a)
{
    struct wait *w = CONTAINER_OF(a, struct wait, alarm);

    w->is_late = true;
    if (w->co != NULL)
        coro_wake(w->co);
}

static bool wait_is_over(void *arg)
{
    struct wait *w = arg;

    return w->n_left == 0 || w->is_late;
}

static enum err wait_run_await(struct wait *w)
{
    enum err err = ERR_NONE;

    if (w->co == NULL)
        return loop_run_await(w->loop, wait_is_over, w);
    while (err == ERR_NONE && !wait_is_over(w))
        err = coro_await();
    return err;
}

static void place_ended(struct future_watch *watch)
{
    struct wait *w = CONTAINER_OF(watch, struct wait_place, watch)->wait;
    bool has_failed = watch->f->err != ERR_NONE;

    if (w->n_left == 0)
        return;
    w->n_left--;
    if (w->goal == ALL_END_OR_ONE_FAILS && has_failed)
        w->n_left = 0;
    if (w->n_left == 0 && w->co != NULL)
        coro_wake(w->co);
}

static void place_take(struct wait_place *p, yon_future *f, struct wait *w)
{
    p->wait = w;
    future_watch(f, &p->watch, place_ended);
}

/* ERR_STATE: they are not for this thread; the caller is told. */
static enum err check_thread(yon_future *const *fs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fs[i] == NULL || !loop_is_elsewhere(fs[i]->loop))
            continue;
        why_note(YON_ESTATE, "the future belongs to another thread");
        return ERR_STATE;
    }
    return ERR_NONE;
}

/* Count the pending futures and find their loop. ERR_STATE: they live on
 * another loop than the waiter, or one is the waiter itself. */
static enum err pending_count(yon_future *const *fs, size_t n,
                              struct loop **loop, size_t *n_pending)
{
    *loop = loop_current();
    *n_pending = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_pending(fs[i]))
            continue;
        if (*loop == NULL)
            *loop = fs[i]->loop;
        if (fs[i]->loop != *loop || future_is_running(fs[i]))
            return ERR_STATE;
        (*n_pending)++;
    }
    return ERR_NONE;
}

/* Wait until the pending futures have reached the goal, or ms have passed.
 * ERR_CANCELLED, ERR_TIMEOUT, ERR_STATE. */
static enum err futures_await(yon_future *const *fs, size_t n,
                              enum wait_goal goal, int64_t ms)
{
    struct wait w = { .co = coro_current(), .goal = goal };
    struct wait_place one, *places = &one;
    size_t n_pending, n_taken = 0;
    enum err err;

    err = check_thread(fs, n);
    if (err == ERR_NONE)
        err = coro_refusal_await();
    if (err != ERR_NONE)
        return err;
    err = pending_count(fs, n, &w.loop, &n_pending);
    if (err != ERR_NONE || n_pending == 0)
        return err;
    if (w.co == NULL && !loop_can_run(w.loop))
        return ERR_STATE;

    w.n_left = goal == ONE_ENDS ? 1 : n_pending;
    if (n_pending > 1)
        places = xcalloc(n_pending, sizeof *places);
    for (size_t i = 0; i < n; i++) {
        if (is_pending(fs[i]))
            place_take(&places[n_taken++], fs[i], &w);
    }
    if (ms != WAIT_FOR_EVER)
        alarm_start(&w.loop->alarms, &w.alarm, ms, wait_is_late);
    err = wait_run_await(&w);
    alarm_clear(&w.loop->alarms, &w.alarm);
    for (size_t i = 0; i < n_taken; i++)
        future_unwatch(&places[i].watch);
    if (places != &one)
        free(places);
    if (w.co == NULL && w.loop->is_freed)
        loop_free(w.loop); /* a callback has closed the client it is of */
    return err;
}

/* ---- public: <yon/yon.h> ---- */

int yon_await(yon_future *f)
{
    return yon_await_for(f, WAIT_FOR_EVER);
}

int yon_await_for(yon_future *f, int64_t ms)
{
    enum err err = check_thread(&f, 1);

    if (err != ERR_NONE)
        return -(int)err;
    future_ref(f); /* its outcome is read after the wait */
    err = futures_await(&f, 1, ALL_END, ms);
    if (err == ERR_NONE) {
        err = f->done ? f->err : ERR_TIMEOUT;
        future_note_read(f);
    } else {
        why_note(-(int)err, NULL); /* of the waiter */
    }
    if (err != ERR_NONE && err == f->err)
        future_note_error(f);
    future_unref(f);
    return -(int)err;
}

/* The first, in order, that has failed. With it the others are known. */
static enum err failed_find(yon_future *const *fs, size_t n, size_t *which)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; i < n; i++) {
        if (fs[i] == NULL || !fs[i]->done || fs[i]->err == ERR_NONE)
            continue;
        future_note_read(fs[i]);
        if (err != ERR_NONE)
            continue;
        err = fs[i]->err;
        future_note_error(fs[i]);
        if (which != NULL)
            *which = i;
    }
    return err;
}

int yon_all(yon_future *const *fs, size_t n)
{
    enum err err = futures_await(fs, n, ALL_END, WAIT_FOR_EVER);

    return -(int)(err != ERR_NONE ? err : failed_find(fs, n, NULL));
}

int yon_all_ok(yon_future *const *fs, size_t n, size_t *which)
{
    enum err err = check_thread(fs, n);

    if (err == ERR_NONE)
        err = coro_refusal_await();
    if (err == ERR_NONE)
        err = failed_find(fs, n, which);
    if (err != ERR_NONE)
        return -(int)err;
    err = futures_await(fs, n, ALL_END_OR_ONE_FAILS, WAIT_FOR_EVER);
    return -(int)(err != ERR_NONE ? err : failed_find(fs, n, which));
}

enum err future_await_one(yon_future *const *fs, size_t n)
{
    return futures_await(fs, n, ONE_ENDS, WAIT_FOR_EVER);
}

int yon_is_done(const yon_future *f)
{
    MISUSE_IF_ELSEWHERE(f->loop, "the future");
    return f->done;
}

const char *yon_error(const yon_future *f)
{
    MISUSE_IF_ELSEWHERE(f->loop, "the future");
    future_note_read(f);
    if (!f->done)
        return "";
    if (f->err == ERR_NONE)
        return f->misfit != NULL ? f->misfit : "";
    return f->text != NULL ? f->text : err_text(f->err);
}

int yon_cancel(yon_future *f)
{
    if (loop_is_elsewhere(f->loop))
        return YON_ESTATE;
    if (f->done)
        return 0;
    if (f->kind->cancel == NULL || future_is_inherited(f))
        return YON_ESTATE;
    f->kind->cancel(f);
    return 0;
}

void yon_free(yon_future *f)
{
    if (f == NULL)
        return;
    MISUSE_IF_ELSEWHERE(f->loop, "the future");
    MISUSE_IF(f->is_lent, "a receipt belongs to the future of its job");
    MISUSE_IF(f->released, "the future was freed before");
    f->released = true;
    looks_end(f);
    future_abandon_unused(f);
    future_unref(f);
}

/* ---- callbacks: a watch, and when the future has ended a call on its loop;
 * both keep it ---- */

struct then {
    struct future_watch watch;
    struct loop_call call;
    yon_then_fn *fn;
    void *arg;
};

static void then_run(struct loop_call *call)
{
    struct then *t = CONTAINER_OF(call, struct then, call);

    t->fn(t->arg, t->watch.f);
    future_unwatch(&t->watch);
    free(t);
}

static void then_is_due(struct future_watch *w)
{
    loop_call(w->f->loop, &CONTAINER_OF(w, struct then, watch)->call, then_run);
}

int yon_then(yon_future *f, yon_then_fn *fn, void *arg)
{
    struct then *t;

    if (f->loop == NULL)
        return -(int)f->err;
    if (future_is_inherited(f) || loop_is_elsewhere(f->loop))
        return YON_ESTATE;
    if (f->done && !loop_is_there(f->loop))
        return YON_ECLOSED;
    t = xcalloc(1, sizeof *t);
    t->fn = fn;
    t->arg = arg;
    if (f->done) {
        future_ref(f); /* as a watch has it */
        t->watch.f = f;
        list_init(&t->watch.link);
        then_is_due(&t->watch);
    } else {
        future_watch(f, &t->watch, then_is_due);
    }
    return 0;
}
