/* SPDX-License-Identifier: MIT */
/* stream - reading and writing: <yon/io.h>.
 *
 * libuv reads right into the memory of a coroutine that waits, else ahead into
 * a bounded buffer, so nothing is lost with a coroutine that goes away. Writes
 * go right to the socket; of what it does not take, one chunk at a time.
 */
#include "libcommon/rt/io/stream.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"

/* Most bytes of one system call: the result is an int. */
#define CALL_LEN_MAX (1u << 30)

/* A coroutine that waits for bytes. */
struct reader {
    struct iowait wait;
    void *out; /* NULL: they go into the buffer */
    size_t len, got;
};

/* ---- life ---- */

/* libuv writes without MSG_NOSIGNAL, and pipes have nothing like it. */
static void ignore_sigpipe(void)
{
    struct sigaction now;

    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

static void stream_unref(yon_stream *s)
{
    ASSERT(s->n_refs > 0);
    if (--s->n_refs > 0)
        return;
    buf_fini(&s->in);
    buf_fini(&s->line);
    buf_fini(&s->out);
    free(s);
}

static void handle_closed(uv_handle_t *handle)
{
    stream_unref(handle->data);
}

static void handle_close(yon_stream *s)
{
    if (!uv_is_closing(&s->uv.handle))
        uv_close(&s->uv.handle, handle_closed);
}

void stream_end(yon_stream *s)
{
    s->is_closed = true;
    opened_forget(&s->opened);
    if (s->reader != NULL)
        iowait_end(&s->reader->wait);
    iowait_end(s->writer);
    handle_close(s);
    stream_unref(s);
}

static void left_open(struct opened *o)
{
    stream_end(CONTAINER_OF(o, yon_stream, opened));
}

static yon_stream *stream_new(void)
{
    yon_stream *s = xcalloc(1, sizeof *s);

    ignore_sigpipe();
    s->n_refs = 2; /* the user's and the handle's */
    s->opened = (struct opened){ .what = "a stream",
                                 .remedy = "yon_stream_close",
                                 .close = left_open };
    opened_add(&s->opened, loop_current());
    return s;
}

yon_stream *stream_new_tcp(void)
{
    yon_stream *s = stream_new();

    uv_tcp_init(loop_uv(loop_current()), &s->uv.tcp);
    s->uv.handle.data = s;
    return s;
}

yon_stream *stream_new_unix(void)
{
    yon_stream *s = stream_new();

    uv_pipe_init(loop_uv(loop_current()), &s->uv.pipe, 0);
    s->uv.handle.data = s;
    return s;
}

enum err stream_new_fifo(int fd, yon_stream **out)
{
    yon_stream *s = stream_new_unix();
    int error = uv_pipe_open(&s->uv.pipe, fd);

    s->is_fifo = true;
    if (error != 0) {
        close(fd);
        yon_stream_close(s);
        return io_fail(error, "cannot use a pipe");
    }
    *out = s;
    return ERR_NONE;
}

void yon_stream_close(yon_stream *s)
{
    if (s == NULL || !io_is_ours(s->uv.handle.loop))
        return;
    MISUSE_IF(!loop_is_at(s->uv.handle.loop),
              "the stream belongs to another thread");
    MISUSE_IF(s->is_lent, "the stream belongs to its process, which closes it: "
                          "to end it, yon_shutdown");
    MISUSE_IF(s->is_closed, "the stream was closed before");
    stream_end(s);
}

/* Into a call that reads, or writes: one coroutine each. */
static enum err enter_await(yon_stream *s, bool *is_inside)
{
    enum err err = io_begin_on_await(s->uv.handle.loop);

    if (err == ERR_NONE && *is_inside)
        err = ERR_BUSY;
    if (err != ERR_NONE)
        return err;
    *is_inside = true;
    s->n_refs++;
    return ERR_NONE;
}

static int leave(yon_stream *s, bool *is_inside, enum err err)
{
    *is_inside = false;
    stream_unref(s);
    return -(int)err;
}

/* ---- what libuv reads ---- */

static size_t in_len(const yon_stream *s)
{
    return s->in.len - s->in_at;
}

static const char *in_bytes(const yon_stream *s)
{
    return in_len(s) == 0 ? "" : (const char *)s->in.data + s->in_at;
}

/* An idle stream has no buffer. */
static void in_consume(yon_stream *s, size_t len)
{
    ASSERT(len <= in_len(s));
    s->in_at += len;
    if (in_len(s) > 0)
        return;
    buf_fini(&s->in);
    s->in_at = 0;
}

static void in_compact(yon_stream *s)
{
    size_t len = in_len(s);

    if (s->in_at == 0)
        return;
    memmove(s->in.data, s->in.data + s->in_at, len);
    s->in.len = len;
    s->in_at = 0;
}

static bool is_awaited(const yon_stream *s)
{
    return s->reader != NULL && iowait_is_open(&s->reader->wait);
}

/* libuv reads between this and read_done: no coroutine runs there. */
static void read_where(uv_handle_t *handle, size_t suggested, uv_buf_t *where)
{
    yon_stream *s = handle->data;

    (void)suggested;
    if (is_awaited(s) && s->reader->out != NULL) {
        where->base = s->reader->out;
        where->len = s->reader->len;
        return;
    }
    in_compact(s);
    where->base = (char *)buf_room(&s->in, STREAM_AHEAD);
    where->len = STREAM_AHEAD;
}

static void read_done(uv_stream_t *stream, ssize_t n, const uv_buf_t *where)
{
    yon_stream *s = stream->data;

    if (n == 0)
        return; /* nothing yet */
    if (n < 0)
        s->in_status = (int)n;
    else if (is_awaited(s) && where->base == s->reader->out)
        s->reader->got = (size_t)n;
    else
        s->in.len += (size_t)n;
    if (s->reader != NULL)
        iowait_end(&s->reader->wait);
    if (n < 0 || in_len(s) >= STREAM_AHEAD)
        uv_read_stop(stream);
}

/* ---- reading ---- */

/* Wait for more: into out, or when it is NULL into the buffer. An error, or the
 * end, is in s->in_status. */
static enum err more_await(yon_stream *s, void *out, size_t len, size_t *got)
{
    struct reader r = { .out = out, .len = len };
    int error = uv_read_start(&s->uv.stream, read_where, read_done);
    enum err err;

    *got = 0;
    if (error != 0 && error != UV_EALREADY)
        return io_fail(error, "cannot read");
    s->reader = &r;
    err = iowait_await(&r.wait);
    s->reader = NULL;
    *got = r.got;
    return s->is_closed ? ERR_CLOSED : err;
}

static enum err read_some_await(yon_stream *s, void *out, size_t len,
                                size_t *got)
{
    enum err err = ERR_NONE;

    *got = 0;
    if (len == 0)
        return ERR_NONE;
    if (in_len(s) == 0 && s->in_status == 0)
        err = more_await(s, out, len < CALL_LEN_MAX ? len : CALL_LEN_MAX, got);
    if (err != ERR_NONE || *got > 0)
        return err;
    if (in_len(s) == 0)
        return s->in_status == UV_EOF ? ERR_NONE
                                      : io_fail(s->in_status, "cannot read");
    *got = len < in_len(s) ? len : in_len(s);
    memcpy(out, in_bytes(s), *got);
    in_consume(s, *got);
    return ERR_NONE;
}

/* Back to the front of the buffer. */
static void unread(yon_stream *s, const void *data, size_t len)
{
    struct buf all = { 0 };

    if (len == 0)
        return;
    buf_add(&all, data, len);
    buf_add(&all, in_bytes(s), in_len(s));
    buf_fini(&s->in);
    s->in = all;
    s->in_at = 0;
}

static enum err read_exactly_await(yon_stream *s, uint8_t *out, size_t len)
{
    size_t n = 0, got;
    enum err err = ERR_NONE;

    while (err == ERR_NONE && n < len) {
        err = read_some_await(s, out + n, len - n, &got);
        if (err == ERR_NONE && got == 0)
            err = ERR_SHORT;
        n += got;
    }
    if (err != ERR_NONE)
        unread(s, out, n);
    return err;
}

/* Wait for a newline in the first max + 1 bytes, or the end: *len bytes before
 * it. */
static enum err line_await(yon_stream *s, size_t max, size_t *len)
{
    size_t seen = 0, got;
    enum err err = ERR_NONE;

    while (err == ERR_NONE) {
        size_t n = in_len(s);
        const char *bytes = in_bytes(s);
        const char *newline = memchr(bytes + seen, '\n', n - seen);

        *len = newline != NULL ? (size_t)(newline - bytes) : n;
        if (*len > max)
            return ERR_LIMIT;
        if (newline != NULL || (s->in_status == UV_EOF && n > 0))
            return ERR_NONE;
        if (s->in_status != 0)
            return s->in_status == UV_EOF
                       ? ERR_EXHAUSTED
                       : io_fail(s->in_status, "cannot read");
        seen = n;
        err = more_await(s, NULL, 0, &got);
    }
    return err;
}

static enum err read_line_await(yon_stream *s, size_t max, const char **line,
                                size_t *len)
{
    enum err err = line_await(s, max, len);

    if (err != ERR_NONE)
        return err;
    buf_clear(&s->line);
    buf_add(&s->line, in_bytes(s), *len);
    *line = buf_text(&s->line);
    in_consume(s, *len < in_len(s) ? *len + 1 : *len); /* with the newline */
    return ERR_NONE;
}

int yon_read(yon_stream *s, void *out, size_t len, size_t *got)
{
    enum err err = enter_await(s, &s->is_reading);

    if (err != ERR_NONE)
        return -(int)err;
    return leave(s, &s->is_reading, read_some_await(s, out, len, got));
}

int yon_read_exactly(yon_stream *s, void *out, size_t len)
{
    enum err err = enter_await(s, &s->is_reading);

    if (err != ERR_NONE)
        return -(int)err;
    return leave(s, &s->is_reading, read_exactly_await(s, out, len));
}

int yon_read_line(yon_stream *s, size_t max, const char **line, size_t *len)
{
    enum err err = enter_await(s, &s->is_reading);

    if (err != ERR_NONE)
        return -(int)err;
    return leave(s, &s->is_reading, read_line_await(s, max, line, len));
}

/* ---- requests ---- */

void stream_request_end(yon_stream *s, int status)
{
    s->req_pending = false;
    s->req_status = status;
    buf_fini(&s->out);
    iowait_end(s->writer);
}

enum err stream_request_await(yon_stream *s, int error, int *status)
{
    struct iowait w = { 0 };
    enum err err;

    *status = error;
    if (error != 0)
        return ERR_NONE;
    s->req_pending = true;
    s->writer = &w;
    err = iowait_await(&w);
    s->writer = NULL;
    *status = s->req_status;
    return s->is_closed ? ERR_CLOSED : err;
}

/* Wait for the request that is under way, whoever made it. */
static enum err pending_await(yon_stream *s)
{
    int status;
    enum err err;

    if (!s->req_pending)
        return ERR_NONE;
    err = stream_request_await(s, 0, &status);
    if (err != ERR_NONE || status == 0)
        return err;
    return io_fail(status, "cannot write");
}

/* ---- writing ---- */

static void chunk_written(uv_write_t *req, int status)
{
    stream_request_end(req->handle->data, status);
}

/* How many bytes libuv has taken, or its error. */
static int write_some(yon_stream *s, const void *data, size_t len)
{
    unsigned most = len < CALL_LEN_MAX ? (unsigned)len : CALL_LEN_MAX;
    uv_buf_t bytes = uv_buf_init((char *)data, most);
    int n = uv_try_write(&s->uv.stream, &bytes, 1);

    if (n != UV_EAGAIN)
        return n;
    most = len < STREAM_CHUNK ? (unsigned)len : STREAM_CHUNK;
    buf_add(&s->out, data, most);
    bytes = uv_buf_init((char *)s->out.data, most);
    n = uv_write(&s->req.write, &s->uv.stream, &bytes, 1, chunk_written);
    s->req_pending = n == 0;
    if (n == 0)
        return (int)most;
    buf_fini(&s->out);
    return n;
}

static enum err write_all_await(yon_stream *s, const uint8_t *data, size_t len)
{
    enum err err;
    int n;

    while ((err = pending_await(s)) == ERR_NONE && len > 0) {
        if (s->is_shut)
            return ERR_CLOSED;
        n = write_some(s, data, len);
        if (n < 0)
            return io_fail(n, "cannot write");
        data += n;
        len -= (size_t)n;
    }
    return err;
}

int yon_write(yon_stream *s, const void *data, size_t len)
{
    enum err err = enter_await(s, &s->is_writing);

    if (err != ERR_NONE)
        return -(int)err;
    return leave(s, &s->is_writing, write_all_await(s, data, len));
}

static void shut_down(uv_shutdown_t *req, int status)
{
    stream_request_end(req->handle->data, status);
}

/* A pipe has only its end: closing it. */
static enum err shutdown_await(yon_stream *s)
{
    enum err err = pending_await(s);
    int status;

    if (err != ERR_NONE || s->is_shut)
        return err;
    s->is_shut = true;
    if (s->is_fifo) {
        handle_close(s);
        return ERR_NONE;
    }
    status = uv_shutdown(&s->req.shutdown, &s->uv.stream, shut_down);
    err = stream_request_await(s, status, &status);
    if (err != ERR_NONE || status == 0)
        return err;
    return io_fail(status, "cannot end the stream");
}

int yon_shutdown(yon_stream *s)
{
    enum err err = enter_await(s, &s->is_writing);

    if (err != ERR_NONE)
        return -(int)err;
    return leave(s, &s->is_writing, shutdown_await(s));
}
