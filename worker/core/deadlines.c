/* SPDX-License-Identifier: MIT */
/* deadlines - what happens to an attempt when its time is up. */
#include "worker/core/deadlines.h"

#include "libcommon/num.h"
#include "worker/core/acts.h"
#include "worker/core/end.h"
#include "worker/core/work.h"

/* How many graces the others have to end, in a process that a call has worn. */
#define WORN_GRACES 60

/* Note its outcome before it has ended: this process will not report it. */
static void note(struct worker *w, struct worker_attempt *a)
{
    struct worker_act *act = acts_add(w, WORKER_DO_NOTE, a->id);

    act->u.note.state = STATE_CANCELLED;
    act->u.note.reason = "cancelled";
    if (a->limit != LIMIT_NONE) {
        act->u.note.state = STATE_EXPIRED;
        act->u.note.reason = limit_reason(a->limit);
    }
    act->u.note.message = blob_ref(a->asked);
    act->u.note.started_ms = a->started_ms;
    act->u.note.ended_ms = w->wall_ms;
}

/* This process ends because of one call. The other calls that were asked to end
 * have ended as they were asked. */
static void replace(struct worker *w)
{
    LIST_EACH (it, save, &w->attempts.all) {
        struct worker_attempt *a = LIST_ENTRY(it, struct worker_attempt, all);

        if (a->phase == PHASE_RUNNING && a->stopping && a->place == PLACE_CALL)
            note(w, a);
    }
    acts_add(w, WORKER_DO_REPLACE, (struct attempt_key){ 0 });
    w->over = true;
}

static void kill_it(struct worker *w, struct worker_attempt *a)
{
    trace_line(w->trace, TRACE_DEBUG, "grace-over", ATTEMPT_FORMAT,
               ATTEMPT_ARGS(a->id));
    a->killed = true;
    attempts_set_due(&w->attempts, a);
    acts_add(w, WORKER_DO_KILL, a->id);
}

void deadlines_stuck(struct worker *w, struct attempt_key id)
{
    const struct worker_attempt *a = attempts_find(&w->attempts, id);

    if (a != NULL && a->killed && a->place == PLACE_CALL &&
        w->config.replaceable)
        replace(w);
}

void deadlines_wear(struct worker *w)
{
    if (!w->config.replaceable || w->draining)
        return;
    trace_line(w->trace, TRACE_WARN, "process-worn", "effect=%s",
               "a call was ended by force: no new work here, and a new process "
               "when the rest has ended");
    w->worn = true;
    w->worn_until_ms = w->now_ms + WORN_GRACES * w->attempts.grace_ms;
    work_drain(w);
}

/* Those that run on have had their time. */
static void look_at_wear(struct worker *w)
{
    if (w->worn &&
        (list_is_empty(&w->attempts.all) || w->now_ms >= w->worn_until_ms))
        replace(w);
}

static void look_at(struct worker *w, struct worker_attempt *a)
{
    int64_t at_ms;
    enum limit limit =
        limits_next(&a->limits, a->phase == PHASE_RUNNING, &at_ms);

    if (a->stopping)
        kill_it(w, a);
    else if (at_ms <= w->now_ms)
        end_expire(w, a, limit);
    else
        attempts_set_due(&w->attempts, a); /* a sign of life came in between */
}

void deadlines_tick(struct worker *w)
{
    struct worker_attempt *a;

    look_at_wear(w);
    while (!w->over && (a = attempts_first_due(&w->attempts)) != NULL &&
           a->due_ms <= w->now_ms)
        look_at(w, a);
}

int64_t deadlines_wake_ms(const struct worker *w)
{
    const struct worker_attempt *a = attempts_first_due(&w->attempts);
    int64_t at_ms = a == NULL ? INT64_MAX : a->due_ms;

    return w->worn ? num_min(at_ms, w->worn_until_ms) : at_ms;
}

void deadlines_sign(struct worker *w, struct attempt_key id)
{
    struct worker_attempt *a = attempts_find(&w->attempts, id);

    if (a != NULL)
        limits_sign(&a->limits, w->now_ms);
}
