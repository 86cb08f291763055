/* SPDX-License-Identifier: MIT */
/* coord_rig - a core under test, its peers and its store. */
#include "tests/unit/coord/coord_rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "coordinator/core/coord_check.h"
#include "coordinator/store/lived.h"
#include "libcommon/mem.h"
#include "proto/spec.h"
#include "tests/unit/coord/said.h"

#define RIG_CONNS 10

/* What a test may ask for beyond the text. */
static void remember(struct rig *r, const struct op *op)
{
    if (op->type == OP_ASSIGN)
        r->tries = op->u.assign.tries;
    if (op->type != OP_ENDED)
        return;
    snprintf(r->message, sizeof r->message, "%.*s",
             (int)op->u.ended.outcome.message.len,
             (const char *)op->u.ended.outcome.message.data);
    buf_clear(&r->body);
    buf_add_view(&r->body, op->u.ended.outcome.body);
}

static void read_frame(struct rig *r, const struct coord_send *send)
{
    struct frame_head head;
    struct op op;

    if (frame_read(r->reader, buf_view(&send->frame), &head) != ERR_NONE)
        abort();
    while (frame_next(r->reader, &op) == ERR_NONE) {
        if (op.type == OP_WELCOME && send->to.n < RIG_CONNS)
            r->session[send->to.n] = head.session.n;
        remember(r, &op);
        said_add(&r->said, send->to.n, &op);
    }
}

static void step(struct rig *r, struct coord_event e)
{
    e.now_ms = r->now_ms;
    e.wall_ms = r->now_ms + r->wall_ms;
    coord_step(r->core, &e, &r->actions);
    coord_check(r->core);
    records_move(&r->pending, &r->actions.persist);
    for (size_t i = 0; i < r->actions.n_sends; i++) {
        read_frame(r, &r->actions.sends[i]);
        buf_fini(&r->actions.sends[i].frame);
    }
    r->actions.n_sends = 0;
    buf_add_view(&r->log, buf_view(&r->actions.trace.lines));
    trace_clear(&r->actions.trace);
}

static void load_one(void *arg, struct record *rec)
{
    struct rig *r = arg;

    if (rec->type == RECORD_EPOCH)
        r->epoch = rec->u.mark.upto;
    coord_restore(r->core, rec);
}

static void begin(struct rig *r)
{
    struct moment now = { 1, r->now_ms, r->now_ms + r->wall_ms };

    r->core = coord_new(&r->config);
    r->n_durable = 0;
    if (store_load(r->store, &now, load_one, r, NULL) != ERR_NONE)
        abort();
    step(r, (struct coord_event){ .type = COORD_START });
}

void rig_init(struct rig *r)
{
    *r = (struct rig){ .config = coord_config_default,
                       .wall_ms = 1000000,
                       .store = store_open_memory(),
                       .reader = frame_reader_new() };
    begin(r);
    rig_sync(r);
}

static void end(struct rig *r)
{
    for (size_t i = 0; i < r->actions.n_reads; i++)
        blob_unref(r->actions.reads[i].query.name);
    r->actions.n_reads = 0;
    coord_actions_clear(&r->actions);
    records_clear(&r->pending);
    coord_free(r->core);
}

void rig_fini(struct rig *r)
{
    end(r);
    records_fini(&r->pending);
    records_fini(&r->actions.persist);
    trace_fini(&r->actions.trace);
    free(r->actions.sends);
    free(r->actions.reads);
    frame_reader_free(r->reader);
    store_close(r->store);
    buf_fini(&r->said);
    buf_fini(&r->log);
    buf_fini(&r->logged);
    buf_fini(&r->told);
    buf_fini(&r->body);
}

void rig_log_from(struct rig *r, enum trace_level level)
{
    r->actions.trace.level = level;
}

const char *rig_log(struct rig *r)
{
    buf_clear(&r->logged);
    buf_add_view(&r->logged, buf_view(&r->log));
    buf_clear(&r->log);
    return buf_text(&r->logged);
}

int rig_set_up(void **state)
{
    struct rig *r = xcalloc(1, sizeof *r);

    rig_init(r);
    rig_hello_client(r, 1);
    rig_said(r);
    *state = r;
    return 0;
}

int rig_tear_down(void **state)
{
    rig_fini(*state);
    free(*state);
    return 0;
}

void rig_crash(struct rig *r)
{
    end(r);
    for (size_t i = 0; i < RIG_CONNS; i++)
        r->session[i] = 0;
    begin(r);
}

static void commit(struct rig *r)
{
    struct store_report report = { 0 };
    struct coord_event e = { .type = COORD_DURABLE };

    if (store_commit(r->store, &r->pending, &report, NULL) != ERR_NONE)
        abort();
    r->n_durable += r->pending.n;
    records_clear(&r->pending);
    e.u.durable.n_records = r->n_durable;
    e.u.durable.refused = report.refused;
    e.u.durable.n_refused = report.n_refused;
    e.u.durable.full = report.full;
    step(r, e);
    store_report_fini(&report);
}

void rig_read(struct rig *r)
{
    size_t n_reads = r->actions.n_reads;

    for (size_t i = 0; i < n_reads; i++) {
        struct coord_read read = r->actions.reads[i];
        struct records found = { 0 };
        if (store_read(r->store, &read.query, &found, NULL) != ERR_NONE)
            abort();
        blob_unref(read.query.name);
        r->actions.reads[i].query.name = NULL;
        step(r,
             (struct coord_event){ .type = COORD_READ,
                                   .u.read = { read.id, ERR_NONE, &found } });
        records_fini(&found);
    }
    r->actions.n_reads -= n_reads;
    for (size_t i = 0; i < r->actions.n_reads; i++)
        r->actions.reads[i] = r->actions.reads[i + n_reads];
}

void rig_sync(struct rig *r)
{
    do {
        commit(r);
        rig_read(r);
    } while (r->pending.n > 0 || r->actions.n_reads > 0);
}

static void send_ops(struct rig *r, unsigned conn, const struct op *ops,
                     size_t n, uint64_t session)
{
    struct buf frame = { 0 };

    frame_begin(&frame, (struct frame_head){ .version = PROTO_VERSION,
                                             .epoch = r->epoch,
                                             .session = { session } });
    for (size_t i = 0; i < n; i++)
        frame_add(&frame, &ops[i]);
    step(r, (struct coord_event){
                .type = COORD_MESSAGE,
                .u.message = { { conn }, buf_view(&frame), r->by[conn] } });
    buf_fini(&frame);
}

void rig_op(struct rig *r, unsigned conn, struct op op)
{
    send_ops(r, conn, &op, 1, r->session[conn]);
}

void rig_ops(struct rig *r, unsigned conn, const struct op *ops, size_t n)
{
    send_ops(r, conn, ops, n, r->session[conn]);
}

void rig_hello_client(struct rig *r, unsigned conn)
{
    struct op op = { .type = OP_HELLO,
                     .u.hello = { .role = ROLE_CLIENT,
                                  .version_min = PROTO_VERSION_MIN,
                                  .version_max = PROTO_VERSION,
                                  .boot = { { (uint8_t)conn } } } };

    send_ops(r, conn, &op, 1, 0);
}

void rig_hello_worker(struct rig *r, unsigned conn, const char *name,
                      uint8_t boot, uint32_t slots,
                      const struct attempt_key *held, size_t n_held)
{
    struct view fn = view_str("f"), cpu = view_str("c");
    struct op ops[] = {
        { .type = OP_HELLO,
          .u.hello = { .role = ROLE_WORKER,
                       .version_min = PROTO_VERSION_MIN,
                       .version_max = PROTO_VERSION,
                       .peername = view_str(name),
                       .boot = { { boot } },
                       .seq = ++r->hello_seq,
                       .former = { { r->former } } } },
        { .type = OP_OFFER,
          .u.offer = { .slots = slots,
                       .calls = 10,
                       .functions = { &fn, 1 },
                       .cpu = { &cpu, 1 } } },
        { .type = OP_HELD, .u.held.attempts = { held, n_held } },
    };

    send_ops(r, conn, ops, 3, 0);
    if (r->session[conn] != 0)
        rig_op(r, conn, (struct op){ .type = OP_BEAT });
}

void rig_worker(struct rig *r)
{
    rig_hello_worker(r, 7, "w", 1, 2, NULL, 0);
    rig_sync(r);
    rig_said(r);
}

struct attempt_key rig_held(uint64_t job, uint32_t elem, uint64_t epoch,
                            uint64_t n)
{
    return (struct attempt_key){ job, elem, epoch, n };
}

void rig_hello_late(struct rig *r, unsigned conn, const char *name,
                    uint8_t boot)
{
    struct op ops[] = {
        { .type = OP_HELLO,
          .u.hello = { .role = ROLE_WORKER,
                       .version_min = PROTO_VERSION_MIN,
                       .version_max = PROTO_VERSION,
                       .peername = view_str(name),
                       .boot = { { boot } },
                       .former = { { r->former } },
                       .seq = 1 } },
        { .type = OP_OFFER, .u.offer = { .slots = 1 } },
        { .type = OP_HELD },
    };

    send_ops(r, conn, ops, 3, 0);
}

void rig_gone(struct rig *r, unsigned conn)
{
    step(r, (struct coord_event){ .type = COORD_GONE, .u.gone = { { conn } } });
}

void rig_sleep(struct rig *r, int64_t ms)
{
    r->now_ms += ms;
    step(r, (struct coord_event){ .type = COORD_TICK });
}

void rig_pass(struct rig *r, int64_t ms)
{
    int64_t beat_ms = coord_config_default.beat_ms;

    for (; ms > beat_ms; ms -= beat_ms)
        rig_sleep(r, beat_ms);
    rig_sleep(r, ms);
}

void rig_full(struct rig *r)
{
    step(r, (struct coord_event){ .type = COORD_FULL });
}

void rig_revoke(struct rig *r, uint32_t principal)
{
    step(r, (struct coord_event){ .type = COORD_REVOKED,
                                  .u.revoked.principal = principal });
}

void rig_drain(struct rig *r)
{
    step(r, (struct coord_event){ .type = COORD_DRAIN });
}

void rig_submit(struct rig *r, unsigned conn, uint64_t req, uint32_t n,
                uint8_t key, const char *spec, bool await)
{
    struct op op = { .type = OP_SUBMIT,
                     .u.submit = { .req = req,
                                   .key = { { (uint8_t)req, (uint8_t)conn } },
                                   .fresh = key == 0,
                                   .await = await,
                                   .kind = KIND_COMMAND,
                                   .spec = view_str(spec),
                                   .n = n,
                                   .first = 1,
                                   .step = 1,
                                   .policy = r->policy } };

    if (key != 0)
        op.u.submit.key.bytes[0] = op.u.submit.key.bytes[1] = key;
    rig_op(r, conn, op);
}

void rig_call(struct rig *r, unsigned conn, uint64_t req, const char *fn)
{
    rig_op(r, conn,
           (struct op){ .type = OP_SUBMIT,
                        .u.submit = { .req = req,
                                      .key = { { (uint8_t)req, 77 } },
                                      .fresh = true,
                                      .kind = KIND_CALL,
                                      .fn = view_str(fn),
                                      .spec = view_str("\xc0") } });
}

void rig_result(struct rig *r, unsigned conn, uint64_t job, uint32_t elem,
                uint64_t epoch, uint64_t attempt, enum state state)
{
    rig_op(r, conn,
           (struct op){ .type = OP_RESULT,
                        .u.result.outcome = { .job = job,
                                              .elem = elem,
                                              .epoch = epoch,
                                              .attempt = attempt,
                                              .state = (uint8_t)state } });
}

const char *rig_said(struct rig *r)
{
    buf_clear(&r->told);
    buf_add_view(&r->told, buf_view(&r->said));
    buf_clear(&r->said);
    return buf_text(&r->told);
}
