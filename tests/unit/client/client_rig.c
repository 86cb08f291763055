/* SPDX-License-Identifier: MIT */
#include "tests/unit/client/client_rig.h"

#include "client/core/client_check.h"
#include "libcommon/check.h"

static void answered(void *arg, uint64_t req, const struct op *op, bool last)
{
    struct rig *r = arg;

    buf_addf(&r->heard, "%s%llu:%s%s", r->heard.len > 0 ? " " : "",
             (unsigned long long)req, op_name(op->type), last ? "." : "");
    if (r->on_answer != NULL)
        r->on_answer(r, req, op);
}

static void init(struct rig *r, bool no_jitter)
{
    struct client_config config = {
        .name = "rig",
        .boot = { { 1, 2, 3 } },
        .seed = 7,
        .no_jitter = no_jitter,
        .software = "test",
    };

    *r = (struct rig){ .epoch = 1, .session = { 1 } };
    r->client = client_new(&config, answered, r);
    r->reader = frame_reader_new();
}

void rig_init(struct rig *r)
{
    init(r, false);
}

void rig_init_steady(struct rig *r)
{
    init(r, true);
}

void rig_fini(struct rig *r)
{
    client_actions_clear(&r->out);
    client_free(r->client);
    frame_reader_free(r->reader);
    buf_fini(&r->said);
    buf_fini(&r->heard);
    buf_fini(&r->text);
    buf_fini(&r->log);
}

static void step(struct rig *r, struct client_event e)
{
    e.now_ms = r->now_ms;
    client_step(r->client, &e, &r->out);
    client_check(r->client);
    buf_add_view(&r->log, buf_view(&r->out.trace.lines));
    trace_clear(&r->out.trace);
}

void rig_start(struct rig *r)
{
    step(r, (struct client_event){ .type = CLIENT_START });
}

void rig_connect(struct rig *r)
{
    rig_start(r);
    rig_welcome(r, 1);
    client_actions_clear(&r->out);
}

void rig_tick(struct rig *r, int64_t now_ms)
{
    r->now_ms = now_ms;
    step(r, (struct client_event){ .type = CLIENT_TICK });
}

void rig_run(struct rig *r, int64_t now_ms)
{
    while (r->out.wake_ms <= now_ms) {
        ASSERT(r->out.wake_ms > r->now_ms);
        rig_tick(r, r->out.wake_ms);
    }
    rig_tick(r, now_ms);
}

void rig_close(struct rig *r)
{
    step(r, (struct client_event){ .type = CLIENT_CLOSE });
}

void rig_tell_bytes(struct rig *r, struct view frame)
{
    step(r, (struct client_event){ .type = CLIENT_MESSAGE,
                                   .u.message.frame = frame });
}

void rig_tell(struct rig *r, struct op op)
{
    struct frame_head head = { PROTO_VERSION, r->epoch, r->session };
    struct buf frame = { 0 };

    frame_begin(&frame, head);
    frame_add(&frame, &op);
    rig_tell_bytes(r, buf_view(&frame));
    buf_fini(&frame);
}

void rig_welcome(struct rig *r, uint64_t session)
{
    r->session = (session_id){ session };
    rig_tell(r, (struct op){ .type = OP_WELCOME,
                             .u.welcome = { .version = PROTO_VERSION,
                                            .lease_ms = RIG_LEASE_MS,
                                            .beat_ms = RIG_BEAT_MS,
                                            .submits_max = 3 } });
}

void rig_refuse(struct rig *r, uint64_t req, enum err err, uint32_t retry_ms)
{
    rig_tell(r, (struct op){ .type = OP_REFUSED,
                             .u.refused = { .req = req,
                                            .code = (uint32_t)err,
                                            .retry_ms = retry_ms,
                                            .message = view_str("no") } });
}

void rig_receipt(struct rig *r, uint64_t req, uint64_t job)
{
    rig_tell(r, (struct op){ .type = OP_RECEIPT,
                             .u.receipt = { .req = req, .job = job } });
}

void rig_ended(struct rig *r, uint64_t req, uint64_t job)
{
    struct op op = { .type = OP_ENDED };

    op.u.ended.req = req;
    op.u.ended.job = job;
    op.u.ended.outcome.job = job;
    op.u.ended.outcome.elem = 1;
    op.u.ended.outcome.state = STATE_DONE;
    rig_tell(r, op);
}

void rig_beat_ack(struct rig *r, uint64_t seq, const uint64_t *reqs, size_t n)
{
    struct op op = { .type = OP_BEAT_ACK, .u.beat_ack = { .seq = seq } };

    op.u.beat_ack.n = n;
    for (size_t i = 0; i < n; i++)
        op.u.beat_ack.digest ^= op_digest_request(reqs[i]);
    rig_tell(r, op);
}

void rig_ask(struct rig *r, struct op op)
{
    step(r,
         (struct client_event){ .type = CLIENT_REQUEST, .u.request.op = &op });
}

static struct op submit_op(uint64_t req, bool await)
{
    return (struct op){ .type = OP_SUBMIT,
                        .u.submit = { .req = req,
                                      .fresh = true,
                                      .await = await,
                                      .kind = KIND_CALL,
                                      .fn = view_str("add") } };
}

void rig_submit(struct rig *r, uint64_t req)
{
    rig_ask(r, submit_op(req, false));
}

void rig_submit_await(struct rig *r, uint64_t req)
{
    rig_ask(r, submit_op(req, true));
}

void rig_await(struct rig *r, uint64_t req, uint64_t job)
{
    rig_ask(r, (struct op){ .type = OP_AWAIT,
                            .u.await = { .req = req, .job = job } });
}

void rig_forget(struct rig *r, uint64_t req)
{
    step(r,
         (struct client_event){ .type = CLIENT_FORGET, .u.forget.req = req });
}

static void add_op_text(struct buf *out, const struct op *op)
{
    buf_addf(out, " %s", op_name(op->type));
    switch (op->type) {
    case OP_SUBMIT:
        buf_addf(out, ":%llu%s", (unsigned long long)op->u.submit.req,
                 op->u.submit.fresh ? "!" : "");
        break;
    case OP_AWAIT:
        buf_addf(out, ":%llu=%llu.%u", (unsigned long long)op->u.await.req,
                 (unsigned long long)op->u.await.job, op->u.await.elem);
        break;
    case OP_FORGET:
        buf_addf(out, ":%llu", (unsigned long long)op->u.forget.req);
        break;
    case OP_BEAT:
        buf_addf(out, ":%llu<%llu", (unsigned long long)op->u.beat.seq,
                 (unsigned long long)op->u.beat.asked_hi);
        break;
    default:
        break;
    }
}

const char *rig_said(struct rig *r)
{
    struct frame_head head;
    struct op op;
    enum err err;

    buf_clear(&r->said);
    for (size_t i = 0; i < r->out.sends.n; i++) {
        err = frame_read(r->reader, buf_view(&r->out.sends.at[i]), &head);
        ASSERT(err == ERR_NONE);
        buf_addf(&r->said, "[%llu.%llu", (unsigned long long)head.epoch,
                 (unsigned long long)head.session.n);
        while ((err = frame_next(r->reader, &op)) == ERR_NONE)
            add_op_text(&r->said, &op);
        ASSERT(err == ERR_EXHAUSTED);
        buf_addf(&r->said, "]");
    }
    client_actions_clear(&r->out);
    return buf_text(&r->said);
}

size_t rig_n_frames(const struct rig *r)
{
    return r->out.sends.n;
}

const char *rig_heard(struct rig *r)
{
    buf_clear(&r->text);
    buf_add_view(&r->text, buf_view(&r->heard));
    buf_clear(&r->heard);
    return buf_text(&r->text);
}
