/* SPDX-License-Identifier: MIT */
/* worker - dispatches events, then does what is due, in a fixed order. */
#include "worker/core/worker.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/num.h"
#include "proto/lease.h"
#include "worker/core/acts.h"
#include "worker/core/deadlines.h"
#include "worker/core/work.h"
#include "worker/core/worker_lease.h"
#include "worker/core/worker_session.h"
#include "worker/core/worker_state.h"

struct worker *worker_new(const struct worker_config *config)
{
    struct worker *w = xcalloc(1, sizeof *w);

    ASSERT(config->n_functions + config->n_cpu <= FUNCTIONS_MAX);
    ASSERT(config->n_labels <= LABELS_MAX);
    w->config = *config;
    list_init(&w->shipments);
    w->leased_ms = INT64_MIN / 2; /* far from both ends */
    worker_session_init(w);
    w->reader = frame_reader_new();
    attempts_init(&w->attempts);
    w->attempts.limit[PLACE_CALL] = config->calls;
    w->attempts.limit[PLACE_SLOT] = config->slots;
    w->attempts.grace_ms =
        config->grace_ms > 0 ? config->grace_ms : WORKER_GRACE_MS;
    return w;
}

void worker_begin_ended(struct worker *w, const struct outcome *outcome)
{
    ASSERT(w->peer.state == PEER_IDLE);
    work_inherit(w, outcome);
}

void worker_free(struct worker *w)
{
    if (w == NULL)
        return;
    attempts_fini(&w->attempts);
    frame_reader_free(w->reader);
    buf_fini(&w->mark);
    free(w);
}

#define CASE(NAME, ...) case OP_##NAME:

static void take_op(struct worker *w, const struct frame_head *head,
                    const struct op *op)
{
    if (!worker_session_take(w, head, op))
        return;
    switch (op->type) {
    case OP_RECONCILE:
        work_reconcile(w, &op->u.reconcile.rulings);
        break;
    case OP_ASSIGN:
        work_assign(w, op);
        break;
    case OP_STOP:
        work_stop(w, op);
        break;
    case OP_ACK:
        work_ack(w, &op->u.ack.attempts);
        break;
    case OP_TAIL_ASK:
        work_tail_ask(w, op);
        break;
    case OP_FOLLOW:
        work_follow(w, op);
        break;
    case OP_PIECE_KEPT:
        shipment_kept(w, op);
        break;
        OPS_FROM_PEERS(CASE)
        OPS_TO_PEERS(CASE)
        OPS_FROM_WORKERS(CASE)
        OPS_FROM_CLIENTS(CASE)
        OPS_TO_CLIENTS(CASE)
        acts_nonsense(w, "an operation that is not for workers");
    }
}

#undef CASE

/* Operations before the first bad one are taken. */
static void take_frame(struct worker *w, struct view frame)
{
    struct frame_head head;
    struct op op;
    enum err err = frame_read(w->reader, frame, &head);

    worker_session_frame(w, err);
    if (err != ERR_NONE)
        return;
    while (!w->over && (err = frame_next(w->reader, &op)) == ERR_NONE)
        take_op(w, &head, &op);
    if (err != ERR_NONE && err != ERR_EXHAUSTED)
        acts_nonsense(w, frame_reader_error(w->reader));
}

static void tail_data(struct worker *w, const struct worker_event *e)
{
    struct op op = { .type = OP_TAIL_DATA };

    if (!peer_is_up(&w->peer))
        return;
    ASSERT(e->u.tail.bytes.len <= FRAME_LEN_GOOD);
    op.u.tail_data.tail = e->u.tail.tail;
    op.u.tail_data.offset = e->u.tail.offset;
    op.u.tail_data.bytes = e->u.tail.bytes;
    op.u.tail_data.ended = e->u.tail.ended;
    acts_send(w, &op);
}

static void note_hold(struct worker *w, int64_t ms)
{
    uint32_t longest = ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;

    w->n_holds++;
    if (longest > w->hold_max_ms)
        w->hold_max_ms = longest;
}

static void take_event(struct worker *w, const struct worker_event *e)
{
    switch (e->type) {
    case WORKER_START:
        peer_start(&w->peer, e->now_ms);
        break;
    case WORKER_MESSAGE:
        take_frame(w, e->u.message.frame);
        break;
    case WORKER_TICK:
        break;
    case WORKER_ENDED:
        if (work_ended(w, e->u.ended.outcome, e->u.ended.spooled))
            deadlines_wear(w);
        break;
    case WORKER_TAIL:
        tail_data(w, e);
        break;
    case WORKER_STUCK:
        deadlines_stuck(w, e->u.stuck.id);
        break;
    case WORKER_DRAIN:
        w->worn = false; /* it ends for good */
        work_drain(w);
        break;
    case WORKER_HOLD:
        note_hold(w, e->u.hold.ms);
        break;
    case WORKER_ADVANCED:
        work_advance(w, &e->u.advanced.advances);
        break;
    case WORKER_ABSENT:
        worker_lease_absent(w, e->u.absent.began_ms, e->u.absent.hangs);
        break;
    case WORKER_PIECE:
        shipment_read(w, e);
        break;
    case WORKER_SIGN:
        deadlines_sign(w, e->u.sign.id);
        break;
    }
}

/* A drained worker without attempts leaves. */
static void say_bye_when_drained(struct worker *w)
{
    struct op op = { .type = OP_BYE };

    if (!w->draining || w->worn || !list_is_empty(&w->attempts.all))
        return;
    op.u.bye.reason = view_str("drained");
    if (peer_is_up(&w->peer))
        acts_send(w, &op);
    peer_close(&w->peer, w->now_ms);
    w->over = true;
    w->out->drained = true;
}

static void do_due(struct worker *w)
{
    if (worker_lease_stop(w))
        worker_session_resume(w);
    deadlines_tick(w);
    if (w->over)
        return;
    shortage_tick(w);
    work_start(w);
    worker_session_tick(w);
    worker_lease_probe(w);
    say_bye_when_drained(w);
}

static int64_t wake_ms(const struct worker *w)
{
    int64_t at_ms = num_min(peer_wake_ms(&w->peer), worker_lease_wake_ms(w));

    at_ms = num_min(at_ms, deadlines_wake_ms(w));
    return num_min(at_ms, shortage_wake_ms(w));
}

static bool is_at_work(const struct worker *w)
{
    return !w->over && w->peer.state != PEER_IDLE;
}

static void set_trace(struct worker *w, struct trace *trace)
{
    w->trace = w->peer.trace = w->attempts.trace = trace;
}

void worker_step(struct worker *w, const struct worker_event *e,
                 struct worker_actions *out)
{
    w->now_ms = e->now_ms;
    w->wall_ms = e->wall_ms;
    w->out = out;
    out->wake_ms = INT64_MAX;
    if (w->over)
        return;
    set_trace(w, &out->trace);
    if (worker_lease_check(w))
        worker_session_lapse(w);
    take_event(w, e);
    if (is_at_work(w))
        do_due(w);
    if (is_at_work(w))
        out->wake_ms = wake_ms(w);
    set_trace(w, NULL);
}

struct worker_mark worker_mark(const struct worker *w)
{
    return (struct worker_mark){ w->mark.len == 0 ? ""
                                                  : (const char *)w->mark.data,
                                 w->mark_key,
                                 lease_part_ms(w->lease_ms, LEASE_AWAY) };
}

size_t worker_n_running(const struct worker *w)
{
    return w->attempts.n[PHASE_RUNNING] + w->attempts.n[PHASE_DYING];
}

bool worker_is_connected(const struct worker *w)
{
    return peer_is_up(&w->peer);
}
