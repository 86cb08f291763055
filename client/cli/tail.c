/* SPDX-License-Identifier: MIT */
/* tail - the output of a job, followed while it runs. */
#include "client/cli/tail.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/stored_output.h"

#define TAIL_LEN (256u << 10) /* bytes asked for at a time */

/* Of a longer line a part is written, though others may follow in it. */
#define LINE_MAX_LEN (1u << 20)

static const char *stream_name(enum stream stream)
{
    return stream == STREAM_OUT ? "stdout" : "stderr";
}

void tail_say_gap(struct cli *c, const char *id, enum stream stream,
                  uint64_t len)
{
    (void)cli_fail(c, (struct fault){ EXITS_FAILED, ERR_LIMIT, "" },
                   "%s%s%" PRIu64 " bytes of %s are missing here",
                   id != NULL ? id : "", id != NULL ? ": " : "", len,
                   stream_name(stream));
}

void tail_add_lines(struct buf *out, const char *prefix, bool *in_line,
                    struct view bytes)
{
    if (prefix == NULL) {
        buf_add_view(out, bytes);
        return;
    }
    while (bytes.len > 0) {
        const uint8_t *end = memchr(bytes.data, '\n', bytes.len);
        size_t len = end != NULL ? (size_t)(end - bytes.data) + 1 : bytes.len;
        struct view line = { 0 };

        (void)view_take(&bytes, len, &line);
        if (!*in_line)
            buf_addf(out, "%s", prefix);
        buf_add_view(out, line);
        *in_line = end == NULL;
    }
}

/* ---- writing ---- */

/* On a thread: whoever reads slowly must not hold the session. Not by stdio,
 * whose lock the loop needs for messages. */
static int write_all(void *arg)
{
    struct tail *t = arg;
    int fd = fileno(t->to);

    while (t->unwritten.len > 0) {
        ssize_t n = write(fd, t->unwritten.data, t->unwritten.len);

        if (n >= 0)
            t->unwritten =
                view_of(t->unwritten.data + n, t->unwritten.len - (size_t)n);
        else if (errno == EAGAIN)
            (void)poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}

static int write_thread(void *arg)
{
    struct tail *t = arg;

    t->error = write_all(t);
    return 0;
}

static void write_await(struct tail *t, struct view bytes)
{
    yon_future *f;

    if (bytes.len == 0)
        return;
    t->unwritten = bytes;
    f = yon_thread(write_thread, t);
    yon_shield_begin(); /* the thread uses it until it ends */
    (void)yon_await(f);
    yon_shield_end();
    yon_free(f);
}

/* Of what is not written yet: all whole lines, or all when that is the end. */
static void write_lines_await(struct tail *t, bool is_end)
{
    struct view all = buf_view(&t->lines);
    const uint8_t *end = all.len > 0 ? memrchr(all.data, '\n', all.len) : NULL;
    size_t n = end != NULL ? (size_t)(end - all.data) + 1 : 0;
    struct buf rest = { 0 };

    if (is_end || all.len - n > LINE_MAX_LEN)
        n = all.len;
    if (n == 0 || yon_lock(t->mix->mutex) != 0)
        return; /* it is cancelled */
    write_await(t, view_of(all.data, n));
    yon_unlock(t->mix->mutex);
    buf_add(&rest, all.data + n, all.len - n);
    buf_fini(&t->lines);
    t->lines = rest;
}

/* Bytes that stand at `at`. */
static void put_await(struct tail *t, uint64_t at, struct view bytes)
{
    if (at > t->offset) {
        tail_say_gap(t->c, t->id, t->stream, at - t->offset);
        t->missing += at - t->offset;
    }
    t->offset = at + bytes.len;
    if (t->mix == NULL && t->prefix == NULL) {
        write_await(t, bytes);
        return;
    }
    tail_add_lines(&t->lines, t->prefix, &t->in_line, bytes);
    if (t->mix != NULL) {
        write_lines_await(t, false);
    } else {
        write_await(t, buf_view(&t->lines));
        buf_clear(&t->lines);
    }
}

/* The last line of one may have no end: that of another begins anew. */
static void put_end_await(struct tail *t)
{
    if (t->prefix != NULL && t->in_line)
        put_await(t, t->offset, view_str("\n"));
    if (t->mix != NULL)
        write_lines_await(t, true);
}

static bool put_stored(void *arg, uint64_t at, struct view bytes)
{
    struct tail *t = arg;

    put_await(t, at, bytes);
    return t->error == 0;
}

/* All that follows, of an attempt that has ended. */
static void put_rest_await(struct tail *t)
{
    char errmsg[ERRMSG_LEN];
    struct body body;
    struct attempt_key id = { t->job, t->elem == 0 ? 1 : t->elem, t->epoch,
                              t->attempt };
    uint64_t len;

    if (body_decode(buf_view(&t->body), &body, errmsg) != ERR_NONE) {
        cli_warn(t->c, "the output cannot be read: %s", errmsg);
        t->missing++; /* at least */
    }
    stored_output_read_await(t->c, id, &body, t->stream, t->offset, put_stored,
                             t);
    len = body_kept(&body, t->stream).len;
    if (t->error == 0 && t->offset < len)
        put_await(t, len, (struct view){ 0 });
}

/* ---- asking ---- */

/* The job has another attempt: one that was lost with its worker has no end,
 * and its successor writes the same again. */
static void turn_to_next(struct tail *t)
{
    if (t->attempt == 0)
        return; /* the caller says where to begin */
    if (!t->is_over && t->offset > 0 && t->idle_ms == 0)
        cli_warn(t->c,
                 "%s%sattempt %" PRIu64 ".%" PRIu64
                 " was cut off after %" PRIu64
                 " bytes of %s; the next one begins anew",
                 t->id != NULL ? t->id : "", t->id != NULL ? ": " : "",
                 t->epoch, t->attempt, t->offset, stream_name(t->stream));
    t->offset = 0;
}

static void on_tailed(void *arg, const struct op *op, bool last)
{
    const struct op_tail_reply *reply = &op->u.tail_reply;
    struct tail *t = arg;

    (void)last;
    if (op->type != OP_TAIL_REPLY)
        return;
    if (t->attempt != reply->attempt || t->epoch != reply->epoch)
        turn_to_next(t);
    t->epoch = reply->epoch;
    t->attempt = reply->attempt;
    t->at = reply->offset;
    buf_add_view(&t->bytes, reply->bytes);
    buf_add_view(&t->body, reply->body);
    t->has_ended = reply->ended;
    t->is_over = !reply->ended && reply->bytes.len == 0;
}

/* The output says what is to be said. */
static void on_ended(void *arg, const struct op *op, bool last)
{
    (void)arg;
    (void)op;
    (void)last;
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
    op.u.tail.done = t->is_over;
    op.u.tail.max = TAIL_LEN;
    t->at = t->offset;
    buf_clear(&t->bytes);
    buf_clear(&t->body);
    f = request_new(t->c->client, &op, on_tailed, t);
    err = t->idle_ms > 0 ? yon_await_for(f, t->idle_ms) : yon_await(f);
    if (err == YON_ETIMEOUT && t->idle_ms > 0)
        t->has_ended = true;
    else if (err != 0 && err != YON_ECANCELLED)
        (void)cli_fail_err(t->c, (enum err) - err, yon_error(f));
    yon_free(f);
    if (err == 0)
        put_await(t, t->at, buf_view(&t->bytes));
    if (err == 0 && (t->has_ended || t->is_over) && t->error == 0)
        put_rest_await(t);
    return t->has_ended ? 0 : err;
}

/* As long as this is open, the worker drops nothing that was not asked for. */
static yon_future *follow(struct tail *t)
{
    struct op op = { .type = OP_AWAIT };

    op.u.await.job = t->job;
    op.u.await.elem = t->elem;
    op.u.await.follow = (uint8_t)STREAM_BIT(t->stream);
    return t->follows ? request_new(t->c->client, &op, on_ended, NULL) : NULL;
}

static int copy_await(struct tail *t)
{
    int err = 0;

    while (err == 0 && !t->has_ended && t->error == 0)
        err = request_await(t);
    return err;
}

int tail_await(struct tail *t)
{
    yon_future *following = follow(t);
    int err;

    fflush(t->to);
    err = copy_await(t);
    if (t->error == 0)
        put_end_await(t);
    yon_free(following);
    buf_fini(&t->lines);
    buf_fini(&t->bytes);
    buf_fini(&t->body);
    if (t->error == 0)
        return err;
    if (t->error == EPIPE)
        return YON_EIO;
    (void)cli_fail(t->c, (struct fault){ EXITS_FAILED, ERR_IO, "" },
                   "cannot write: %s", strerror(t->error));
    return YON_EIO;
}
