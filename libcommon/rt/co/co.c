/* SPDX-License-Identifier: MIT */
/* co - coroutines and timers as futures: <yon/co.h>. */
#include <yon/uv.h>

#include <limits.h>
#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/future.h"
#include "libcommon/rt/co/slow.h"

/* A coroutine as a future. One reference is the user's, one the coroutine's. */
struct spawned {
    yon_future base;
    char *name; /* NULL: none was given */
    bool begun;
    struct buf value;
    yon_fn *fn;
    void *arg;
};

#define STACK_KB_MIN 16
#define STACK_KB_MAX 16384

/* A timer as a future. One reference is the user's, one the alarm's. */
struct timer {
    yon_future base;
    struct alarm alarm;
};

/* The first coroutine of yon_run. */
struct first {
    struct loop *loop;
    yon_fn *fn;
    void *arg;
    int code;
    bool has_ended;
};

/* ---- coroutines ---- */

static struct spawned *spawned_of(yon_future *f)
{
    return CONTAINER_OF(f, struct spawned, base);
}

static void spawned_cancel(yon_future *f)
{
    coro_cancel(f->co);
}

static void spawned_destroy(yon_future *f)
{
    buf_fini(&spawned_of(f)->value);
    free(spawned_of(f)->name);
    free(spawned_of(f));
}

static struct view spawned_value(const yon_future *f)
{
    return buf_view(&CONTAINER_OF(f, const struct spawned, base)->value);
}

static const struct future_kind spawned_kind = {
    .name = "coroutine",
    .value = spawned_value,
    .cancel = spawned_cancel,
    .destroy = spawned_destroy,
};

static int spawned_main(void *arg)
{
    struct spawned *s = arg;

    s->begun = true;
    return s->fn(s->arg);
}

static void spawned_ended(void *arg, int code)
{
    struct spawned *s = arg;

    s->base.co = NULL;
    if (s->begun)
        future_end_by(&s->base, code);
    else
        future_end(&s->base, (enum err) - code, STACK_NONE_TEXT);
    future_unref(&s->base);
}

/* $YON_STACK_KB, as yon-worker --stack-kb. */
static void set_stack(struct loop *loop)
{
    const char *text = getenv("YON_STACK_KB");
    long kb = text == NULL ? 0 : strtol(text, NULL, 10);

    if (kb >= STACK_KB_MIN && kb <= STACK_KB_MAX)
        loop_set_stack(loop, (size_t)kb << 10);
}

/* loop: NULL outside of coroutines. */
static yon_future *spawn_on(struct loop *loop, const char *name, yon_fn *fn,
                            void *arg)
{
    struct spawned *s = xcalloc(1, sizeof *s);
    struct coro *co;

    future_init(&s->base, &spawned_kind, loop);
    s->fn = fn;
    s->arg = arg;
    s->name = name == NULL ? NULL : xstrdup(name);
    if (loop == NULL) {
        future_end_outside(&s->base);
        return &s->base;
    }
    future_ref(&s->base);
    co = coro_new(loop, name == NULL ? "spawned" : s->name, spawned_main,
                  spawned_ended, s);
    co->value = &s->value;
    co->entry = name == NULL ? (uintptr_t)fn : 0;
    s->base.co = co;
    return &s->base;
}

yon_future *yon_spawn_named(const char *name, yon_fn *fn, void *arg)
{
    return spawn_on(loop_current(), name, fn, arg);
}

yon_future *yon_uv_spawn(struct uv_loop_s *loop, yon_fn *fn, void *arg)
{
    struct loop *guest = loop_at(loop);
    yon_future *f;

    if (guest->stacks.n_made == 0)
        set_stack(guest);
    slow_watch(guest);
    f = spawn_on(guest, NULL, fn, arg);
    /* Also when a coroutine asks for it. */
    coro_detach(f->co);
    stop_list_fini(&f->co->stops);
    return f;
}

yon_future *yon_spawn(yon_fn *fn, void *arg)
{
    return yon_spawn_named(NULL, fn, arg);
}

yon_future *future_spawn(struct coro *parent, yon_fn *fn, void *arg)
{
    yon_future *f = yon_spawn(fn, arg);

    coro_adopt(parent, f->co);
    return f;
}

void yon_detach(yon_future *f)
{
    if (f->kind == &spawned_kind && f->co != NULL)
        coro_detach(f->co);
    yon_free(f);
}

int yon_pause(void)
{
    return coro_current() == NULL ? YON_ESTATE : -(int)coro_yield();
}

int yon_is_cancelled(void)
{
    struct coro *co = coro_current();

    if (co == NULL)
        return 0;
    if (co->loop->look != NULL)
        co->loop->look(co->loop->look_arg);
    return coro_is_cancelled(co);
}

/* ---- time ---- */

static struct timer *timer_of(yon_future *f)
{
    return CONTAINER_OF(f, struct timer, base);
}

static void timer_end(struct timer *t, enum err err)
{
    future_end(&t->base, err, NULL);
    future_unref(&t->base);
}

static void timer_ring(struct alarm *a)
{
    struct timer *t = CONTAINER_OF(a, struct timer, alarm);

    timer_end(t, t->base.loop->is_freed ? ERR_CLOSED : ERR_NONE);
}

static void timer_cancel(yon_future *f)
{
    alarm_clear(&f->loop->alarms, &timer_of(f)->alarm);
    timer_end(timer_of(f), ERR_CANCELLED);
}

static void timer_abandon(yon_future *f)
{
    alarm_clear(&f->loop->alarms, &timer_of(f)->alarm);
    future_unref(f);
}

static void timer_destroy(yon_future *f)
{
    free(timer_of(f));
}

static const struct future_kind timer_kind = {
    .name = "timer",
    .cancel = timer_cancel,
    .abandon = timer_abandon,
    .destroy = timer_destroy,
};

yon_future *yon_timer(int64_t ms)
{
    struct timer *t = xcalloc(1, sizeof *t);
    struct loop *loop = loop_current();

    future_init(&t->base, &timer_kind, loop);
    if (loop == NULL) {
        future_end_outside(&t->base);
        return &t->base;
    }
    future_ref(&t->base);
    alarm_start(&loop->alarms, &t->alarm, ms, timer_ring);
    return &t->base;
}

struct sleep {
    struct alarm alarm;
    struct coro *co;
    bool is_over;
};

static void sleep_ring(struct alarm *a)
{
    struct sleep *s = CONTAINER_OF(a, struct sleep, alarm);

    s->is_over = true;
    coro_wake(s->co);
}

static enum err sleep_await(struct coro *co, int64_t ms)
{
    struct alarm_set *alarms = &loop_current()->alarms;
    struct sleep s = { .co = co };
    enum err err = ERR_NONE;

    if (coro_stop(co) != ERR_NONE)
        return coro_stop(co);
    alarm_start(alarms, &s.alarm, ms, sleep_ring);
    while (err == ERR_NONE && !s.is_over)
        err = coro_wait();
    alarm_clear(alarms, &s.alarm);
    return err;
}

int yon_sleep(int64_t ms)
{
    struct coro *co = coro_current();

    if (co != NULL)
        return -(int)(ms > 0 ? sleep_await(co, ms) : coro_yield());
    for (; ms > 0; ms -= INT_MAX) /* outside: nobody else to run */
        uv_sleep(ms < INT_MAX ? (unsigned)ms : INT_MAX);
    return 0;
}

int yon_sleep_until(int64_t at_ms)
{
    int64_t now_ms = yon_now_ms();

    return yon_sleep(at_ms > now_ms ? at_ms - now_ms : 0);
}

/* ---- the entry ---- */

static int first_main(void *arg)
{
    struct first *first = arg;

    return first->fn(first->arg);
}

static void first_ended(void *arg, int code)
{
    struct first *first = arg;

    first->code = code;
    first->has_ended = true;
}

/* Coroutines that were detached are waited for, too. */
static bool first_is_done(void *arg)
{
    struct first *first = arg;

    return first->has_ended && list_is_empty(&first->loop->coros);
}

int yon_run(yon_fn *fn, void *arg)
{
    struct first first = { .fn = fn, .arg = arg };
    struct loop *loop;
    struct coro *co;
    enum err err;

    if (coro_current() != NULL)
        return YON_ESTATE;
    err = loop_open(&loop);
    if (err != ERR_NONE)
        return -(int)err;
    first.loop = loop;
    set_stack(loop);
    slow_watch(loop);
    err = loop_spawn(loop, "main", first_main, first_ended, &first, &co);
    if (err == ERR_NONE)
        loop_run_until(loop, first_is_done, &first);
    loop_free(loop);
    return err == ERR_NONE ? first.code : -(int)err;
}
