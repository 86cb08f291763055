/* SPDX-License-Identifier: MIT */
/* memory_plan - half for the queue, the rest for what serves it. That is less
 * than the other half, so that memory in pieces, messages under way and the
 * stacks of threads have a place, too. */
#include "coordinator/shell/memory_plan.h"

#include "coordinator/core/coord.h"

#define MIB (UINT64_C(1) << 20)
#define CACHE_MAX (64 * MIB)
#define SLOW_MAX (128 * MIB)
#define SESSION_COST (UINT64_C(32) << 10) /* most of it in ZeroMQ */
#define SESSIONS_MIN 16

static uint64_t at_most(uint64_t n, uint64_t max)
{
    return n < max ? n : max;
}

struct memory_plan memory_plan_of(uint64_t room)
{
    uint64_t sessions = at_most(room / 4 / SESSION_COST, UINT32_MAX);

    return (struct memory_plan){
        .queue = at_most(room / 2, coord_config_default.queue_bytes_max),
        .cache = at_most(room / 16, CACHE_MAX),
        .slow = at_most(room / 8, SLOW_MAX),
        .sessions = sessions < SESSIONS_MIN ? SESSIONS_MIN : (uint32_t)sessions,
    };
}
