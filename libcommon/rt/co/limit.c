/* SPDX-License-Identifier: MIT */
/* limit - how long a coroutine may wait, and what may not reach it: <yon/co.h>.
 */
#include <yon/co.h>

#include "libcommon/check.h"
#include "libcommon/rt/co/coro.h"

#define NS_PER_MS 1000000

int64_t yon_now_ms(void)
{
    return (int64_t)(uv_hrtime() / NS_PER_MS);
}

static void limit_begin(struct yon_limit *limit, uint64_t at_ns)
{
    struct coro *co = coro_current();

    limit->state = co == NULL ? NULL : stop_alarm_push(&co->stops, at_ns);
}

void yon_limit_begin(struct yon_limit *limit, int64_t ms)
{
    uint64_t now_ns = uv_hrtime();
    uint64_t longest_ms = (STOP_NEVER - now_ns) / NS_PER_MS; /* centuries */

    if (ms <= 0)
        limit_begin(limit, now_ns);
    else if ((uint64_t)ms < longest_ms)
        limit_begin(limit, now_ns + (uint64_t)ms * NS_PER_MS);
    else
        limit_begin(limit, STOP_NEVER);
}

void yon_limit_begin_at(struct yon_limit *limit, int64_t at_ms)
{
    if (at_ms <= 0)
        limit_begin(limit, 0);
    else if ((uint64_t)at_ms < STOP_NEVER / NS_PER_MS)
        limit_begin(limit, (uint64_t)at_ms * NS_PER_MS);
    else
        limit_begin(limit, STOP_NEVER);
}

int yon_limit_end(struct yon_limit *limit)
{
    struct coro *co = coro_current();
    struct stop_alarm *a = limit->state;

    if (a == NULL)
        return 0;
    if (co == NULL || stop_alarm_innermost(&co->stops) != a)
        return YON_ESTATE;
    limit->state = NULL;
    return stop_alarm_pop(&co->stops, a) ? YON_ETIMEOUT : 0;
}

int64_t yon_limit_left_ms(void)
{
    struct coro *co = coro_current();
    uint64_t at_ns = co == NULL ? STOP_NEVER : stop_list_at_ns(&co->stops);
    uint64_t now_ns = uv_hrtime();

    if (at_ns == STOP_NEVER)
        return INT64_MAX;
    return at_ns <= now_ns ? 0
                           : (int64_t)((at_ns - now_ns - 1) / NS_PER_MS + 1);
}

void yon_shield_begin(void)
{
    if (coro_current() != NULL)
        coro_current()->stops.shielded++;
}

void yon_shield_end(void)
{
    struct coro *co = coro_current();

    if (co == NULL)
        return;
    MISUSE_IF(co->stops.shielded == 0, "no shield was begun");
    co->stops.shielded--;
}
