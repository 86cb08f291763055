/* SPDX-License-Identifier: MIT */
/* tail - the output of a job, followed while it runs. */
#include "client/cli/tail.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/body.h"

#define TAIL_LEN (256u << 10) /* bytes asked for at a time */

void tail_say_gap(struct cli *c, enum stream stream, uint64_t len)
{
    cli_warn(c, "%" PRIu64 " bytes of %s are missing here", len,
             stream == STREAM_OUT ? "stdout" : "stderr");
}

/* Bytes that stand at `at`. */
static void put(struct tail *t, uint64_t at, struct view bytes)
{
    if (at > t->offset)
        tail_say_gap(t->c, t->stream, at - t->offset);
    t->offset = at + bytes.len;
    errno = 0;
    if (bytes.len > 0 &&
        (fwrite(bytes.data, 1, bytes.len, t->to) != bytes.len ||
         fflush(t->to) != 0))
        t->error = errno;
}

/* All that follows, of a job that has ended. */
static void put_rest(struct tail *t, struct view packed)
{
    char errmsg[ERRMSG_LEN];
    struct body body;
    struct kept kept;
    struct view bytes;
    uint64_t at;

    if (body_decode(packed, &body, errmsg) != ERR_NONE)
        cli_warn(t->c, "the output cannot be read: %s", errmsg);
    kept = body_kept(&body, t->stream);
    do {
        bytes = kept_read(&kept, t->offset, SIZE_MAX, &at);
        put(t, at, bytes);
    } while (bytes.len > 0 && t->error == 0);
}

static void on_tailed(void *arg, const struct op *op, bool last)
{
    const struct op_tail_reply *reply = &op->u.tail_reply;
    struct tail *t = arg;

    (void)last;
    if (op->type != OP_TAIL_REPLY)
        return;
    if (t->attempt != reply->attempt || t->epoch != reply->epoch)
        t->offset = t->attempt == 0 ? t->offset : 0;
    t->epoch = reply->epoch;
    t->attempt = reply->attempt;
    put(t, reply->offset, reply->bytes);
    if (reply->ended)
        put_rest(t, reply->body);
    t->has_ended = reply->ended;
}

static int request_await(struct tail *t)
{
    struct op op = { .type = OP_TAIL };
    yon_future *f;
    int err;

    op.u.tail.job = t->job;
    op.u.tail.elem = t->elem;
    op.u.tail.stream = (uint8_t)t->stream;
    op.u.tail.offset = t->offset;
    op.u.tail.epoch = t->epoch;
    op.u.tail.attempt = t->attempt;
    op.u.tail.max = TAIL_LEN;
    f = request_new(t->c->client, &op, on_tailed, t);
    err = t->idle_ms > 0 ? yon_await_for(f, t->idle_ms) : yon_await(f);
    if (err == YON_ETIMEOUT && t->idle_ms > 0)
        t->has_ended = true;
    else if (err != 0 && err != YON_ECANCELLED)
        (void)cli_fail_err(t->c, (enum err) - err, yon_error(f));
    yon_free(f);
    return t->has_ended ? 0 : err;
}

int tail_await(struct tail *t)
{
    int err = 0;

    while (err == 0 && !t->has_ended && t->error == 0)
        err = request_await(t);
    if (t->error == 0)
        return err;
    clearerr(t->to); /* it is told here */
    if (t->error == EPIPE)
        return YON_EIO;
    (void)cli_fail(t->c, (struct fault){ EXITS_FAILED, ERR_IO, "" },
                   "cannot write: %s", strerror(t->error));
    return YON_EIO;
}
