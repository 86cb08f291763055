/* SPDX-License-Identifier: MIT */
/* work - what happens to the attempts that a worker holds. */
#include <stdio.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "worker/core/tails.h"
#include "worker/core/worker_state.h"

static struct task_id ref_of(struct attempt_key id)
{
    return (struct task_id){ .job = { id.job }, .elem = id.elem };
}

static bool is_older(struct attempt_key a, struct attempt_key b)
{
    return a.epoch != b.epoch ? a.epoch < b.epoch : a.attempt < b.attempt;
}

static bool is_kind(uint8_t kind)
{
    return kind == KIND_CALL || kind == KIND_COMMAND;
}

/* ---- the end of an attempt ---- */

static void send_result(struct worker *w, struct holding *h)
{
    struct op op = { .type = OP_RESULT };

    op.u.result.outcome = h->outcome;
    worker_send(w, &op);
    h->sent_ms = w->now_ms;
}

/* Nothing will be written by what never started. */
static void answer_waiting_tails(struct worker *w, struct holding *h)
{
    LIST_EACH (it, save, &h->tails) {
        const struct tail_wait *t = LIST_ENTRY(it, struct tail_wait, place);
        struct op op = tails_answer_ended(t->tail, t->offset);

        worker_send(w, &op);
    }
    tails_forget(&h->tails);
}

static void end(struct worker *w, struct holding *h, struct outcome outcome)
{
    outcome.worker = view_str(w->config.name);
    outcome.started_ms = h->started_ms;
    outcome.ended_ms = w->wall_ms;
    answer_waiting_tails(w, h);
    holdings_end(&w->held, h, &outcome);
    if (w->session.n != 0 && h->settled)
        send_result(w, h);
}

/* The outcome of an attempt that never ran. */
static void end_unstarted(struct worker *w, struct holding *h, uint8_t state,
                          const char *reason, struct view message)
{
    struct outcome o = { .job = h->id.job,
                         .elem = h->id.elem,
                         .epoch = h->id.epoch,
                         .attempt = h->id.attempt,
                         .state = state,
                         .reason = view_str(reason),
                         .message = message };

    end(w, h, o);
}

/* Ask a running attempt to end, once. */
static void stop_running(struct worker *w, struct holding *h,
                         struct view reason)
{
    if (h->stopping)
        return;
    h->stopping = true;
    h->stopping_ms = w->now_ms;
    h->asked = blob_new(reason);
    worker_act(w, WORKER_DO_STOP, h->id)->u.stop.reason = blob_ref(h->asked);
    worker_due_set(w, h);
}

void worker_expire(struct worker *w, struct holding *h, enum limit limit)
{
    struct buf text = { 0 };

    limits_say(&h->limits, limit, &text);
    h->limit = limit;
    if (h->state == HOLDING_QUEUED)
        end_unstarted(w, h, STATE_EXPIRED, limit_reason(limit),
                      buf_view(&text));
    else
        stop_running(w, h, buf_view(&text));
    buf_fini(&text);
}

/* What the shell reports of an attempt that was asked to end, and did not end
 * well, is told as what it was asked for; and what really ended it. */
static struct outcome outcome_of(const struct worker *w,
                                 const struct holding *h,
                                 const struct outcome *reported,
                                 struct buf *text)
{
    struct outcome o = *reported;

    if (!h->stopping || o.state != STATE_CANCELLED)
        return o;
    if (h->limit != LIMIT_NONE) {
        o.state = STATE_EXPIRED;
        o.reason = view_str(limit_reason(h->limit));
    }
    o.ended_by = ENDED_BY_ASKING;
    if (!h->killed)
        return o;
    if (h->place != PLACE_CALL) {
        o.ended_by = ENDED_BY_KILL;
        return o;
    }
    buf_add_view(text, o.message);
    buf_addf(text,
             "%sit went on for %lld s after it was asked to end, and "
             "nobody could replace its process",
             text->len > 0 ? "; " : "",
             (long long)((w->now_ms - h->stopping_ms) / 1000));
    if (text->len <= TEXT_LEN_MAX)
        o.message = buf_view(text);
    return o;
}

/* The coordinator does not want to hear of it any more. */
static void disown(struct worker *w, struct holding *h)
{
    if (h->state == HOLDING_DYING)
        return;
    if (h->state == HOLDING_RUNNING) {
        stop_running(w, h, view_str("no longer wanted"));
        holdings_move(&w->held, h, HOLDING_DYING);
        return;
    }
    answer_waiting_tails(w, h);
    holdings_drop(&w->held, h);
}

/* ---- the start ---- */

static void ask_shell_for_tail(struct worker *w, struct attempt_key id,
                               const struct tail_wait *ask)
{
    struct worker_act *act = worker_act(w, WORKER_DO_TAIL, id);

    act->u.tail.tail = ask->tail;
    act->u.tail.stream = ask->stream;
    act->u.tail.offset = ask->offset;
    act->u.tail.max = tails_clamp(ask->max);
}

static void start(struct worker *w, struct holding *h)
{
    struct worker_act *act = worker_act(w, WORKER_DO_START, h->id);

    act->u.start.kind = h->kind;
    act->u.start.array = h->array;
    act->u.start.tries = h->tries;
    act->u.start.fn = h->fn;
    act->u.start.spec = h->spec;
    act->u.start.item = h->item;
    h->fn = h->spec = h->item = NULL; /* owned by the act */
    act->u.start.idle_ms = h->limits.ms[LIMIT_IDLE];
    h->started_ms = w->wall_ms;
    LIST_EACH (it, save, &h->tails)
        ask_shell_for_tail(w, h->id, LIST_ENTRY(it, struct tail_wait, place));
    holdings_move(&w->held, h, HOLDING_RUNNING);
    limits_started(&h->limits, w->now_ms);
    worker_due_set(w, h);
}

uint32_t worker_limit(const struct worker *w, enum holding_place place)
{
    return place == PLACE_CALL ? w->config.calls : w->config.slots;
}

bool worker_has_room(const struct worker *w, enum holding_place place)
{
    return w->leased && w->held.used[place] < worker_limit(w, place);
}

static void start_some(struct worker *w, enum holding_place place)
{
    LIST_EACH (it, save, &w->held.queue[place]) {
        struct holding *h = LIST_ENTRY(it, struct holding, queued);

        if (!worker_has_room(w, place))
            return;
        if (!h->alone)
            start(w, h);
    }
}

void worker_start_due(struct worker *w)
{
    for (enum holding_place place = 0; place < PLACE_COUNT; place++)
        start_some(w, place);
}

static enum holding_place place_of(const struct worker *w, const struct op *op)
{
    if (op->u.assign.kind == KIND_COMMAND)
        return PLACE_SLOT;
    for (size_t i = 0; i < w->config.n_cpu; i++)
        if (view_equal(w->config.cpu[i], op->u.assign.fn))
            return PLACE_SLOT;
    return PLACE_CALL;
}

static struct holding *take(struct worker *w, struct attempt_key id,
                            const struct op *op)
{
    struct holding *h = holdings_add(&w->held, id, place_of(w, op));

    h->settled = true;
    h->kind = op->u.assign.kind;
    h->array = op->u.assign.array;
    h->alone = op->u.assign.alone;
    h->tries = op->u.assign.tries;
    h->fn = blob_new(op->u.assign.fn);
    h->spec = blob_new(op->u.assign.spec);
    h->item = blob_new(op->u.assign.item);
    limits_set(&h->limits, LIMIT_START, op->u.assign.start_ms);
    limits_set(&h->limits, LIMIT_RUN, op->u.assign.run_ms);
    limits_set(&h->limits, LIMIT_IDLE, op->u.assign.idle_ms);
    limits_set(&h->limits, LIMIT_TOTAL, op->u.assign.left_ms);
    limits_given(&h->limits, w->now_ms);
    worker_due_set(w, h);
    return h;
}

static bool is_sane(struct attempt_key id)
{
    return id.job >= 1 && id.job <= JOB_ID_MAX && id.elem >= 1 &&
           id.elem <= ELEM_MAX;
}

void worker_assign(struct worker *w, const struct op *op)
{
    struct attempt_key id = { .job = op->u.assign.job,
                              .elem = op->u.assign.elem,
                              .epoch = op->u.assign.epoch,
                              .attempt = op->u.assign.attempt };
    struct holding *h;
    char text[64];

    if (!is_sane(id) || holdings_n_held(&w->held) >= LIST_LEN_MAX) {
        w->n_ignored++;
        return;
    }
    h = holdings_newest(&w->held, ref_of(id));
    if (h != NULL && !is_older(h->id, id))
        return; /* said again, or overtaken */
    if (h != NULL)
        disown(w, h);
    h = take(w, id, op);
    if (w->draining) {
        end_unstarted(w, h, STATE_HANDED_BACK, "", (struct view){ 0 });
    } else if (!is_kind(op->u.assign.kind)) {
        snprintf(text, sizeof text, "this worker knows no jobs of kind %d",
                 op->u.assign.kind);
        end_unstarted(w, h, STATE_FAILED, "start", view_str(text));
    } else if (h->alone) {
        worker_link_held(w, id.attempt);
    }
}

/* ---- how far it is ---- */

static struct advance advance_of(const struct holding *h)
{
    return (struct advance){ .job = h->id.job,
                             .elem = h->id.elem,
                             .epoch = h->id.epoch,
                             .attempt = h->id.attempt,
                             .done = h->done,
                             .total = h->total,
                             .doing = blob_view(h->doing) };
}

static void send_advance(struct worker *w, const struct holding *h)
{
    struct advance a = advance_of(h);
    struct op op = { .type = OP_ADVANCED };

    op.u.advanced.advances = (struct advances){ &a, 1 };
    worker_send(w, &op);
}

static void note_advance(struct worker *w, const struct advance *a)
{
    struct attempt_key id = { a->job, a->elem, a->epoch, a->attempt };
    struct holding *h = holdings_find(&w->held, id);

    if (h == NULL || h->state != HOLDING_RUNNING)
        return;
    blob_unref(h->doing);
    h->doing = blob_new(a->doing);
    h->done = a->done;
    h->total = a->total;
    limits_sign(&h->limits, w->now_ms);
    if (w->session.n != 0 && h->settled)
        send_advance(w, h);
}

void worker_advance(struct worker *w, const struct advances *advances)
{
    for (size_t i = 0; i < advances->n; i++)
        note_advance(w, &advances->at[i]);
}

/* ---- what the coordinator says of attempts ---- */

void worker_stop(struct worker *w, const struct op *op)
{
    struct attempt_key id = { .job = op->u.stop.job,
                              .elem = op->u.stop.elem,
                              .epoch = op->u.stop.epoch,
                              .attempt = op->u.stop.attempt };
    struct holding *h = holdings_find(&w->held, id);

    if (h == NULL)
        return;
    if (h->state == HOLDING_QUEUED)
        end_unstarted(w, h, STATE_CANCELLED, "cancelled", op->u.stop.reason);
    else if (h->state == HOLDING_RUNNING)
        stop_running(w, h, op->u.stop.reason);
}

/* A verdict that was said before the worker had named it so starts nothing. */
static void take_keep(struct holding *h)
{
    h->settled = true;
    if (h->n_asked > 0)
        h->n_asked--;
    if (h->n_before > 0)
        h->n_before--;
    else if (h->named)
        h->alone = h->named = false;
}

static void settle_one(struct worker *w, const struct ruling *s)
{
    struct attempt_key id = { s->job, s->elem, s->epoch, s->attempt };
    struct holding *h = holdings_find(&w->held, id);

    if (h == NULL || h->state == HOLDING_DYING)
        return;
    if (s->verdict == VERDICT_KEEP) {
        take_keep(h);
        if (h->state == HOLDING_ENDED)
            send_result(w, h);
        else if (h->doing != NULL)
            send_advance(w, h);
    } else if (s->verdict == VERDICT_KNOWN || s->verdict == VERDICT_KILL) {
        disown(w, h);
    } else {
        w->n_ignored++;
    }
}

void worker_settle(struct worker *w, const struct rulings *settleds)
{
    for (size_t i = 0; i < settleds->n; i++)
        settle_one(w, &settleds->at[i]);
}

void worker_ack(struct worker *w, const struct attempt_keys *helds)
{
    for (size_t i = 0; i < helds->n; i++) {
        struct holding *h = holdings_find(&w->held, helds->at[i]);

        if (h != NULL)
            disown(w, h);
    }
}

void worker_tail_ask(struct worker *w, const struct op *op)
{
    struct attempt_key id = { .job = op->u.tail_ask.job,
                              .elem = op->u.tail_ask.elem,
                              .epoch = op->u.tail_ask.epoch,
                              .attempt = op->u.tail_ask.attempt };
    struct tail_wait ask = { .tail = op->u.tail_ask.tail,
                             .stream = op->u.tail_ask.stream,
                             .offset = op->u.tail_ask.offset,
                             .max = op->u.tail_ask.max };
    struct holding *h = holdings_find(&w->held, id);
    struct op answer = tails_answer_ended(ask.tail, ask.offset);

    if (h != NULL && h->state == HOLDING_RUNNING) {
        ask_shell_for_tail(w, id, &ask);
        return;
    }
    if (h != NULL && h->state == HOLDING_QUEUED && tails_wait(&h->tails, &ask))
        return;
    if (h != NULL && h->state == HOLDING_ENDED)
        answer = tails_answer(&h->outcome, &ask);
    worker_send(w, &answer);
}

/* ---- what the shell reports, and the rest ---- */

void worker_ended(struct worker *w, const struct outcome *o)
{
    struct attempt_key id = { o->job, o->elem, o->epoch, o->attempt };
    struct holding *h = holdings_find(&w->held, id);
    struct buf text = { 0 };

    if (h == NULL)
        return;
    if (h->state == HOLDING_DYING)
        holdings_drop(&w->held, h);
    else if (h->state == HOLDING_RUNNING)
        end(w, h, outcome_of(w, h, o, &text));
    buf_fini(&text);
}

void worker_inherit(struct worker *w, const struct outcome *outcome)
{
    struct attempt_key id = { outcome->job, outcome->elem, outcome->epoch,
                              outcome->attempt };
    struct holding *h;

    if (!is_sane(id))
        return; /* what a process that died has left may be damaged */
    h = holdings_add(&w->held, id, PLACE_CALL);
    h->started_ms = outcome->started_ms;
    w->wall_ms = outcome->ended_ms;
    end(w, h, *outcome);
}

void worker_drain(struct worker *w)
{
    struct op op = { .type = OP_DRAINING };

    w->draining = true;
    if (w->session.n != 0)
        worker_send(w, &op);
    LIST_EACH (it, save, &w->held.all) {
        struct holding *h = LIST_ENTRY(it, struct holding, all);

        if (h->state == HOLDING_QUEUED)
            end_unstarted(w, h, STATE_HANDED_BACK, "", (struct view){ 0 });
    }
}

void worker_send_results_again(struct worker *w)
{
    LIST_EACH (it, save, &w->held.ended) {
        struct holding *h = LIST_ENTRY(it, struct holding, queued);

        if (h->settled && w->now_ms - h->sent_ms >= w->lease_ms)
            send_result(w, h);
    }
}

void worker_disown_all(struct worker *w)
{
    LIST_EACH (it, save, &w->held.all) {
        struct holding *h = LIST_ENTRY(it, struct holding, all);

        if (h->state != HOLDING_ENDED)
            disown(w, h);
    }
}

void worker_kill_all(struct worker *w)
{
    LIST_EACH (it, save, &w->held.all) {
        struct holding *h = LIST_ENTRY(it, struct holding, all);

        if (h->state != HOLDING_DYING || h->place == PLACE_CALL || h->killed)
            continue;
        h->killed = true;
        worker_due_set(w, h);
        worker_act(w, WORKER_DO_KILL, h->id);
    }
}

/* What has no lease when its session ends never starts: somebody else may have
 * it before the next session. */
void worker_unsettle(struct worker *w)
{
    worker_act(w, WORKER_DO_UNTAIL, (struct attempt_key){ 0 });
    LIST_EACH (it, save, &w->held.all) {
        struct holding *h = LIST_ENTRY(it, struct holding, all);

        h->settled = h->named = false;
        h->n_asked = h->n_before = 0;
        tails_forget(&h->tails);
        if (h->state == HOLDING_QUEUED && !w->leased)
            holdings_drop(&w->held, h);
    }
}
