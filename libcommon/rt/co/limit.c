/* SPDX-License-Identifier: MIT */
/* limit - how long a coroutine may wait, and what may not reach it: <yon/co.h>.
 */
#include <stdlib.h>

#include <yon/co.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"

#define NS_PER_MS 1000000
#define NEVER_NS UINT64_MAX

struct limit {
    struct alarm alarm;
    struct coro *co;
    struct limit *outer;
    uint64_t at_ns; /* of uv_hrtime */
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
    if ((co->cancelled && co->shielded == 0) || group_stops(co))
        return ERR_CANCELLED;
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

static struct limit *limit_push(struct coro *co, uint64_t at_ns, bool struck)
{
    struct limit *l = xcalloc(1, sizeof *l);

    l->co = co;
    l->at_ns = at_ns;
    l->shielded = co->shielded;
    l->outer = co->limits;
    co->limits = l;
    l->struck = struck;
    if (!struck && at_ns != NEVER_NS)
        alarm_start_at(&co->loop->alarms, &l->alarm, at_ns, limit_strike);
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

/* NULL: none. */
static const struct limit *narrowest(const struct coro *co)
{
    const struct limit *found = NULL;

    for (const struct limit *l = co->limits; l != NULL; l = l->outer)
        if (l->shielded >= co->shielded &&
            (found == NULL || l->at_ns < found->at_ns))
            found = l;
    return found;
}

/* Both strike at once, though it may be late already: else the parent would
 * meet ETIMEOUT of the child while its own limit is not over. */
void limit_inherit(struct coro *child, const struct coro *parent)
{
    const struct limit *l = narrowest(parent);

    if (l != NULL && l->at_ns != NEVER_NS)
        limit_push(child, l->at_ns, l->struck);
}

void limit_drop_all(struct coro *co)
{
    while (co->limits != NULL)
        limit_pop(co);
}

static void limit_begin(struct yon_limit *limit, uint64_t at_ns)
{
    struct coro *co = coro_current();

    limit->state =
        co == NULL ? NULL : limit_push(co, at_ns, at_ns <= uv_hrtime());
}

void yon_limit_begin(struct yon_limit *limit, int64_t ms)
{
    uint64_t now_ns = uv_hrtime();
    uint64_t longest_ms = (NEVER_NS - now_ns) / NS_PER_MS; /* centuries */

    if (ms <= 0)
        limit_begin(limit, now_ns);
    else if ((uint64_t)ms < longest_ms)
        limit_begin(limit, now_ns + (uint64_t)ms * NS_PER_MS);
    else
        limit_begin(limit, NEVER_NS);
}

void yon_limit_begin_at(struct yon_limit *limit, int64_t at_ms)
{
    if (at_ms <= 0)
        limit_begin(limit, 0);
    else if ((uint64_t)at_ms < NEVER_NS / NS_PER_MS)
        limit_begin(limit, (uint64_t)at_ms * NS_PER_MS);
    else
        limit_begin(limit, NEVER_NS);
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
    const struct limit *l = co == NULL ? NULL : narrowest(co);
    uint64_t now_ns = uv_hrtime();

    if (l == NULL || l->at_ns == NEVER_NS)
        return INT64_MAX;
    if (l->struck || l->at_ns <= now_ns)
        return 0;
    return (int64_t)((l->at_ns - now_ns - 1) / NS_PER_MS + 1);
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
