/* SPDX-License-Identifier: MIT */
/* stall_monitor - a thread that sees a coroutine hold the loop too long.
 *
 * The loop only counts: odd while a coroutine runs. When the monitor sees the
 * same odd number for slow_ms, it sends the loop's thread one signal; the
 * handler notes the name of the coroutine and its stack. While all is well no
 * signal is ever sent.
 */
#ifndef STALL_MONITOR_H
#define STALL_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/rt/co/loop.h"
#include "libcommon/rt/co/stall_track.h"

struct stall_monitor; /* opaque */

struct stall_report {
    enum stall_news news;  /* but STALL_NONE */
    const char *holder;    /* name of the coroutine that holds */
    const char *coroutine; /* of its root */
    const char *label;     /* of that root; "": none */
    void *arg;             /* its, of loop_spawn: only a number to compare, for
                            * it may be over */
    int64_t since_ms;      /* clock_boot_ms; after its start */
    int64_t held_ms;       /* so far, or in all */
    const char *stack;     /* innermost first, "a+0x1 < b+0x2"; "": not known */
};

/* Called on the stall monitor's thread. */
typedef void stall_report_fn(void *arg, const struct stall_report *report);

/* Watch a loop, from its thread; one monitor for each loop. NULL: no thread can
 * be had. */
struct stall_monitor *stall_monitor_start(struct loop *l, int64_t slow_ms,
                                          stall_report_fn *fn, void *arg);
/* That of a loop of this thread, or NULL. Async-signal-safe. */
struct stall_monitor *stall_monitor_find(const struct loop *l);
/* Stop before the loop ends, which would stop it as well. From the same thread;
 * no report comes afterwards. NULL is fine. */
void stall_monitor_stop(struct stall_monitor *m);

#endif
