/* SPDX-License-Identifier: MIT */
/* work - the life of an attempt: assigned, started, ruled on, acked. */
#include "worker/core/work.h"

#include <stdio.h>

#include "worker/core/acts.h"
#include "worker/core/end.h"
#include "worker/core/hello.h"
#include "worker/core/tails.h"
#include "worker/core/worker_lease.h"

static bool is_older(struct attempt_key a, struct attempt_key b)
{
    return a.epoch != b.epoch ? a.epoch < b.epoch : a.attempt < b.attempt;
}

static bool is_kind(uint8_t kind)
{
    return kind == KIND_CALL || kind == KIND_COMMAND;
}

/* ---- the start ---- */

static void ask_shell_for_tail(struct worker *w, struct attempt_key id,
                               const struct tail_wait *ask)
{
    struct worker_act *act = acts_add(w, WORKER_DO_TAIL, id);

    act->u.tail.tail = ask->tail;
    act->u.tail.stream = ask->stream;
    act->u.tail.offset = ask->offset;
    act->u.tail.max = tails_clamp(ask->max);
    act->u.tail.keep = ask->keep;
}

static void start(struct worker *w, struct worker_attempt *a)
{
    struct worker_act *act = acts_add(w, WORKER_DO_START, a->id);

    act->u.start.kind = a->kind;
    act->u.start.array = a->array;
    act->u.start.tries = a->tries;
    act->u.start.follow = a->follow;
    act->u.start.fn = blob_ref(a->fn);
    act->u.start.spec = blob_ref(a->spec);
    act->u.start.item = blob_ref(a->item);
    act->u.start.number = blob_ref(a->number);
    act->u.start.idle_ms = a->limits.ms[LIMIT_IDLE];
    a->started_ms = w->wall_ms;
    if (a->follow != 0 && !a->confirmed) /* said in a session that is over */
        acts_add(w, WORKER_DO_UNTAIL, (struct attempt_key){ 0 });
    LIST_EACH (it, save, &a->tails)
        ask_shell_for_tail(w, a->id, LIST_ENTRY(it, struct tail_wait, place));
    attempts_move(&w->attempts, a, PHASE_RUNNING);
    limits_started(&a->limits, w->now_ms);
    attempts_set_due(&w->attempts, a);
}

static void start_some(struct worker *w, enum attempt_place place)
{
    LIST_EACH (it, save, &w->attempts.queue[place]) {
        struct worker_attempt *a =
            LIST_ENTRY(it, struct worker_attempt, queued);

        if (!worker_lease_may_start(w, place))
            return;
        if (!a->alone)
            start(w, a);
    }
}

void work_start(struct worker *w)
{
    for (enum attempt_place place = 0; place < PLACE_COUNT; place++)
        start_some(w, place);
}

static enum attempt_place place_of(const struct worker *w, const struct op *op)
{
    if (op->u.assign.kind == KIND_COMMAND)
        return PLACE_SLOT;
    for (size_t i = 0; i < w->config.n_cpu; i++)
        if (view_equal(w->config.cpu[i], op->u.assign.fn))
            return PLACE_SLOT;
    return PLACE_CALL;
}

static struct worker_attempt *take(struct worker *w, struct attempt_key id,
                                   const struct op *op)
{
    struct worker_attempt *a = attempts_add(&w->attempts, id, place_of(w, op));

    a->confirmed = true;
    a->kind = op->u.assign.kind;
    a->array = op->u.assign.array;
    a->suspect = a->alone = op->u.assign.alone;
    a->tries = op->u.assign.tries;
    a->follow = op->u.assign.follow;
    a->fn = blob_new(op->u.assign.fn);
    a->spec = blob_new(op->u.assign.spec);
    a->item = blob_new(op->u.assign.item);
    a->number = blob_new(op->u.assign.number);
    limits_set(&a->limits, LIMIT_START, op->u.assign.start_ms);
    limits_set(&a->limits, LIMIT_RUN, op->u.assign.run_ms);
    limits_set(&a->limits, LIMIT_IDLE, op->u.assign.idle_ms);
    limits_set(&a->limits, LIMIT_TOTAL, op->u.assign.left_ms);
    limits_given(&a->limits, w->now_ms);
    attempts_set_due(&w->attempts, a);
    return a;
}

static bool is_sane(struct attempt_key id)
{
    return id.job >= 1 && id.job <= JOB_ID_MAX && id.elem >= 1 &&
           id.elem <= ELEM_MAX;
}

void work_assign(struct worker *w, const struct op *op)
{
    struct attempt_key id = op->u.assign.id;
    struct worker_attempt *a;
    char text[64];

    if (!is_sane(id) || attempts_n_held(&w->attempts) >= LIST_LEN_MAX) {
        acts_nonsense(w, "ASSIGN");
        return;
    }
    a = attempts_newest(&w->attempts, attempt_key_task(id));
    if (a != NULL && !is_older(a->id, id))
        return; /* said again, or overtaken */
    if (a != NULL)
        end_disown(w, a);
    a = take(w, id, op);
    if (w->draining) {
        end_unstarted(w, a, STATE_HANDED_BACK, "", (struct view){ 0 });
    } else if (!is_kind(op->u.assign.kind)) {
        snprintf(text, sizeof text, "this worker knows no jobs of kind %d",
                 op->u.assign.kind);
        end_unstarted(w, a, STATE_FAILED, "start", view_str(text));
    } else if (a->alone) {
        hello_send_held(w, id.attempt);
    }
}

/* ---- progress ---- */

static struct advance advance_of(const struct worker_attempt *a)
{
    return (struct advance){ .id = a->id,
                             .done = a->done,
                             .total = a->total,
                             .doing = blob_view(a->doing),
                             .pid = a->pid };
}

static void send_advance(struct worker *w, const struct worker_attempt *a)
{
    struct advance advance = advance_of(a);
    struct op op = { .type = OP_ADVANCED };

    op.u.advanced.advances = (struct advances){ &advance, 1 };
    acts_send(w, &op);
}

/* It may only name the process, which is no progress. */
static bool is_progress(const struct advance *news)
{
    return news->done > 0 || news->total > 0 || news->doing.len > 0;
}

static void note_advance(struct worker *w, const struct advance *news)
{
    struct attempt_key id = news->id;
    struct worker_attempt *a = attempts_find(&w->attempts, id);

    if (a == NULL || a->phase != PHASE_RUNNING)
        return;
    if (news->pid != 0)
        a->pid = news->pid;
    if (is_progress(news) || news->pid == 0) {
        blob_unref(a->doing);
        a->doing = blob_new(news->doing);
        a->done = news->done;
        a->total = news->total;
        limits_sign(&a->limits, w->now_ms);
    }
    if (peer_is_up(&w->peer) && a->confirmed)
        send_advance(w, a);
}

void work_advance(struct worker *w, const struct advances *advances)
{
    for (size_t i = 0; i < advances->n; i++)
        note_advance(w, &advances->at[i]);
}

/* ---- what the coordinator says about attempts ---- */

void work_stop(struct worker *w, const struct op *op)
{
    struct attempt_key id = op->u.stop.id;
    struct worker_attempt *a = attempts_find(&w->attempts, id);

    if (a == NULL)
        return;
    if (a->phase == PHASE_QUEUED)
        end_unstarted(w, a, STATE_CANCELLED, "cancelled", op->u.stop.reason);
    else if (a->phase == PHASE_RUNNING)
        end_ask(w, a, op->u.stop.reason);
}

/* A verdict on a HELD that did not name it as about to start starts nothing. */
static void take_keep(struct worker_attempt *a)
{
    a->confirmed = true;
    if (a->n_asked > 0)
        a->n_asked--;
    if (a->n_before > 0)
        a->n_before--;
    else if (a->named)
        a->alone = a->named = false;
}

static const char *verdict_name(unsigned verdict)
{
    static const char *const names[] = { [VERDICT_KEEP] = "keep",
                                         [VERDICT_KNOWN] = "known",
                                         [VERDICT_KILL] = "kill" };

    return verdict < ARRAY_LEN(names) && names[verdict] != NULL ? names[verdict]
                                                                : "?";
}

static void take_ruling(struct worker *w, const struct ruling *r)
{
    struct attempt_key id = r->id;
    struct worker_attempt *a = attempts_find(&w->attempts, id);

    if (a == NULL || a->phase == PHASE_DYING)
        return;
    trace_line(w->trace, TRACE_DEBUG, "verdict", ATTEMPT_FORMAT " verdict=%s",
               ATTEMPT_ARGS(id), verdict_name(r->verdict));
    if (r->verdict == VERDICT_KEEP) {
        if (!a->confirmed && a->phase == PHASE_RUNNING && a->follow != 0)
            acts_add(w, WORKER_DO_REJOIN, id);
        take_keep(a);
        if (a->phase == PHASE_ENDED)
            end_send(w, a);
        else if (a->doing != NULL || a->pid != 0)
            send_advance(w, a);
    } else if (r->verdict == VERDICT_KNOWN || r->verdict == VERDICT_KILL) {
        end_disown(w, a);
    } else {
        acts_nonsense(w, "a verdict");
    }
}

void work_reconcile(struct worker *w, const struct rulings *rulings)
{
    for (size_t i = 0; i < rulings->n; i++)
        take_ruling(w, &rulings->at[i]);
}

void work_ack(struct worker *w, const struct attempt_keys *acked)
{
    for (size_t i = 0; i < acked->n; i++) {
        struct worker_attempt *a = attempts_find(&w->attempts, acked->at[i]);

        if (a == NULL)
            continue;
        trace_line(w->trace, TRACE_DEBUG, "result-acked", ATTEMPT_FORMAT,
                   ATTEMPT_ARGS(a->id));
        end_disown(w, a);
    }
}

void work_tail_ask(struct worker *w, const struct op *op)
{
    struct attempt_key id = op->u.tail_ask.id;
    struct tail_wait ask = { .tail = op->u.tail_ask.tail,
                             .stream = op->u.tail_ask.stream,
                             .offset = op->u.tail_ask.offset,
                             .max = op->u.tail_ask.max,
                             .keep = op->u.tail_ask.keep };
    struct worker_attempt *a = attempts_find(&w->attempts, id);
    struct op answer = tails_answer_ended(ask.tail, ask.offset);

    if (a != NULL && a->phase == PHASE_RUNNING) {
        ask_shell_for_tail(w, id, &ask);
        return;
    }
    if (a != NULL && a->phase == PHASE_QUEUED && tails_wait(&a->tails, &ask))
        return;
    /* The rest of one with pieces is told when all of it is stored. */
    if (a != NULL && a->phase == PHASE_ENDED && !shipment_was_any(a))
        answer = tails_answer(&a->outcome, &ask);
    acts_send(w, &answer);
}

void work_follow(struct worker *w, const struct op *op)
{
    struct worker_attempt *a = attempts_find(&w->attempts, op->u.follow.id);
    struct worker_act *act;

    if (a == NULL)
        return;
    a->follow = op->u.follow.streams;
    if (a->phase != PHASE_RUNNING)
        return;
    act = acts_add(w, WORKER_DO_FOLLOW, a->id);
    act->u.follow.streams = op->u.follow.streams;
    act->u.follow.keep[0] = op->u.follow.out_keep;
    act->u.follow.keep[1] = op->u.follow.err_keep;
}

/* ---- what the shell reports, and the rest ---- */

/* It has not begun. When it was cancelled meanwhile, the coordinator knows. The
 * coordinator takes a suspect that was told to go on for begun: were it handed
 * back, and the worker lost before that is heard, it would be charged with the
 * loss. So it stays about to start. */
static void not_begun(struct worker *w, struct worker_attempt *a,
                      struct view why)
{
    enum attempt_place place = a->place;

    a->started_ms = 0;
    if (a->phase == PHASE_DYING) {
        attempts_drop(&w->attempts, a);
    } else if (a->suspect && !a->stopping) {
        attempts_move(&w->attempts, a, PHASE_QUEUED);
        attempts_set_due(&w->attempts, a);
    } else {
        end_unstarted(w, a, STATE_HANDED_BACK, "", (struct view){ 0 });
    }
    shortage_met(w, place, why);
}

bool work_ended(struct worker *w, const struct outcome *o,
                const struct spooled *spooled)
{
    struct attempt_key id = o->id;
    struct worker_attempt *a = attempts_find(&w->attempts, id);
    bool forced;

    if (spooled != NULL && (a == NULL || a->phase != PHASE_RUNNING))
        acts_add(w, WORKER_DO_FORGET, id);
    if (a == NULL || a->phase == PHASE_ENDED)
        return false;
    forced = a->place == PLACE_CALL && o->ended_by == ENDED_BY_KILL;
    if (o->state == STATE_HANDED_BACK)
        not_begun(w, a, o->message);
    else if (a->phase == PHASE_DYING)
        attempts_drop(&w->attempts, a);
    else if (a->phase == PHASE_RUNNING)
        end_reported(w, a, o, spooled);
    return forced;
}

void work_inherit(struct worker *w, const struct outcome *outcome)
{
    struct attempt_key id = outcome->id;
    struct worker_attempt *a;

    if (!is_sane(id))
        return; /* what a process that died has left may be damaged */
    a = attempts_add(&w->attempts, id, PLACE_CALL);
    a->started_ms = outcome->started_ms;
    w->wall_ms = outcome->ended_ms;
    end_with(w, a, *outcome);
}

void work_drain(struct worker *w)
{
    struct op op = { .type = OP_DRAINING };

    w->draining = true;
    if (peer_is_up(&w->peer))
        acts_send(w, &op);
    LIST_EACH (it, save, &w->attempts.all) {
        struct worker_attempt *a = LIST_ENTRY(it, struct worker_attempt, all);

        if (a->phase == PHASE_QUEUED)
            end_unstarted(w, a, STATE_HANDED_BACK, "", (struct view){ 0 });
    }
}
