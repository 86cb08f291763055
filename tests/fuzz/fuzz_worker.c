/* SPDX-License-Identifier: MIT */
/* A worker's core between a coordinator that sends anything and a shell that
 * obeys.
 *
 * The input is a script of steps of two bytes: which one, and an argument; a
 * step with bytes has their number (little endian, two bytes) and them behind
 * it. Always the invariants hold, the worker sends well-formed frames, and asks
 * its shell only for what that can do.
 */
#include <stdlib.h>

#include "libcommon/check.h"
#include "proto/body.h"
#include "worker/core/worker.h"
#include "worker/core/worker_check.h"

enum step {
    STEP_FRAME,   /* bytes: a frame */
    STEP_OPS,     /* bytes: operations, for a head that fits */
    STEP_TICK,    /* times 64 ms pass */
    STEP_ENDED,   /* a running attempt ends, in this state */
    STEP_TAIL,    /* the shell answers a tail */
    STEP_DRAIN,   /* */
    STEP_WELCOME, /* the coordinator sends this, and the next ones */
    STEP_WHO,
    STEP_BYE,
    STEP_BEAT_ACK,
    STEP_ASSIGN,
    STEP_STOP,
    STEP_RECONCILE,
    STEP_ACK,
    STEP_TAIL_ASK,
    STEP_REFUSED,
    STEP_ABSENT, /* a probe was refused; it began times 64 ms ago */
    STEP_SIGN,
    STEP_STUCK,
    STEP_COUNT
};

#define RUNNING_MAX 5 /* slots and calls together */

struct game {
    struct worker *worker;
    struct worker_actions out;
    struct frame_reader *reader;
    int64_t now_ms;
    uint64_t session;
    struct attempt_key running[RUNNING_MAX];
    size_t n_running;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* ---- the shell ---- */

static size_t find(const struct game *g, struct attempt_key h)
{
    size_t i;

    for (i = 0; i < g->n_running; i++)
        if (g->running[i].job == h.job && g->running[i].elem == h.elem &&
            g->running[i].epoch == h.epoch &&
            g->running[i].attempt == h.attempt)
            break;
    return i;
}

static void check_act(struct game *g, const struct worker_act *act)
{
    bool runs = find(g, act->id) < g->n_running;

    switch (act->type) {
    case WORKER_DO_START:
        ASSERT(!runs && g->n_running < RUNNING_MAX);
        ASSERT(act->u.start.kind == KIND_CALL ||
               act->u.start.kind == KIND_COMMAND);
        g->running[g->n_running++] = act->id;
        break;
    case WORKER_DO_STOP:
    case WORKER_DO_TAIL:
    case WORKER_DO_FOLLOW:
    case WORKER_DO_REJOIN:
    case WORKER_DO_KILL:
    case WORKER_DO_NOTE:
        ASSERT(runs);
        break;
    case WORKER_DO_UNTAIL:
    case WORKER_DO_READ_PIECE:
    case WORKER_DO_FORGET:
    case WORKER_DO_PROBE:
    case WORKER_DO_REPLACE:
        break;
    }
}

static void check_frame(struct game *g, struct view frame)
{
    struct frame_head head;
    struct op op;
    enum err err = frame_read(g->reader, frame, &head);

    ASSERT(err == ERR_NONE);
    while ((err = frame_next(g->reader, &op)) == ERR_NONE)
        ASSERT_IF(op.type != OP_HELLO && op.type != OP_OFFER &&
                      op.type != OP_HELD,
                  head.session.n != 0);
    ASSERT(err == ERR_EXHAUSTED);
}

static void step(struct game *g, struct worker_event e)
{
    e.now_ms = g->now_ms;
    e.wall_ms = g->now_ms;
    worker_step(g->worker, &e, &g->out);
    worker_check(g->worker);
    for (size_t i = 0; i < g->out.sends.n; i++)
        check_frame(g, buf_view(&g->out.sends.at[i]));
    for (size_t i = 0; i < g->out.n_acts; i++)
        check_act(g, &g->out.acts[i]);
    worker_actions_clear(&g->out);
}

static void end_one(struct game *g, uint8_t arg)
{
    static const uint8_t states[] = { STATE_DONE, STATE_FAILED,
                                      STATE_CANCELLED };
    struct attempt_key h = { .job = 9, .elem = 1, .epoch = 1, .attempt = arg };
    struct body body = { .out = view_str("headtail"),
                         .out_len = 20,
                         .out_head = 4 };
    struct buf packed = { 0 };
    struct outcome o = { .state = states[arg % ARRAY_LEN(states)] };

    body_encode(&packed, &body);
    o.body = buf_view(&packed);
    if (arg & 0x80) /* nor does a core rely on its shell */
        o.body.len--;

    if (g->n_running > 0) { /* else an unknown one */
        size_t i = arg % g->n_running;

        h = g->running[i];
        g->running[i] = g->running[--g->n_running];
    }
    o.id = h;
    step(g,
         (struct worker_event){ .type = WORKER_ENDED, .u.ended.outcome = &o });
    buf_fini(&packed);
}

/* ---- the coordinator ---- */

static void hear(struct game *g, struct view frame)
{
    step(g, (struct worker_event){ .type = WORKER_MESSAGE,
                                   .u.message.frame = frame });
}

static void begin(const struct game *g, struct buf *frame)
{
    frame_begin(frame, (struct frame_head){ PROTO_VERSION, 1, { g->session } });
}

static void hear_ops(struct game *g, struct view ops)
{
    struct buf frame = { 0 };

    begin(g, &frame);
    buf_add_view(&frame, ops);
    hear(g, buf_view(&frame));
    buf_fini(&frame);
}

static void say(struct game *g, const struct op *op)
{
    struct buf frame = { 0 };

    begin(g, &frame);
    frame_add(&frame, op);
    hear(g, buf_view(&frame));
    buf_fini(&frame);
}

static void say_welcome(struct game *g)
{
    struct op op = { .type = OP_WELCOME,
                     .u.welcome = { .version = PROTO_VERSION,
                                    .lease_ms = 3000,
                                    .beat_ms = 1000,
                                    .machine = { { 1 } } } };

    g->session++;
    say(g, &op);
}

static void say_beat_ack(struct game *g, uint8_t arg)
{
    struct attempt_key held[64];
    struct op op = { .type = OP_BEAT_ACK };

    op.u.beat_ack.seq = arg & 3;
    op.u.beat_ack.upto = arg >> 4;
    op.u.beat_ack.n = worker_list_held(g->worker, held, ARRAY_LEN(held));
    for (size_t i = 0; i < op.u.beat_ack.n && i < ARRAY_LEN(held); i++)
        op.u.beat_ack.digest ^= op_digest_attempt(held[i]);
    op.u.beat_ack.n += (arg & 4) != 0;
    say(g, &op);
}

/* One of a few attempts. */
static struct attempt_key held_of(uint8_t arg)
{
    return (struct attempt_key){ .job = 1 + (arg & 7),
                                 .elem = 1,
                                 .epoch = 1,
                                 .attempt = 1 + (arg >> 3 & 7) };
}

static void say_assign(struct game *g, uint8_t arg)
{
    struct attempt_key h = held_of(arg);
    struct op op = { .type = OP_ASSIGN,
                     .u.assign = { .id = h,
                                   .kind = (uint8_t)(arg >> 6),
                                   .alone = (arg >> 4 & 3) == 3,
                                   .fn = view_str("add"),
                                   .spec = view_str("x"),
                                   .start_ms = arg & 1 ? 900 : 0,
                                   .run_ms = arg & 2 ? 700 : 0,
                                   .idle_ms = arg & 4 ? 500 : 0,
                                   .left_ms = arg & 8 ? 1100 : UINT64_MAX } };

    say(g, &op);
}

static void say_about(struct game *g, enum step what, uint8_t arg)
{
    struct attempt_key h = held_of(arg);
    struct ruling s = { .id = h, .verdict = (uint8_t)(arg >> 6) };
    struct op op = { .type = OP_ACK, .u.ack.attempts = { &h, 1 } };

    if (what == STEP_STOP)
        op = (struct op){ .type = OP_STOP,
                          .u.stop = { .id = h, .reason = view_str("why") } };
    if (what == STEP_RECONCILE)
        op = (struct op){ .type = OP_RECONCILE,
                          .u.reconcile.rulings = { &s, 1 } };
    if (what == STEP_TAIL_ASK)
        op = (struct op){ .type = OP_TAIL_ASK,
                          .u.tail_ask = { .tail = arg,
                                          .id = h,
                                          .stream = STREAM_OUT,
                                          .offset = arg >> 3,
                                          .max = arg & 7 } };
    say(g, &op);
}

static void say_refused(struct game *g, uint8_t arg)
{
    struct op op = { .type = OP_REFUSED,
                     .u.refused = { .code = arg & 31,
                                    .retry_ms = arg >> 5,
                                    .message = view_str("no") } };

    say(g, &op);
}

/* ---- the script ---- */

static void play(struct game *g, enum step what, uint8_t arg, struct view bytes)
{
    struct worker_event tail = { .type = WORKER_TAIL,
                                 .u.tail = { arg, arg, view_str("t"), false } };

    switch (what) {
    case STEP_FRAME:
        hear(g, bytes);
        break;
    case STEP_OPS:
        hear_ops(g, bytes);
        break;
    case STEP_TICK:
        g->now_ms += (int64_t)arg * 64;
        step(g, (struct worker_event){ .type = WORKER_TICK });
        break;
    case STEP_ENDED:
        end_one(g, arg);
        break;
    case STEP_TAIL:
        step(g, tail);
        break;
    case STEP_DRAIN:
        step(g, (struct worker_event){ .type = WORKER_DRAIN });
        break;
    case STEP_WELCOME:
        say_welcome(g);
        break;
    case STEP_WHO:
        say(g, &(struct op){ .type = OP_WHO });
        break;
    case STEP_BYE:
        say(g, &(struct op){ .type = OP_BYE });
        break;
    case STEP_BEAT_ACK:
        say_beat_ack(g, arg);
        break;
    case STEP_ASSIGN:
        say_assign(g, arg);
        break;
    case STEP_STOP:
    case STEP_RECONCILE:
    case STEP_ACK:
    case STEP_TAIL_ASK:
        say_about(g, what, arg);
        break;
    case STEP_REFUSED:
        say_refused(g, arg);
        break;
    case STEP_ABSENT:
        step(g, (struct worker_event){ .type = WORKER_ABSENT,
                                       .u.absent.began_ms =
                                           g->now_ms - (int64_t)arg * 64 });
        break;
    case STEP_SIGN:
        step(g, (struct worker_event){ .type = WORKER_SIGN,
                                       .u.sign.id = held_of(arg) });
        break;
    case STEP_STUCK:
        step(g, (struct worker_event){ .type = WORKER_STUCK,
                                       .u.stuck.id = held_of(arg) });
        break;
    case STEP_COUNT:
        UNREACHABLE("not a step");
    }
}

static struct view take_bytes(struct view *in)
{
    struct view head = { 0 }, bytes = { 0 };
    size_t n;

    if (view_take(in, 2, &head) != ERR_NONE)
        return bytes;
    n = head.data[0] | (size_t)head.data[1] << 8;
    view_take(in, n < in->len ? n : in->len, &bytes);
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct worker_config config = { .name = "fuzz",
                                    .machine = { { 1 } },
                                    .seed = 1,
                                    .slots = 2,
                                    .calls = 3,
                                    .software = "",
                                    .grace_ms = 400,
                                    .replaceable = len % 2 == 0 };
    struct game g = { .reader = frame_reader_new(),
                      .worker = worker_new(&config) };
    struct view in = view_of(data, len), head;

    step(&g, (struct worker_event){ .type = WORKER_START });
    while (view_take(&in, 2, &head) == ERR_NONE) {
        enum step what = head.data[0] % STEP_COUNT;
        struct view bytes = { 0 };

        if (what == STEP_FRAME || what == STEP_OPS)
            bytes = take_bytes(&in);
        play(&g, what, head.data[1], bytes);
    }
    worker_free(g.worker);
    frame_reader_free(g.reader);
    return 0;
}
