/* SPDX-License-Identifier: MIT */
/* lived - adds up the time of all lives. */
#include "coordinator/store/lived.h"

#include "libcommon/check.h"

static int64_t at_least_0(int64_t ms)
{
    return ms > 0 ? ms : 0;
}

static bool is_same_boot(const struct moment *a, const struct moment *b)
{
    return a->machine != 0 && a->machine == b->machine &&
           a->boot_ms <= b->boot_ms;
}

int64_t lived_begin(struct lived *l, const struct moment *now, bool trust_wall)
{
    bool first = l->at.wall_ms == 0;
    int64_t told_ms = first ? 0 : at_least_0(now->wall_ms - l->at.wall_ms);
    int64_t counted_ms = told_ms;

    if (is_same_boot(&l->at, now))
        told_ms = counted_ms = now->boot_ms - l->at.boot_ms;
    else if (!trust_wall && counted_ms > LIVED_DOWN_MAX_MS)
        counted_ms = LIVED_DOWN_MAX_MS;
    l->ms += counted_ms;
    l->at = *now;
    return told_ms - counted_ms;
}

int64_t lived_ms(const struct lived *l, const struct moment *now)
{
    ASSERT(now->boot_ms >= l->at.boot_ms);
    return l->ms + (now->boot_ms - l->at.boot_ms);
}

bool lived_mark(struct lived *l, const struct moment *now)
{
    if (now->boot_ms - l->at.boot_ms < LIVED_MARK_MS)
        return false;
    l->ms = lived_ms(l, now);
    l->at = *now;
    return true;
}
