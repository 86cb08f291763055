/* SPDX-License-Identifier: MIT */
/* tail - following what a job writes. */
#include "client/cli/tail.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TAIL_LEN (256u << 10) /* bytes asked for at a time */

static void say_gap(const struct tail *t, uint64_t len)
{
    cli_warn(t->c, "%" PRIu64 " bytes of %s are missing here", len,
             t->stream == STREAM_OUT ? "stdout" : "stderr");
}

static void on_tailed(void *arg, const struct op *op, bool last)
{
    struct tail *t = arg;
    struct view bytes;
    uint64_t at;

    (void)last;
    if (op->type != OP_TAIL_REPLY)
        return;
    bytes = op->u.tail_reply.bytes;
    at = op->u.tail_reply.offset;
    if (t->attempt != op->u.tail_reply.attempt ||
        t->epoch != op->u.tail_reply.epoch)
        t->offset = t->attempt == 0 ? t->offset : 0;
    t->epoch = op->u.tail_reply.epoch;
    t->attempt = op->u.tail_reply.attempt;
    if (at > t->offset)
        say_gap(t, at - t->offset);
    errno = 0;
    if (bytes.len > 0 &&
        (fwrite(bytes.data, 1, bytes.len, t->to) != bytes.len ||
         fflush(t->to) != 0))
        t->error = errno;
    t->offset = at + bytes.len;
    t->has_ended = op->u.tail_reply.ended;
}

static int ask_await(struct tail *t)
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
        err = ask_await(t);
    if (t->error == 0)
        return err;
    clearerr(t->to); /* it is told here */
    if (t->error == EPIPE)
        return YON_EIO;
    (void)cli_fail(t->c, (struct fault){ EXITS_FAILED, ERR_IO, "" },
                   "cannot write: %s", strerror(t->error));
    return YON_EIO;
}
