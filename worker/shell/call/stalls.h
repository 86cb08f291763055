/* SPDX-License-Identifier: MIT */
/* stalls - calls that hold the loop, as the stall monitor sees them: named in
 * the log at once, and told on the loop when it goes on.
 */
#ifndef STALLS_H
#define STALLS_H

#include "libcommon/rt/co/loop.h"

struct stalls; /* opaque */

struct stall {
    void *coroutine;   /* its argument: only a number to compare with those of
                        * coroutines that live and were started by since_ms */
    int64_t since_ms;  /* clock_boot_ms */
    const char *where; /* stack */
};

/* On the loop, after the stall. */
typedef void stalls_fn(void *arg, const struct stall *stall);

/* NULL: no thread can be had, which is logged; or slow_ms is 0. */
struct stalls *stalls_start(struct loop *l, int64_t slow_ms, stalls_fn *fn,
                            void *arg);
/* Tell those that wait to be told. NULL is fine, as below. */
void stalls_tell(struct stalls *s);
/* How many there were so far; from any thread. */
uint64_t stalls_n(const struct stalls *s);
void stalls_stop(struct stalls *s);

#endif
