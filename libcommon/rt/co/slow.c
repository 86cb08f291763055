/* SPDX-License-Identifier: MIT */
/* slow - a stall monitor that reports on stderr. */
#include "libcommon/rt/co/slow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Enough for everyone; the stall monitor counts in nanoseconds. */
#define SLOW_MS_MAX (24L * 3600 * 1000)

static void name_holder(void *arg, const struct stall_report *r)
{
    (void)arg;
    if (r->news == STALL_OVER)
        fprintf(stderr,
                "yon: coroutine '%s' held the loop for %" PRId64 " ms: %s\n",
                r->holder, r->held_ms, r->stack);
    if (r->news == STALL_VERY_LONG)
        fprintf(stderr,
                "yon: coroutine '%s' holds the loop, %" PRId64
                " ms so far: %s\n",
                r->holder, r->held_ms, r->stack);
}

void slow_watch(struct loop *l)
{
    const char *text = getenv("YON_SLOW_MS");
    long slow_ms = text == NULL ? 0 : strtol(text, NULL, 10);

    if (slow_ms > 0 && slow_ms <= SLOW_MS_MAX && stall_monitor_find(l) == NULL)
        stall_monitor_start(l, slow_ms, name_holder, NULL);
}
