/* SPDX-License-Identifier: MIT */
/* A coordinator's core between peers that send anything, a store in memory that
 * keeps its contract, and crashes.
 *
 * The input is a script of steps of two bytes: which one, and an argument; a
 * step with bytes has their number (little endian, two bytes) and them behind
 * it. Always the core counts right, sends well-formed frames, keeps the
 * contract of the store, and no receipt leaves before its job is committed.
 */
#include <stdlib.h>

#include "coordinator/core/coord.h"
#include "coordinator/core/coord_check.h"
#include "coordinator/store/lived.h"
#include "coordinator/store/store.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"

enum step {
    STEP_FRAME,  /* bytes: a frame */
    STEP_OPS,    /* bytes: operations, for a head that fits */
    STEP_TICK,   /* times 64 ms pass */
    STEP_COMMIT, /* all that was handed over is durable */
    STEP_READ,   /* reads are answered */
    STEP_FULL,   /* the disk gets full, or has room again */
    STEP_GONE,   /* a connection goes */
    STEP_CRASH,  /* odd: after a commit; then a new life */
    STEP_DRAIN,  /* */
    STEP_WORKER, /* HELLO, and HELD with all its attempts */
    STEP_CLIENT, /* HELLO */
    STEP_SUBMIT, /* */
    STEP_RESULT, /* of an attempt of that worker */
    STEP_HELD,   /* names half of its attempts */
    STEP_ABOUT,  /* a request about a job */
    STEP_SAY,    /* a short operation */
    STEP_COUNT
};

#define CONNS 8
#define HELD_MAX 16

struct party {
    uint64_t session;
    struct attempt_key held[HELD_MAX]; /* given, not acked */
    size_t n_held;
};

struct game {
    struct store *store;
    struct coord *core;
    struct coord_actions out;
    struct frame_reader *reader;
    struct records pending;
    struct coord_read *reads;
    size_t n_reads;
    uint64_t epoch, n_durable, req;
    int64_t now_ms;
    bool full, drained;
    struct party peers[CONNS];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* ---- its frames ---- */

static void check_receipt(struct game *g, uint64_t job)
{
    struct query q = {
        .type = QUERY_JOBS, .lowest = { job }, .below = { job + 1 }, .max = 1
    };
    struct records found = { 0 };

    ASSERT(store_read(g->store, &q, &found, NULL) == ERR_NONE);
    ASSERT(found.n > 0);
    records_fini(&found);
}

static void drop(struct party *p, const struct attempt_key *h)
{
    for (size_t i = 0; i < p->n_held; i++)
        if (p->held[i].epoch == h->epoch && p->held[i].attempt == h->attempt)
            p->held[i--] = p->held[--p->n_held];
}

static void note_op(struct game *g, struct party *p,
                    const struct frame_head *head, const struct op *op)
{
    switch (op->type) {
    case OP_WELCOME:
        p->session = head->session.n;
        break;
    case OP_ASSIGN:
        if (p->n_held < HELD_MAX)
            p->held[p->n_held++] = op->u.assign.id;
        break;
    case OP_ACK:
        for (size_t i = 0; i < op->u.ack.attempts.n; i++)
            drop(p, &op->u.ack.attempts.at[i]);
        break;
    case OP_RECEIPT:
        check_receipt(g, op->u.receipt.job);
        break;
    default:
        break;
    }
}

static void check_send(struct game *g, const struct coord_send *send)
{
    struct frame_head head;
    struct op op;
    enum err err = frame_read(g->reader, buf_view(&send->frame), &head);

    ASSERT(err == ERR_NONE && head.epoch == g->epoch);
    ASSERT(send->to.n < CONNS);
    while ((err = frame_next(g->reader, &op)) == ERR_NONE)
        note_op(g, &g->peers[send->to.n], &head, &op);
    ASSERT(err == ERR_EXHAUSTED);
}

static void take_reads(struct game *g)
{
    size_t n = g->out.n_reads;

    g->reads = xrealloc(g->reads, (g->n_reads + n + 1) * sizeof *g->reads);
    for (size_t i = 0; i < n; i++)
        g->reads[g->n_reads++] = g->out.reads[i];
    g->out.n_reads = 0; /* their names are ours now */
}

static void step(struct game *g, struct coord_event e)
{
    e.now_ms = g->now_ms;
    e.wall_ms = 1000000 + g->now_ms;
    g->out.trace.level = TRACE_DEBUG;
    coord_step(g->core, &e, &g->out);
    coord_check(g->core);
    ASSERT(g->out.wake_ms > g->now_ms);
    records_move(&g->pending, &g->out.persist);
    take_reads(g);
    for (size_t i = 0; i < g->out.n_sends; i++)
        check_send(g, &g->out.sends[i]);
    g->drained = g->drained || g->out.drained;
    coord_actions_clear(&g->out);
}

/* ---- the store ---- */

static void commit(struct game *g)
{
    struct store_report report = { 0 };

    ASSERT(store_commit(g->store, &g->pending, &report, NULL) == ERR_NONE);
    g->n_durable += g->pending.n;
    records_clear(&g->pending);
    step(g, (struct coord_event){ .type = COORD_DURABLE,
                                  .u.durable = { g->n_durable, report.refused,
                                                 report.n_refused, report.full,
                                                 report.pieces_left_out } });
    store_report_fini(&report);
}

static void answer_reads(struct game *g, enum err err)
{
    struct coord_read *reads = g->reads;
    size_t n = g->n_reads;

    g->reads = NULL;
    g->n_reads = 0;
    for (size_t i = 0; i < n; i++) {
        struct records found = { 0 };

        ASSERT(store_read(g->store, &reads[i].query, &found, NULL) == ERR_NONE);
        blob_unref(reads[i].query.name);
        step(g, (struct coord_event){ .type = COORD_READ,
                                      .u.read = { reads[i].id, err, &found } });
        records_fini(&found);
    }
    free(reads);
}

static void turn_full(struct game *g)
{
    g->full = !g->full;
    store_memory_fail(g->store, g->full, false);
    if (g->full)
        step(g, (struct coord_event){ .type = COORD_FULL });
}

/* ---- lives ---- */

static void play_back(void *arg, struct record *rec)
{
    struct game *g = arg;

    if (rec->type == RECORD_EPOCH)
        g->epoch = rec->u.mark.upto;
    coord_restore(g->core, rec);
}

static void start(struct game *g)
{
    struct coord_config config = coord_config_default;
    struct moment now = { 1, g->now_ms, 1000000 + g->now_ms };

    config.lease_ms = 3000;
    config.beat_ms = 1000;
    config.submits_max = 4;
    config.queue_max = 40;
    config.queue_bytes_max = 32 << 10;
    config.reads_max = 2;
    config.software = "";
    g->core = coord_new(&config);
    g->n_durable = 0;
    g->drained = false;
    ASSERT(store_load(g->store, &now, play_back, g, NULL) == ERR_NONE);
    step(g, (struct coord_event){ .type = COORD_START });
}

static void end(struct game *g)
{
    records_clear(&g->pending);
    for (size_t i = 0; i < g->n_reads; i++)
        blob_unref(g->reads[i].query.name);
    g->n_reads = 0;
    coord_free(g->core);
}

/* ---- peers ---- */

static void hear(struct game *g, unsigned conn, struct view frame)
{
    step(g, (struct coord_event){
                .type = COORD_MESSAGE,
                .u.message = { .from = { conn }, .frame = frame } });
}

static void begin(const struct game *g, unsigned conn, struct buf *frame)
{
    frame_begin(frame, (struct frame_head){ PROTO_VERSION,
                                            g->epoch,
                                            { g->peers[conn].session } });
}

static void hear_ops(struct game *g, unsigned conn, struct view ops)
{
    struct buf frame = { 0 };

    begin(g, conn, &frame);
    buf_add_view(&frame, ops);
    hear(g, conn, buf_view(&frame));
    buf_fini(&frame);
}

static void say(struct game *g, unsigned conn, const struct op *ops, size_t n)
{
    struct buf frame = { 0 };

    begin(g, conn, &frame);
    for (size_t i = 0; i < n; i++)
        frame_add(&frame, &ops[i]);
    hear(g, conn, buf_view(&frame));
    buf_fini(&frame);
}

static struct op hello(struct game *g, enum role role, uint8_t arg)
{
    static const char *const names[] = { "a", "b" };
    struct op op = { .type = OP_HELLO,
                     .u.hello = { .role = (uint8_t)role,
                                  .version_min = PROTO_VERSION_MIN,
                                  .version_max = PROTO_VERSION,
                                  .peername = view_str(names[arg >> 3 & 1]),
                                  .seq = ++g->req } };

    op.u.hello.boot.bytes[0] = (uint8_t)(1 + (arg >> 3 & 7));
    return op;
}

static void say_worker(struct game *g, unsigned conn, uint8_t arg)
{
    static const struct view functions[] = { { (const uint8_t *)"f", 1 } };
    const struct party *other = &g->peers[arg >> 5]; /* the former peer */
    struct op ops[] = {
        hello(g, ROLE_WORKER, arg),
        { .type = OP_OFFER,
          .u.offer = { .slots = 2,
                       .calls = 3,
                       .functions = { functions, 1 } } },
        { .type = OP_HELD,
          .u.held = { .attempts = { other->held, other->n_held } } },
    };

    say(g, conn, ops, ARRAY_LEN(ops));
}

static struct policy some_policy(uint64_t n, bool array)
{
    static const struct policy policies[] = {
        { 0 },
        { .retries = 2, .backoff_min_ms = 10, .backoff_max_ms = 1000 },
        { .at_most_once = true, .total_ms = 9000 },
        { .queue_ms = 2000, .start_ms = 50, .run_ms = 100, .idle_ms = 60 },
        { .retries = 9, .max_fails = 1, .total_ms = 5000 },
    };
    struct policy p = policies[n % ARRAY_LEN(policies)];

    if (!array)
        p.max_fails = 0;
    return p;
}

static void say_submit(struct game *g, unsigned conn, uint8_t arg)
{
    struct op op = { .type = OP_SUBMIT,
                     .u.submit = { .req = ++g->req,
                                   .fresh = (arg & 8) != 0,
                                   .await = (arg & 16) != 0,
                                   .kind = arg & 32 ? KIND_CALL : KIND_COMMAND,
                                   .spec = view_str(arg & 64 ? "x" : "y"),
                                   .n = arg >> 6,
                                   .step = 1 } };

    if (arg & 32)
        op.u.submit.fn = view_str(arg & 128 ? "f" : "g");
    op.u.submit.policy = some_policy(g->req, op.u.submit.n > 0);
    op.u.submit.key.bytes[0] = op.u.submit.fresh ? 0 : (uint8_t)(1 + conn);
    if (op.u.submit.fresh)
        memcpy(op.u.submit.key.bytes + 1, &g->req, sizeof g->req);
    say(g, conn, &op, 1);
}

static void say_result(struct game *g, unsigned conn, uint8_t arg)
{
    static const uint8_t states[] = { STATE_DONE, STATE_FAILED, STATE_CANCELLED,
                                      STATE_HANDED_BACK };
    const struct party *p = &g->peers[conn];
    struct attempt_key h = { 1, 1, 1, 2 };
    struct op op = { .type = OP_RESULT };

    if (p->n_held > 0)
        h = p->held[(arg >> 3) % p->n_held];
    op.u.result.outcome =
        (struct outcome){ .id = h, .state = states[arg >> 6] };
    if (arg & 8)
        op.u.result.outcome.reason = view_str("crash");
    op.u.result.outcome.retry = arg >> 4 & 3;
    say(g, conn, &op, 1);
}

static void say_held(struct game *g, unsigned conn, uint8_t arg)
{
    const struct party *p = &g->peers[conn];
    struct op op = { .type = OP_HELD,
                     .u.held = { .upto = arg >> 3,
                                 .attempts = { p->held, p->n_held / 2 },
                                 .n_idle = arg & 3 } };

    say(g, conn, &op, 1);
}

static void say_about(struct game *g, unsigned conn, uint8_t arg)
{
    uint64_t job = 1 + (arg >> 3 & 3), req = ++g->req;
    uint32_t elem = arg >> 3 & 1;
    struct op ops[] = {
        { .type = OP_AWAIT, .u.await = { req, job, elem, 100, STREAM_OUT } },
        { .type = OP_AWAIT, .u.await = { .req = req, .job = job } },
        { .type = OP_FETCH, .u.fetch = { req, job, elem, 3, 2, true } },
        { .type = OP_CANCEL,
          .u.cancel = { req, job, elem, elem, view_str("why") } },
        { .type = OP_LIST,
          .u.list = { req, (uint8_t)job, job, view_str("n"), 0, 2, true } },
        { .type = OP_TAIL,
          .u.tail = { .req = req,
                      .job = job,
                      .elem = 1,
                      .stream = STREAM_OUT,
                      .max = 10 } },
        { .type = OP_ATTEMPTS, .u.attempts = { req, job, elem, 3, 2 } },
        { .type = OP_CANCEL, .u.cancel = { .req = req, .job = job } },
    };

    say(g, conn, &ops[arg >> 5], 1);
}

static void say_short(struct game *g, unsigned conn, uint8_t arg)
{
    const struct party *p = &g->peers[conn];
    struct attempt_key h =
        p->n_held > 0 ? p->held[0] : (struct attempt_key){ 1, 1, 1, 2 };
    struct advance far = { .id = h, .done = arg, .doing = view_str("words") };
    struct op ops[] = {
        { .type = OP_BEAT,
          .u.beat = { arg, g->req, arg & 3, arg, arg & 3, arg & 1, arg,
                      view_str("memory") } },
        { .type = OP_BYE },
        { .type = OP_DRAINING },
        { .type = OP_STATUS, .u.status = { ++g->req } },
        { .type = OP_WORKERS, .u.workers = { ++g->req } },
        { .type = OP_FORGET, .u.forget = { g->req - (arg & 3) } },
        { .type = OP_TAIL_DATA,
          .u.tail_data = { arg & 3, 0, view_str("t"), (arg & 8) != 0 } },
        { .type = OP_ADVANCED, .u.advanced = { { &far, 1 } } },
    };

    say(g, conn, &ops[(arg >> 3) % ARRAY_LEN(ops)], 1);
}

/* ---- the script ---- */

static void crash(struct game *g, bool after_commit)
{
    struct store_report report = { 0 };

    if (after_commit)
        ASSERT(store_commit(g->store, &g->pending, &report, NULL) == ERR_NONE);
    store_report_fini(&report);
    end(g);
    start(g);
}

static void play(struct game *g, enum step what, uint8_t arg, struct view bytes)
{
    unsigned conn = arg % CONNS;

    switch (what) {
    case STEP_FRAME:
        hear(g, conn, bytes);
        break;
    case STEP_OPS:
        hear_ops(g, conn, bytes);
        break;
    case STEP_TICK:
        g->now_ms += (int64_t)arg * 64;
        step(g, (struct coord_event){ .type = COORD_TICK });
        break;
    case STEP_COMMIT:
        commit(g);
        break;
    case STEP_READ:
        answer_reads(g, arg == 255 ? ERR_IO : ERR_NONE);
        break;
    case STEP_FULL:
        turn_full(g);
        break;
    case STEP_GONE:
        step(g, (struct coord_event){ .type = COORD_GONE,
                                      .u.gone = { { conn } } });
        break;
    case STEP_CRASH:
        crash(g, arg & 1);
        break;
    case STEP_DRAIN:
        step(g, (struct coord_event){ .type = COORD_DRAIN });
        break;
    case STEP_WORKER:
        say_worker(g, conn, arg);
        break;
    case STEP_CLIENT: {
        struct op op = hello(g, ROLE_CLIENT, arg);
        say(g, conn, &op, 1);
        break;
    }
    case STEP_SUBMIT:
        say_submit(g, conn, arg);
        break;
    case STEP_RESULT:
        say_result(g, conn, arg);
        break;
    case STEP_HELD:
        say_held(g, conn, arg);
        break;
    case STEP_ABOUT:
        say_about(g, conn, arg);
        break;
    case STEP_SAY:
        say_short(g, conn, arg);
        break;
    case STEP_COUNT:
        UNREACHABLE("not a step");
    }
    if (g->drained)
        crash(g, true);
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
    struct game g = { .reader = frame_reader_new(),
                      .store = store_open_memory() };
    struct view in = view_of(data, len), head;

    start(&g);
    while (view_take(&in, 2, &head) == ERR_NONE) {
        enum step what = head.data[0] % STEP_COUNT;
        struct view bytes = { 0 };

        if (what == STEP_FRAME || what == STEP_OPS)
            bytes = take_bytes(&in);
        play(&g, what, head.data[1], bytes);
    }
    end(&g);
    records_fini(&g.pending);
    records_fini(&g.out.persist);
    trace_fini(&g.out.trace);
    free(g.out.sends);
    free(g.out.reads);
    free(g.reads);
    store_close(g.store);
    frame_reader_free(g.reader);
    return 0;
}
