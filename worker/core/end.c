/* SPDX-License-Identifier: MIT */
/* end - outcomes of attempts, and their way to the coordinator. */
#include "worker/core/end.h"

#include "libcommon/check.h"
#include "worker/core/acts.h"
#include "worker/core/tails.h"

/* It never starts, so it will write nothing. */
static void answer_waiting_tails(struct worker *w, struct worker_attempt *a)
{
    LIST_EACH (it, save, &a->tails) {
        const struct tail_wait *t = LIST_ENTRY(it, struct tail_wait, place);
        struct op op = tails_answer_ended(t->tail, t->offset);

        acts_send(w, &op);
    }
    tails_forget(&a->tails);
}

/* spooled: NULL when the outcome has all of it. */
static void end_spooled(struct worker *w, struct worker_attempt *a,
                        struct outcome outcome, const struct spooled *spooled)
{
    outcome.worker = view_str(w->config.name);
    outcome.started_ms = a->started_ms;
    outcome.ended_ms = w->wall_ms;
    answer_waiting_tails(w, a);
    attempts_end(&w->attempts, a, &outcome);
    if (spooled != NULL)
        shipment_begin(w, a, spooled);
    if (peer_is_up(&w->peer) && a->confirmed)
        end_send(w, a);
}

void end_with(struct worker *w, struct worker_attempt *a,
              struct outcome outcome)
{
    end_spooled(w, a, outcome, NULL);
}

/* If it was asked to end and did not end well, the outcome says why it was
 * asked, and what ended it. */
static struct outcome outcome_of(const struct worker *w,
                                 const struct worker_attempt *a,
                                 const struct outcome *reported,
                                 struct buf *text)
{
    struct outcome o = *reported;

    if (!a->stopping || o.state != STATE_CANCELLED)
        return o;
    if (a->limit != LIMIT_NONE) {
        o.state = STATE_EXPIRED;
        o.reason = view_str(limit_reason(a->limit));
    }
    o.ended_by = ENDED_BY_ASKING;
    if (!a->killed)
        return o;
    if (a->place != PLACE_CALL || reported->ended_by == ENDED_BY_KILL) {
        o.ended_by = ENDED_BY_KILL;
        return o;
    }
    buf_add_view(text, o.message);
    buf_addf(text,
             "%sit went on for %lld s after it was asked to end, and "
             "its process could not be replaced (--procs 0)",
             text->len > 0 ? "; " : "",
             (long long)((w->now_ms - a->stopping_ms) / 1000));
    if (text->len <= TEXT_LEN_MAX)
        o.message = buf_view(text);
    return o;
}

void end_reported(struct worker *w, struct worker_attempt *a,
                  const struct outcome *reported, const struct spooled *spooled)
{
    struct buf text = { 0 };

    end_spooled(w, a, outcome_of(w, a, reported, &text), spooled);
    buf_fini(&text);
}

void end_unstarted(struct worker *w, struct worker_attempt *a, uint8_t state,
                   const char *reason, struct view message)
{
    struct outcome o = { .id = a->id,
                         .state = state,
                         .reason = view_str(reason),
                         .message = message };

    end_with(w, a, o);
}

void end_ask(struct worker *w, struct worker_attempt *a, struct view reason)
{
    if (a->stopping)
        return;
    a->stopping = true;
    a->stopping_ms = w->now_ms;
    a->asked = blob_new(reason);
    trace_line(w->trace, TRACE_DEBUG, "attempt-stopping",
               ATTEMPT_FORMAT " reason=%.*s", ATTEMPT_ARGS(a->id),
               TRACE_VIEW(reason));
    acts_add(w, WORKER_DO_STOP, a->id)->u.stop.reason = blob_ref(a->asked);
    attempts_set_due(&w->attempts, a);
}

void end_expire(struct worker *w, struct worker_attempt *a, enum limit limit)
{
    struct buf text = { 0 };

    limits_say(&a->limits, limit, &text);
    a->limit = limit;
    if (a->phase == PHASE_QUEUED)
        end_unstarted(w, a, STATE_EXPIRED, limit_reason(limit),
                      buf_view(&text));
    else
        end_ask(w, a, buf_view(&text));
    buf_fini(&text);
}

void end_disown(struct worker *w, struct worker_attempt *a)
{
    if (a->phase == PHASE_DYING)
        return;
    if (a->phase == PHASE_RUNNING) {
        end_ask(w, a, view_str("no longer wanted"));
        attempts_move(&w->attempts, a, PHASE_DYING);
        return;
    }
    answer_waiting_tails(w, a);
    shipment_end(w, a);
    attempts_drop(&w->attempts, a);
    shipment_go_on(w);
}

void end_hand_back(struct worker *w, struct worker_attempt *a)
{
    if (a->suspect)
        end_disown(w, a);
    else
        end_unstarted(w, a, STATE_HANDED_BACK, "", (struct view){ 0 });
}

void end_disown_all(struct worker *w)
{
    LIST_EACH (it, save, &w->attempts.all) {
        struct worker_attempt *a = LIST_ENTRY(it, struct worker_attempt, all);

        if (a->phase == PHASE_QUEUED)
            end_hand_back(w, a);
        else if (a->phase != PHASE_ENDED)
            end_disown(w, a);
    }
}

void end_kill_all(struct worker *w, const char *why)
{
    LIST_EACH (it, save, &w->attempts.all) {
        struct worker_attempt *a = LIST_ENTRY(it, struct worker_attempt, all);

        if (a->phase != PHASE_DYING || a->place == PLACE_CALL || a->killed)
            continue;
        a->killed = true;
        attempts_set_due(&w->attempts, a);
        acts_add(w, WORKER_DO_KILL, a->id);
        trace_line(w->trace, TRACE_WARN, "attempt-killed",
                   ATTEMPT_FORMAT " reason=%s", ATTEMPT_ARGS(a->id), why);
    }
}

void end_send(struct worker *w, struct worker_attempt *a)
{
    if (shipment_is_over(a))
        acts_send_result(w, a);
    else
        shipment_go_on(w);
}

void end_send_again(struct worker *w)
{
    LIST_EACH (it, save, &w->attempts.ended) {
        struct worker_attempt *a =
            LIST_ENTRY(it, struct worker_attempt, queued);

        if (a->confirmed && shipment_is_over(a) &&
            w->now_ms - a->sent_ms >= w->lease_ms)
            end_send(w, a);
    }
    shipment_beat(w);
}
