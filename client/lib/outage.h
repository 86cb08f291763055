/* SPDX-License-Identifier: MIT */
/* outage - the time in which no coordinator answers a client that wants
 * something, and the function that is told of it: yon_on_unreachable of
 * <yon/yon.h>.
 *
 * It has begun when a second was spent in vain, and ends with an answer, or
 * when nothing is wanted any more. Time is counted as in patience.h: a program
 * that does not run the loop has not waited.
 */
#ifndef OUTAGE_H
#define OUTAGE_H

#include <yon/yon.h>

#include "client/lib/patience.h"
#include "libcommon/rt/co/loop.h"

/* Of a client, which embeds it. */
struct outage {
    struct patience patience;
    bool is_on;
    bool is_told; /* what was told last */
    yon_unreachable_fn *fn;
    void *arg;
    struct loop_call call; /* of fn */
};

void outage_init(struct outage *o, int64_t now_ms);
/* Nothing is told any more. */
void outage_fini(yon_client *c);
/* Time has passed; in_vain: something is wanted, and there is no session. */
void outage_step(yon_client *c, int64_t now_ms, bool in_vain);
/* When to step next while that is so; INT64_MAX: never. */
int64_t outage_wake_ms(const struct outage *o);
/* Tell this function from now on; NULL: none. */
void outage_watch(yon_client *c, yon_unreachable_fn *fn, void *arg);

#endif
