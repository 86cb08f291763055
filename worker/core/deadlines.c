/* SPDX-License-Identifier: MIT */
/* deadlines - attempts that are over a limit are asked to end; what does not
 * end when it is asked to is ended by force: a program is killed, and a call
 * goes down with its process, which another replaces. */
#include "libcommon/check.h"
#include "worker/core/worker_state.h"

static bool has_started(const struct holding *h)
{
    return h->state == HOLDING_RUNNING;
}

void worker_due_set(struct worker *w, struct holding *h)
{
    int64_t at_ms = INT64_MAX;

    if (h->stopping && !h->killed)
        at_ms = h->stopping_ms + w->config.grace_ms;
    else if (!h->stopping)
        limits_next(&h->limits, has_started(h), &at_ms);
    holdings_set_due(&w->held, h, at_ms);
}

/* How it ended, said before it has: nothing of this process comes after. */
static void note(struct worker *w, struct holding *h)
{
    struct worker_act *act = worker_act(w, WORKER_DO_NOTE, h->id);

    act->u.note.state = STATE_CANCELLED;
    act->u.note.reason = "cancelled";
    if (h->limit != LIMIT_NONE) {
        act->u.note.state = STATE_EXPIRED;
        act->u.note.reason = limit_reason(h->limit);
    }
    act->u.note.message = blob_ref(h->asked);
    act->u.note.started_ms = h->started_ms;
    act->u.note.ended_ms = w->wall_ms;
}

/* The process ends for one call; who was asked to end as well has ended so. */
static void replace(struct worker *w)
{
    LIST_EACH (it, save, &w->held.all) {
        struct holding *h = LIST_ENTRY(it, struct holding, all);

        if (h->state == HOLDING_RUNNING && h->stopping &&
            h->place == PLACE_CALL)
            note(w, h);
    }
    worker_act(w, WORKER_DO_REPLACE, (struct attempt_key){ 0 });
    w->over = true;
}

static void kill_it(struct worker *w, struct holding *h)
{
    h->killed = true;
    worker_due_set(w, h);
    if (h->place != PLACE_CALL)
        worker_act(w, WORKER_DO_KILL, h->id);
    else if (w->config.replaceable)
        replace(w);
}

static void look_at(struct worker *w, struct holding *h)
{
    int64_t at_ms;
    enum limit limit = limits_next(&h->limits, has_started(h), &at_ms);

    if (h->stopping)
        kill_it(w, h);
    else if (at_ms <= w->now_ms)
        worker_expire(w, h, limit);
    else
        worker_due_set(w, h); /* a sign of life came in between */
}

void worker_due_tick(struct worker *w)
{
    struct holding *h;

    while (!w->over && (h = holdings_first_due(&w->held)) != NULL &&
           h->due_ms <= w->now_ms)
        look_at(w, h);
}

int64_t worker_due_wake_ms(const struct worker *w)
{
    const struct holding *h = holdings_first_due(&w->held);

    return h == NULL ? INT64_MAX : h->due_ms;
}

void worker_sign(struct worker *w, struct attempt_key id)
{
    struct holding *h = holdings_find(&w->held, id);

    if (h != NULL)
        limits_sign(&h->limits, w->now_ms);
}
