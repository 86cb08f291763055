/* SPDX-License-Identifier: MIT */
/* stall_track - when the same odd count of a loop is news. */
#include "libcommon/rt/co/stall_track.h"

#define TIMES_VERY_LONG 10

enum stall_news stall_track_see(struct stall_track *h, uint64_t count,
                                int64_t now_ms, int64_t slow_ms,
                                int64_t *held_ms)
{
    bool was_long = h->is_long;

    *held_ms = now_ms - h->since_ms;
    if (count != h->count) {
        *h = (struct stall_track){ .count = count, .since_ms = now_ms };
        return was_long ? STALL_OVER : STALL_NONE;
    }
    if ((count & 1) == 0)
        return STALL_NONE;
    if (!was_long && *held_ms >= slow_ms) {
        h->is_long = true;
        return STALL_LONG;
    }
    if (was_long && !h->is_very_long && *held_ms / TIMES_VERY_LONG >= slow_ms) {
        h->is_very_long = true;
        return STALL_VERY_LONG;
    }
    return STALL_NONE;
}
