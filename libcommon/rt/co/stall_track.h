/* SPDX-License-Identifier: MIT */
/* stall_track - whether one coroutine holds a loop, and for how long, from
 * looks at a count now and then. Pure. */
#ifndef STALL_TRACK_H
#define STALL_TRACK_H

#include <stdbool.h>
#include <stdint.h>

/* News of a stall; each at most once. */
enum stall_news {
    STALL_NONE,
    STALL_LONG,      /* it lasts slow_ms already */
    STALL_VERY_LONG, /* ten times that */
    STALL_OVER       /* it is over, and was long */
};

/* A loop that is looked at. */
struct stall_track {
    uint64_t count;
    int64_t since_ms;
    bool is_long; /* it was reported */
    bool is_very_long;
};
enum stall_news stall_track_see(struct stall_track *h, uint64_t count,
                                int64_t now_ms, int64_t slow_ms,
                                int64_t *held_ms);

#endif
