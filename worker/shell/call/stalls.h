/* SPDX-License-Identifier: MIT */
/* stalls - calls that hold the loop, as the stall monitor sees them: logged at
 * once, from its thread, and reported on the loop when that goes on.
 */
#ifndef STALLS_H
#define STALLS_H

#include "libcommon/rt/co/loop.h"

struct stalls; /* opaque */

struct stall {
    void *coroutine;   /* its argument, which may be gone: compare it with those
                        * of coroutines that live and are older than since_ms */
    int64_t since_ms;  /* clock_boot_ms */
    const char *where; /* its stack, as text */
};

/* Called on the loop, after the stall. */
typedef void stalls_fn(void *arg, const struct stall *stall);

/* A stall is longer than slow_ms. NULL: slow_ms is 0, or no thread can be had,
 * which is logged. */
struct stalls *stalls_start(struct loop *l, int64_t slow_ms, stalls_fn *fn,
                            void *arg);
/* Report the stalls that were not reported yet. NULL is fine, as below. */
void stalls_tell(struct stalls *s);
/* How many there were so far. From any thread. */
uint64_t stalls_n(const struct stalls *s);
void stalls_stop(struct stalls *s);

#endif
