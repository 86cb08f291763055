/* SPDX-License-Identifier: MIT */
/* timer - time as a future, and waiting for it: <yon/co.h>. */
#include <limits.h>
#include <stdlib.h>

#include <yon/co.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/future.h"

/* A timer as a future. One reference is the user's, one the alarm's. */
struct timer {
    yon_future base;
    struct alarm alarm;
};

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

    err = coro_refusal_await();
    if (err != ERR_NONE)
        return err;
    alarm_start(alarms, &s.alarm, ms, sleep_ring);
    while (err == ERR_NONE && !s.is_over)
        err = coro_await();
    alarm_clear(alarms, &s.alarm);
    return err;
}

int yon_sleep(int64_t ms)
{
    struct coro *co = coro_current();

    if (co != NULL)
        return -(int)(ms > 0 ? sleep_await(co, ms) : coro_yield_await());
    for (; ms > 0; ms -= INT_MAX) /* outside: nobody else to run */
        uv_sleep(ms < INT_MAX ? (unsigned)ms : INT_MAX);
    return 0;
}

int yon_sleep_until(int64_t at_ms)
{
    int64_t now_ms = yon_now_ms();

    return yon_sleep(at_ms > now_ms ? at_ms - now_ms : 0);
}
