/* SPDX-License-Identifier: MIT */
/* deadlines - what happens to an attempt when its time is up. */
#include "worker/core/deadlines.h"

#include "worker/core/acts.h"
#include "worker/core/end.h"

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
    if (a->place != PLACE_CALL)
        acts_add(w, WORKER_DO_KILL, a->id);
    else if (w->config.replaceable)
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

    while (!w->over && (a = attempts_first_due(&w->attempts)) != NULL &&
           a->due_ms <= w->now_ms)
        look_at(w, a);
}

int64_t deadlines_wake_ms(const struct worker *w)
{
    const struct worker_attempt *a = attempts_first_due(&w->attempts);

    return a == NULL ? INT64_MAX : a->due_ms;
}

void deadlines_sign(struct worker *w, struct attempt_key id)
{
    struct worker_attempt *a = attempts_find(&w->attempts, id);

    if (a != NULL)
        limits_sign(&a->limits, w->now_ms);
}
