/* SPDX-License-Identifier: MIT */
#include "tests/unit/lib/fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "proto/body.h"

static void reply_add(struct fake *f, const struct op *op)
{
    struct frame_head head = { PROTO_VERSION, f->epoch, f->session };

    if (f->reply.len == 0)
        frame_begin(&f->reply, head);
    frame_add(&f->reply, op);
}

static void reply_send(struct fake *f, conn_id to)
{
    if (f->reply.len > 0)
        sock_send(f->sock, to, buf_view(&f->reply));
    buf_clear(&f->reply);
}

static void welcome(struct fake *f)
{
    f->session.n++;
    reply_add(f, &(struct op){ .type = OP_WELCOME,
                               .u.welcome = { .version = PROTO_VERSION,
                                              .lease_ms = 60000,
                                              .beat_ms = 20000,
                                              .submits_max = 100 } });
}

static void refuse(struct fake *f, uint64_t req, enum err err, const char *why)
{
    reply_add(f, &(struct op){ .type = OP_REFUSED,
                               .u.refused = { .req = req,
                                              .code = (uint32_t)err,
                                              .message = view_str(why) } });
}

static void ended_with(struct fake *f, uint64_t req, struct outcome outcome,
                       struct counts counts, const struct body *body)
{
    struct op op = { .type = OP_ENDED };
    struct buf packed = { 0 };

    body_encode(&packed, body);
    outcome.body = buf_view(&packed);

    op.u.ended.req = req;
    op.u.ended.job = outcome.job;
    op.u.ended.elem = outcome.elem;
    op.u.ended.counts = counts;
    op.u.ended.outcome = outcome;
    reply_add(f, &op);
    buf_fini(&packed);
}

static void ended(struct fake *f, uint64_t req, struct outcome outcome,
                  struct counts counts)
{
    static const struct body nothing;

    ended_with(f, req, outcome, counts, &nothing);
}

static void end_array(struct fake *f, uint64_t req, uint64_t job, uint32_t n,
                      bool fails)
{
    struct counts counts = { .n = n, .done = n };
    struct outcome o = { .job = job, .state = STATE_DONE };

    if (fails) {
        counts = (struct counts){ .n = n, .failed = 1, .lost = 2 };
        o.state = STATE_FAILED;
        o.reason = view_str("failed");
    }
    ended(f, req, o, counts);
}

static void end_job(struct fake *f, const struct op *op, uint64_t job)
{
    struct outcome o = { .job = job, .elem = 1, .state = STATE_FAILED };
    struct body body = { 0 };
    struct view fn = op->u.submit.fn;

    if (view_equal(fn, view_str("echo"))) {
        o.state = STATE_DONE;
        body.result = op->u.submit.spec;
    } else if (view_equal(fn, view_str("exit"))) {
        o.reason = view_str("exit");
        o.code = 3;
        body.out = view_str("out");
        body.err = view_str("err");
    } else if (view_equal(fn, view_str("signal"))) {
        o.reason = view_str("signal");
        o.signal = 9;
    } else {
        o.reason = view_str("error");
        o.message = view_str("it broke");
    }
    ended_with(f, op->u.submit.req, o, (struct counts){ .n = 1 }, &body);
}

static void submitted(struct fake *f, const struct op *op)
{
    uint64_t req = op->u.submit.req, job = f->next_job++;
    struct view fn = op->u.submit.fn;

    if (view_equal(fn, view_str("mute")))
        return;
    if (view_equal(fn, view_str("refuse"))) {
        refuse(f, req, ERR_CONFLICT, "not this one");
        return;
    }
    reply_add(f, &(struct op){ .type = OP_RECEIPT,
                               .u.receipt = { .req = req, .job = job } });
    if (view_equal(fn, view_str("never"))) {
        ASSERT(f->n_waiting < FAKE_NEVER_MAX);
        f->waiting[f->n_waiting].req = req;
        f->waiting[f->n_waiting++].job = job;
    } else if (op->u.submit.n > 0) {
        end_array(f, req, job, op->u.submit.n,
                  view_equal(fn, view_str("fail")));
    } else {
        end_job(f, op, job);
    }
}

static void awaited(struct fake *f, const struct op *op)
{
    struct outcome o = { .job = op->u.await.job,
                         .elem = 1,
                         .state = STATE_DONE };
    uint8_t id = (uint8_t)(op->u.await.job & 0x7f);
    struct body body = { 0 };

    body.result = view_of(&id, 1);
    if (op->u.await.job < 1000)
        ended_with(f, op->u.await.req, o, (struct counts){ .n = 1 }, &body);
    else
        refuse(f, op->u.await.req, ERR_ABSENT, "no such job");
}

static void cancelled(struct fake *f, const struct op *op)
{
    reply_add(f, &(struct op){ .type = OP_CANCEL_REPLY,
                               .u.cancel_reply = { .req = op->u.cancel.req } });
    for (size_t i = 0; i < f->n_waiting; i++) {
        struct outcome o = { .job = op->u.cancel.job,
                             .elem = 1,
                             .state = STATE_CANCELLED,
                             .reason = view_str("cancelled") };

        if (f->waiting[i].job == op->u.cancel.job)
            ended(f, f->waiting[i].req, o, (struct counts){ .n = 1 });
    }
}

static void log_op(struct fake *f, const struct op *op)
{
    if (op->type == OP_HELLO || op->type == OP_BEAT)
        return;
    buf_addf(&f->log, "%s%s", f->log.len > 0 ? " " : "", op_name(op->type));
    if (op->type == OP_SUBMIT && op->u.submit.n > 0)
        buf_addf(&f->log, "*%u", op->u.submit.n);
    if (op->type == OP_SUBMIT && !op->u.submit.fresh)
        buf_addf(&f->log, "(again)");
    if (op->type == OP_CANCEL)
        buf_addf(&f->log, ":%u-%u", op->u.cancel.first, op->u.cancel.last);
}

static void op_arrived(struct fake *f, const struct op *op)
{
    log_op(f, op);
    switch (op->type) {
    case OP_HELLO:
        welcome(f);
        break;
    case OP_BEAT: /* of a session in which nothing was asked yet */
        reply_add(f, &(struct op){ .type = OP_BEAT_ACK,
                                   .u.beat_ack.seq = op->u.beat.seq });
        break;
    case OP_SUBMIT:
        submitted(f, op);
        break;
    case OP_AWAIT:
        awaited(f, op);
        break;
    case OP_CANCEL:
        cancelled(f, op);
        break;
    case OP_STATUS:
        reply_add(f, &(struct op){ .type = OP_STATUS_REPLY,
                                   .u.status_reply.req = op->u.status.req });
        break;
    default:
        break;
    }
}

/* The session is not known here: in a frame of none. */
static void say_who(struct fake *f, conn_id to)
{
    struct frame_head head = { PROTO_VERSION, f->epoch, { 0 } };
    struct op op = { .type = OP_WHO };

    frame_begin(&f->reply, head);
    frame_add(&f->reply, &op);
    reply_send(f, to);
}

static void frame_arrived(void *arg, conn_id from, struct view bytes)
{
    struct fake *f = arg;
    struct frame_head head;
    struct op op;
    enum err err = frame_read(f->reader, bytes, &head);

    ASSERT(err == ERR_NONE);
    while ((err = frame_next(f->reader, &op)) == ERR_NONE) {
        if (op.type != OP_HELLO && head.session.n != f->session.n)
            say_who(f, from);
        else
            op_arrived(f, &op);
        reply_send(f, from); /* the next may change the session */
    }
    ASSERT(err == ERR_EXHAUSTED);
}

void fake_init(struct fake *f)
{
    *f = (struct fake){ .epoch = 1,
                        .next_job = 100,
                        .reader = frame_reader_new() };
    snprintf(f->dir, sizeof f->dir, "/tmp/yon-fake-XXXXXX");
    ASSERT(mkdtemp(f->dir) == f->dir);
    snprintf(f->address, sizeof f->address, "ipc://%s/sock", f->dir);
}

void fake_listen(struct fake *f, struct loop *loop)
{
    char errmsg[ERRMSG_LEN];
    enum err err;

    err = sock_bind(loop_uv(loop), f->address, NULL, frame_arrived, f, &f->sock,
                    errmsg);
    ASSERT(err == ERR_NONE);
}

void fake_stop(struct fake *f)
{
    sock_close(f->sock, 0);
    f->sock = NULL;
}

void fake_restart(struct fake *f)
{
    f->epoch++;
    f->session.n++;
    f->n_waiting = 0;
}

void fake_fini(struct fake *f)
{
    ASSERT(f->sock == NULL);
    unlink(f->address + sizeof "ipc://" - 1);
    rmdir(f->dir);
    frame_reader_free(f->reader);
    buf_fini(&f->log);
    buf_fini(&f->reply);
}

const char *fake_log(struct fake *f)
{
    static char text[1024];

    snprintf(text, sizeof text, "%s", buf_text(&f->log));
    buf_clear(&f->log);
    return text;
}
