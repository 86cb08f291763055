/* SPDX-License-Identifier: MIT */
/* worker_rig - a worker's core under test, with a coordinator's voice and a
 * trace. */
#include "tests/unit/worker/worker_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "libcommon/mem.h"
#include "proto/body.h"
#include "worker/core/worker_check.h"

static const struct view functions[] = { { (const uint8_t *)"add", 3 } };
static const struct view cpu[] = { { (const uint8_t *)"crunch", 6 } };
static const struct label labels[] = { { { (const uint8_t *)"zone", 4 },
                                         { (const uint8_t *)"a", 1 } } };

/* What may be left out of a worker: zeroed, it has all of it. */
struct without {
    bool replacement, jitter;
    uint64_t bytes_beyond; /* of outcomes; 0: none */
};

static struct rig *make(uint32_t slots, uint32_t calls, struct without without)
{
    struct rig *r = xcalloc(1, sizeof *r);
    struct worker_config config = { .name = "w",
                                    .boot = { { 1 } },
                                    .machine = { { 9 } },
                                    .seed = 7,
                                    .slots = slots,
                                    .calls = calls,
                                    .ended_bytes_max = without.bytes_beyond,
                                    .functions = functions,
                                    .n_functions = 1,
                                    .cpu = cpu,
                                    .n_cpu = 1,
                                    .labels = labels,
                                    .n_labels = 1,
                                    .software = "test",
                                    .grace_ms = RIG_GRACE_MS,
                                    .no_jitter = without.jitter,
                                    .replaceable = !without.replacement };

    r->machine = 9;
    r->worker = worker_new(&config);
    r->reader = frame_reader_new();
    return r;
}

struct rig *rig_new(uint32_t slots, uint32_t calls)
{
    return make(slots, calls, (struct without){ 0 });
}

struct rig *rig_steady(uint32_t slots, uint32_t calls)
{
    return make(slots, calls, (struct without){ .jitter = true });
}

void rig_free(struct rig *r)
{
    worker_free(r->worker);
    worker_actions_clear(&r->actions);
    frame_reader_free(r->reader);
    buf_fini(&r->trace);
    buf_fini(&r->log);
    free(r);
}

/* ---- the trace ---- */

static void trace_id(struct rig *r, struct attempt_key id)
{
    buf_addf(&r->trace, " %llu.%u@%llu.%llu", (unsigned long long)id.job,
             id.elem, (unsigned long long)id.epoch,
             (unsigned long long)id.attempt);
}

static void trace_view(struct rig *r, struct view v)
{
    buf_addf(&r->trace, " \"%.*s\"", (int)v.len, (const char *)v.data);
}

static void trace_piece(struct rig *r, const struct op_keep_piece *k)
{
    trace_id(r, k->id);
    buf_addf(&r->trace, " stream %u at %llu", k->piece.stream,
             (unsigned long long)k->piece.offset);
    trace_view(r, k->piece.bytes);
}

static void trace_result(struct rig *r, const struct outcome *o)
{
    struct body body;

    trace_id(r, o->id);
    buf_addf(&r->trace, " %s",
             o->state == STATE_HANDED_BACK ? "handed back"
                                           : state_name(o->state));
    if (o->reason.len > 0)
        trace_view(r, o->reason);
    if (o->message.len > 0)
        trace_view(r, o->message);
    if (o->ended_by != ENDED_BY_ITSELF)
        buf_addf(&r->trace,
                 o->ended_by == ENDED_BY_KILL ? " killed" : " asked");
    if (body_decode(o->body, &body, NULL) == ERR_NONE && body.out_stored > 0)
        buf_addf(&r->trace, " stored %llu",
                 (unsigned long long)body.out_stored);
    if (o->dropped > 0)
        buf_addf(&r->trace, " dropped %llu", (unsigned long long)o->dropped);
}

static void trace_tail(struct rig *r, const struct op_tail_data *d)
{
    buf_addf(&r->trace, " %llu at %llu", (unsigned long long)d->tail,
             (unsigned long long)d->offset);
    trace_view(r, d->bytes);
    buf_addf(&r->trace, d->ended ? " ended" : "");
}

static void trace_advance(struct rig *r, const struct advance *a)
{
    trace_id(r, a->id);
    buf_addf(&r->trace, " %llu of %llu", (unsigned long long)a->done,
             (unsigned long long)a->total);
    trace_view(r, a->doing);
}

static void trace_op(struct rig *r, const struct op *op)
{
    buf_addf(&r->trace, "%s", op_name(op->type));
    if (op->type == OP_HELLO)
        trace_view(r, op->u.hello.peername);
    if (op->type == OP_OFFER)
        buf_addf(&r->trace, " %u slots %u calls %zu functions %zu labels",
                 op->u.offer.slots, op->u.offer.calls, op->u.offer.functions.n,
                 op->u.offer.labels.n);
    if (op->type == OP_HELD)
        buf_addf(&r->trace, " upto %llu:", (unsigned long long)op->u.held.upto);
    for (size_t i = 0; op->type == OP_HELD && i < op->u.held.attempts.n; i++) {
        if (i + op->u.held.n_idle == op->u.held.attempts.n)
            buf_addf(&r->trace, " idle");
        trace_id(r, op->u.held.attempts.at[i]);
    }
    if (op->type == OP_BEAT)
        buf_addf(&r->trace, " %llu", (unsigned long long)op->u.beat.seq);
    if (op->type == OP_BEAT && op->u.beat.n_holds > 0)
        buf_addf(&r->trace, " held %llu times, %u ms",
                 (unsigned long long)op->u.beat.n_holds,
                 op->u.beat.hold_max_ms);
    if (op->type == OP_BEAT && op->u.beat.short_of.len > 0)
        buf_addf(&r->trace, " short: %u slots, %u calls", op->u.beat.slots_now,
                 op->u.beat.calls_now);
    for (size_t i = 0; op->type == OP_ADVANCED && i < op->u.advanced.advances.n;
         i++)
        trace_advance(r, &op->u.advanced.advances.at[i]);
    if (op->type == OP_RESULT)
        trace_result(r, &op->u.result.outcome);
    if (op->type == OP_KEEP_PIECE)
        trace_piece(r, &op->u.keep_piece);
    if (op->type == OP_TAIL_DATA)
        trace_tail(r, &op->u.tail_data);
    buf_addf(&r->trace, "\n");
}

static void trace_frame(struct rig *r, struct view frame)
{
    struct frame_head head;
    struct op op;
    enum err err;

    r->n_frames++;
    if (frame.len > r->frame_len_max)
        r->frame_len_max = frame.len;
    assert_int_equal(frame_read(r->reader, frame, &head), ERR_NONE);
    buf_addf(&r->trace, "frame %llu.%llu\n", (unsigned long long)head.epoch,
             (unsigned long long)head.session.n);
    while ((err = frame_next(r->reader, &op)) == ERR_NONE)
        trace_op(r, &op);
    assert_int_equal(err, ERR_EXHAUSTED);
}

static void trace_start(struct rig *r, const struct worker_act *act)
{
    buf_addf(&r->trace, "start");
    trace_id(r, act->id);
    buf_addf(&r->trace, act->u.start.kind == KIND_CALL ? " call" : " command");
    trace_view(r, blob_view(act->u.start.fn));
    trace_view(r, blob_view(act->u.start.spec));
    trace_view(r, blob_view(act->u.start.item));
    if (act->u.start.follow != 0)
        buf_addf(&r->trace, " followed %u", act->u.start.follow);
    buf_addf(&r->trace, " try %u\n", act->u.start.tries);
}

static void trace_act(struct rig *r, const struct worker_act *act)
{
    switch (act->type) {
    case WORKER_DO_START:
        trace_start(r, act);
        break;
    case WORKER_DO_STOP:
        buf_addf(&r->trace, "stop");
        trace_id(r, act->id);
        trace_view(r, blob_view(act->u.stop.reason));
        buf_addf(&r->trace, "\n");
        break;
    case WORKER_DO_TAIL:
        buf_addf(&r->trace, "tail %llu", (unsigned long long)act->u.tail.tail);
        trace_id(r, act->id);
        buf_addf(&r->trace, " at %llu max %u\n",
                 (unsigned long long)act->u.tail.offset, act->u.tail.max);
        break;
    case WORKER_DO_READ_PIECE:
        buf_addf(&r->trace, "read");
        trace_id(r, act->id);
        buf_addf(&r->trace, " stream %u at %llu len %u\n", act->u.piece.stream,
                 (unsigned long long)act->u.piece.offset, act->u.piece.len);
        break;
    case WORKER_DO_FORGET:
        buf_addf(&r->trace, "forget");
        trace_id(r, act->id);
        buf_addf(&r->trace, "\n");
        break;
    case WORKER_DO_FOLLOW:
        buf_addf(&r->trace, "follow %u", act->u.follow.streams);
        trace_id(r, act->id);
        buf_addf(&r->trace, " from %llu and %llu\n",
                 (unsigned long long)act->u.follow.keep[0],
                 (unsigned long long)act->u.follow.keep[1]);
        break;
    case WORKER_DO_REJOIN:
        buf_addf(&r->trace, "rejoin");
        trace_id(r, act->id);
        buf_addf(&r->trace, "\n");
        break;
    case WORKER_DO_UNTAIL:
        buf_addf(&r->trace, "untail\n");
        break;
    case WORKER_DO_KILL:
        buf_addf(&r->trace, "kill");
        trace_id(r, act->id);
        buf_addf(&r->trace, "\n");
        break;
    case WORKER_DO_PROBE:
        buf_addf(&r->trace, "probe\n");
        break;
    case WORKER_DO_NOTE:
        buf_addf(&r->trace, "note");
        trace_id(r, act->id);
        buf_addf(&r->trace, " %s \"%s\"", state_name(act->u.note.state),
                 act->u.note.reason);
        trace_view(r, blob_view(act->u.note.message));
        buf_addf(&r->trace, "\n");
        break;
    case WORKER_DO_REPLACE:
        buf_addf(&r->trace, "replace\n");
        break;
    }
}

void rig_expect(struct rig *r, const char *trace)
{
    assert_string_equal(buf_text(&r->trace), trace);
    buf_clear(&r->trace);
}

void rig_forget(struct rig *r)
{
    buf_clear(&r->trace);
}

void rig_log_from(struct rig *r, enum trace_level level)
{
    r->actions.trace.level = level;
}

void rig_expect_log(struct rig *r, const char *lines)
{
    assert_string_equal(buf_text(&r->log), lines);
    buf_clear(&r->log);
}

/* ---- events ---- */

void rig_step(struct rig *r, const struct worker_event *e)
{
    struct worker_event timed = *e;

    timed.now_ms = r->now_ms;
    timed.wall_ms = RIG_WALL_MS + r->now_ms;
    worker_actions_clear(&r->actions);
    worker_step(r->worker, &timed, &r->actions);
    worker_check(r->worker);
    buf_add_view(&r->log, buf_view(&r->actions.trace.lines));
    for (size_t i = 0; i < r->actions.sends.n; i++)
        trace_frame(r, buf_view(&r->actions.sends.at[i]));
    for (size_t i = 0; i < r->actions.n_acts; i++)
        trace_act(r, &r->actions.acts[i]);
}

void rig_start(struct rig *r)
{
    rig_step(r, &(struct worker_event){ .type = WORKER_START });
}

void rig_tick(struct rig *r, int64_t now_ms)
{
    r->now_ms = now_ms;
    rig_step(r, &(struct worker_event){ .type = WORKER_TICK });
}

void rig_drain(struct rig *r)
{
    rig_step(r, &(struct worker_event){ .type = WORKER_DRAIN });
}

void rig_advance(struct rig *r, struct attempt_key id, uint64_t done)
{
    struct advance a = {
        .id = id, .done = done, .total = 9, .doing = view_str("work")
    };

    rig_step(r, &(struct worker_event){ .type = WORKER_ADVANCED,
                                        .u.advanced.advances = { &a, 1 } });
}

void rig_end_with(struct rig *r, const struct outcome *outcome)
{
    struct worker_event e = { .type = WORKER_ENDED };

    e.u.ended.outcome = outcome;
    rig_step(r, &e);
}

void rig_end(struct rig *r, struct attempt_key id, enum state state)
{
    struct outcome o = { .id = id, .state = (uint8_t)state };

    rig_end_with(r, &o);
}

void rig_sign(struct rig *r, struct attempt_key id)
{
    rig_step(r, &(struct worker_event){ .type = WORKER_SIGN, .u.sign.id = id });
}

void rig_forced(struct rig *r, struct attempt_key id)
{
    struct outcome o = { .id = id,
                         .state = STATE_CANCELLED,
                         .ended_by = ENDED_BY_KILL };

    rig_end_with(r, &o);
}

void rig_stuck(struct rig *r, struct attempt_key id)
{
    rig_step(r,
             &(struct worker_event){ .type = WORKER_STUCK, .u.stuck.id = id });
}

/* ---- the coordinator ---- */

void rig_say_bytes(struct rig *r, const void *bytes, size_t len)
{
    struct worker_event e = { .type = WORKER_MESSAGE };

    e.u.message.frame = view_of(bytes, len);
    rig_step(r, &e);
}

void rig_say(struct rig *r, const struct op *op)
{
    struct buf frame = { 0 };

    frame_begin(&frame, (struct frame_head){ .version = PROTO_VERSION,
                                             .epoch = r->epoch,
                                             .session = { r->session } });
    frame_add(&frame, op);
    rig_say_bytes(r, frame.data, frame.len);
    buf_fini(&frame);
}

void rig_simple(struct rig *r, enum op_type type)
{
    rig_say(r, &(struct op){ .type = type });
}

void rig_welcome(struct rig *r, uint64_t epoch, uint64_t session)
{
    struct op op = { .type = OP_WELCOME };

    op.u.welcome.version = PROTO_VERSION;
    op.u.welcome.lease_ms = RIG_LEASE_MS;
    op.u.welcome.beat_ms = RIG_BEAT_MS;
    op.u.welcome.machine.bytes[0] = r->machine;
    r->epoch = epoch;
    r->session = session;
    rig_say(r, &op);
}

static void assign(struct rig *r, struct attempt_key id, enum job_kind kind,
                   const char *fn, struct op_assign limits)
{
    struct op op = { .type = OP_ASSIGN, .u.assign = limits };

    op.u.assign.id = id;
    op.u.assign.tries = 1;
    op.u.assign.kind = (uint8_t)kind;
    op.u.assign.fn = view_str(fn);
    op.u.assign.spec = view_str("spec");
    op.u.assign.item = view_str("item");
    rig_say(r, &op);
}

void rig_assign(struct rig *r, struct attempt_key id, enum job_kind kind)
{
    rig_assign_limited(r, id, kind, (struct op_assign){ 0 });
}

void rig_assign_limited(struct rig *r, struct attempt_key id,
                        enum job_kind kind, struct op_assign limits)
{
    assign(r, id, kind, kind == KIND_CALL ? "add" : "", limits);
}

void rig_assign_cpu(struct rig *r, struct attempt_key id)
{
    assign(r, id, KIND_CALL, "crunch", (struct op_assign){ 0 });
}

void rig_stop(struct rig *r, struct attempt_key id)
{
    struct op op = { .type = OP_STOP };

    op.u.stop.id = id;
    op.u.stop.reason = view_str("why");
    rig_say(r, &op);
}

void rig_rule(struct rig *r, struct attempt_key id, enum verdict verdict)
{
    struct ruling s = { .id = id, .verdict = (uint8_t)verdict };
    struct op op = { .type = OP_RECONCILE };

    op.u.reconcile.rulings = (struct rulings){ &s, 1 };
    rig_say(r, &op);
}

void rig_ack(struct rig *r, struct attempt_key id)
{
    struct op op = { .type = OP_ACK };

    op.u.ack.attempts = (struct attempt_keys){ &id, 1 };
    rig_say(r, &op);
}

void rig_beat_ack(struct rig *r, uint64_t seq, uint64_t upto,
                  const struct attempt_key *held, size_t n)
{
    struct op op = { .type = OP_BEAT_ACK };

    op.u.beat_ack.seq = seq;
    op.u.beat_ack.upto = upto;
    op.u.beat_ack.n = n;
    for (size_t i = 0; i < n; i++)
        op.u.beat_ack.digest ^= op_digest_attempt(held[i]);
    rig_say(r, &op);
}

void rig_tail_ask(struct rig *r, uint64_t tail, struct attempt_key id,
                  uint64_t offset, uint32_t max)
{
    struct op op = { .type = OP_TAIL_ASK };

    op.u.tail_ask.tail = tail;
    op.u.tail_ask.id = id;
    op.u.tail_ask.stream = STREAM_OUT;
    op.u.tail_ask.offset = offset;
    op.u.tail_ask.max = max;
    rig_say(r, &op);
}

void rig_refuse(struct rig *r, enum err code, uint32_t retry_ms)
{
    struct op op = { .type = OP_REFUSED };

    op.u.refused.code = code;
    op.u.refused.retry_ms = retry_ms;
    op.u.refused.message = view_str("no");
    rig_say(r, &op);
}

static struct rig *connect(struct rig *r)
{
    rig_start(r);
    rig_welcome(r, 5, 1);
    rig_beat_ack(r, 1, 0, NULL, 0);
    rig_forget(r);
    return r;
}

struct rig *rig_connected(uint32_t slots, uint32_t calls)
{
    return connect(rig_new(slots, calls));
}

struct rig *rig_holding(uint32_t slots, uint32_t calls, uint64_t bytes)
{
    return connect(
        make(slots, calls, (struct without){ .bytes_beyond = bytes }));
}

struct rig *rig_alone(uint32_t slots, uint32_t calls)
{
    return connect(make(slots, calls, (struct without){ .replacement = true }));
}

struct attempt_key rig_id(uint64_t job, uint64_t n)
{
    return (
        struct attempt_key){ .job = job, .elem = 1, .epoch = 5, .attempt = n };
}
