/* SPDX-License-Identifier: MIT */
/* rest - waits, asks, and names who stays. */
#include "worker/shell/call/rest.h"

#include "libcommon/check.h"
#include "libcommon/rt/co/alarm.h"
#include "libcommon/rt/os/log.h"

struct rest {
    struct loop *loop;
    struct alarm patience;
    bool is_over;
    bool is_cancelling; /* those that are cancelled may start others */
};

static void patience_rang(struct alarm *a)
{
    CONTAINER_OF(a, struct rest, patience)->is_over = true;
}

static bool has_ended(void *arg)
{
    struct rest *r = arg;

    if (r->is_cancelling)
        loop_cancel_all(r->loop);
    return r->is_over || !loop_has_coros(r->loop);
}

static void wait_await(struct rest *r, struct alarm_set *alarms, int64_t ms)
{
    r->is_over = false;
    alarm_start(alarms, &r->patience, ms, patience_rang);
    loop_run_await(r->loop, has_ended, r);
    alarm_clear(alarms, &r->patience);
}

static void tell(const struct rest *r, const char *event, const char *effect)
{
    struct buf names = { 0 };

    loop_name_coros(r->loop, &names);
    log_line(TRACE_WARN, event, "coroutines=%s effect=%s", buf_text(&names),
             effect);
    buf_fini(&names);
}

bool rest_end_await(struct loop *l, struct alarm_set *alarms, int64_t grace_ms)
{
    struct rest r = { .loop = l };

    if (!loop_has_coros(l))
        return !loop_has_abandoned(l);
    tell(&r, "left-running",
         "calls have detached them; this process waits for "
         "them, and cancels them after the grace");
    wait_await(&r, alarms, grace_ms);
    r.is_cancelling = true;
    if (loop_has_coros(l))
        wait_await(&r, alarms, grace_ms);
    if (loop_has_coros(l))
        tell(&r, "left-running",
             "they go on although they are cancelled: they "
             "end with this process");
    return !loop_has_coros(l) && !loop_has_abandoned(l);
}
