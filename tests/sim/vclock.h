/* SPDX-License-Identifier: MIT */
/* vclock - virtual time: timers that fire in order.
 *
 * Timers of the same millisecond fire in the order in which they were set, so
 * that a seed replays exactly.
 */
#ifndef VCLOCK_H
#define VCLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/heap.h"

struct timer {
    struct heap_node node;
    int64_t at_ms;
    uint64_t order;
    void (*fire)(void *arg);
    void *arg;
};

struct clock {
    int64_t now_ms;
    uint64_t n_set; /* timers ever set: the next order */
    struct heap timers;
};

void clock_init(struct clock *c);
void clock_fini(struct clock *c); /* frees no timer */

/* Fire the next timer; now_ms moves to its time. False: none is set. */
bool clock_step(struct clock *c);

void timer_init(struct timer *t, void (*fire)(void *arg), void *arg);
/* Set, or set anew. A time that has passed means now. */
void timer_set(struct timer *t, struct clock *c, int64_t at_ms);
void timer_stop(struct timer *t, struct clock *c); /* fine when not set */
bool timer_is_set(const struct timer *t);

#endif
