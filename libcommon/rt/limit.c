/* SPDX-License-Identifier: MIT */
/* limit - how long a coroutine may wait, and what may not reach it: <yon/co.h>.
 */
#include <stdlib.h>

#include <yon/co.h>

#include "check.h"
#include "coro.h"
#include "mem.h"

#define NS_PER_MS 1000000
#define NEVER_MS INT64_MAX

struct limit {
    struct alarm alarm;
    struct coro *co;
    struct limit *outer;
    int64_t at_ms;
    unsigned
        shielded; /* depth at which it was begun: it acts from there inwards */
    bool struck;
};

int64_t yon_now_ms(void)
{
    return (int64_t)(uv_hrtime() / NS_PER_MS);
}

enum err coro_stop(const struct coro *co)
{
    if (co->canceled && co->shielded == 0)
        return ERR_CANCELED;
    for (const struct limit *l = co->limits; l != NULL; l = l->outer)
        if (l->struck && l->shielded >= co->shielded)
            return ERR_TIMEOUT;
    return ERR_NONE;
}

static void limit_strike(struct alarm *a)
{
    struct limit *l = CONTAINER_OF(a, struct limit, alarm);

    l->struck = true;
    coro_wake(l->co);
}

static struct limit *limit_push(struct coro *co, int64_t at_ms)
{
    struct limit *l = xcalloc(1, sizeof *l);
    int64_t now_ms = yon_now_ms();

    l->co = co;
    l->at_ms = at_ms;
    l->shielded = co->shielded;
    l->outer = co->limits;
    co->limits = l;
    l->struck = at_ms <= now_ms;
    if (!l->struck && at_ms != NEVER_MS)
        alarm_start(&co->loop->alarms, &l->alarm, at_ms - now_ms, limit_strike);
    return l;
}

static bool limit_pop(struct coro *co)
{
    struct limit *l = co->limits;
    bool struck = l->struck;

    alarm_clear(&co->loop->alarms, &l->alarm);
    co->limits = l->outer;
    free(l);
    return struck;
}

static int64_t narrowest_ms(const struct coro *co)
{
    int64_t at_ms = NEVER_MS;

    for (const struct limit *l = co->limits; l != NULL; l = l->outer)
        if (l->shielded >= co->shielded && l->at_ms < at_ms)
            at_ms = l->at_ms;
    return at_ms;
}

void limit_inherit(struct coro *child, const struct coro *parent)
{
    int64_t at_ms = narrowest_ms(parent);

    if (at_ms != NEVER_MS)
        limit_push(child, at_ms);
}

void limit_drop_all(struct coro *co)
{
    while (co->limits != NULL)
        limit_pop(co);
}

void yon_limit_begin_at(struct yon_limit *limit, int64_t at_ms)
{
    struct coro *co = coro_current();

    limit->state = co == NULL ? NULL : limit_push(co, at_ms);
}

void yon_limit_begin(struct yon_limit *limit, int64_t ms)
{
    int64_t now_ms = yon_now_ms();

    yon_limit_begin_at(limit, ms < NEVER_MS - now_ms ? now_ms + ms : NEVER_MS);
}

int yon_limit_end(struct yon_limit *limit)
{
    struct coro *co = coro_current();

    if (limit->state == NULL)
        return 0;
    ASSERT(co != NULL && co->limits == limit->state); /* in order */
    limit->state = NULL;
    return limit_pop(co) ? YON_ETIMEOUT : 0;
}

int64_t yon_limit_left_ms(void)
{
    struct coro *co = coro_current();
    int64_t at_ms = co == NULL ? NEVER_MS : narrowest_ms(co);
    int64_t now_ms = yon_now_ms();

    if (at_ms == NEVER_MS)
        return INT64_MAX;
    return at_ms > now_ms ? at_ms - now_ms : 0;
}

void yon_shield_begin(void)
{
    if (coro_current() != NULL)
        coro_current()->shielded++;
}

void yon_shield_end(void)
{
    struct coro *co = coro_current();

    if (co == NULL)
        return;
    ASSERT(co->shielded > 0);
    co->shielded--;
}
