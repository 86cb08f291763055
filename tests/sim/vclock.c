/* SPDX-License-Identifier: MIT */
/* vclock - virtual time. */
#include "tests/sim/vclock.h"

#include "libcommon/check.h"

static bool fires_earlier(const struct heap_node *a, const struct heap_node *b)
{
    const struct timer *x = CONTAINER_OF(a, const struct timer, node);
    const struct timer *y = CONTAINER_OF(b, const struct timer, node);

    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms;
    return x->order < y->order;
}

void clock_init(struct clock *c)
{
    *c = (struct clock){ 0 };
    heap_init(&c->timers, fires_earlier);
}

void clock_fini(struct clock *c)
{
    heap_fini(&c->timers);
}

bool clock_step(struct clock *c)
{
    struct heap_node *top = heap_top(&c->timers);
    struct timer *t;

    if (top == NULL)
        return false;
    t = CONTAINER_OF(top, struct timer, node);
    heap_remove(&c->timers, top);
    ASSERT(t->at_ms >= c->now_ms);
    c->now_ms = t->at_ms;
    t->fire(t->arg);
    return true;
}

void timer_init(struct timer *t, void (*fire)(void *arg), void *arg)
{
    *t = (struct timer){ .fire = fire, .arg = arg };
}

void timer_set(struct timer *t, struct clock *c, int64_t at_ms)
{
    timer_stop(t, c);
    t->at_ms = at_ms < c->now_ms ? c->now_ms : at_ms;
    t->order = c->n_set++;
    heap_insert(&c->timers, &t->node);
}

void timer_stop(struct timer *t, struct clock *c)
{
    heap_remove(&c->timers, &t->node);
}

bool timer_is_set(const struct timer *t)
{
    return t->node.place != 0;
}
