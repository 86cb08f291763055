/* SPDX-License-Identifier: MIT */
/* frame_pipe - operations over a stream socket, each behind its length. */
#include "worker/shell/cpu/frame_pipe.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/bounds.h"
#include "proto/frame.h"

#define READ_LEN (64u << 10)

void frame_pipe_init(struct frame_pipe *d, int fd)
{
    *d = (struct frame_pipe){ .fd = fd, .reader = frame_reader_new() };
}

void frame_pipe_fini(struct frame_pipe *d)
{
    close(d->fd);
    frame_reader_free(d->reader);
    buf_fini(&d->in);
    buf_fini(&d->out);
}

static void drop_front(struct buf *b, size_t n)
{
    b->len -= n;
    if (b->len > 0)
        memmove(b->data, b->data + n, b->len);
}

/* ---- sending ---- */

bool frame_pipe_flush(struct frame_pipe *d)
{
    size_t sent = 0;
    ssize_t n = 1;

    while (sent < d->out.len && n > 0) {
        n = send(d->fd, d->out.data + sent, d->out.len - sent,
                 MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            sent += (size_t)n;
    }
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        sent = d->out.len; /* for nobody */
    drop_front(&d->out, sent);
    return d->out.len > 0;
}

void frame_pipe_put(struct frame_pipe *d, const struct op *op)
{
    struct buf frame = { 0 };
    uint32_t len;

    frame_begin(&frame, (struct frame_head){ .version = PROTO_VERSION });
    frame_add(&frame, op);
    len = (uint32_t)frame.len;
    buf_add(&d->out, &len, sizeof len);
    buf_add_view(&d->out, buf_view(&frame));
    buf_fini(&frame);
    frame_pipe_flush(d);
}

/* ---- receiving ---- */

static enum err fill(struct frame_pipe *d)
{
    ssize_t n = recv(d->fd, buf_room(&d->in, READ_LEN), READ_LEN, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return ERR_BUSY;
    if (n <= 0)
        return ERR_CLOSED;
    d->in.len += (size_t)n;
    return ERR_NONE;
}

/* The frame at the front of `in`. ERR_SHORT: it is not all there; ERR_FORMAT:
 * it is none. */
static enum err first_frame(const struct frame_pipe *d, struct view *out)
{
    uint32_t len;

    if (d->in.len < sizeof len)
        return ERR_SHORT;
    memcpy(&len, d->in.data, sizeof len);
    if (len > FRAME_LEN_MAX)
        return ERR_FORMAT;
    *out = view_of(d->in.data + sizeof len, len);
    return d->in.len - sizeof len < len ? ERR_SHORT : ERR_NONE;
}

enum err frame_pipe_next(struct frame_pipe *d, struct op *op)
{
    struct frame_head head;
    struct view frame;
    enum err err;

    drop_front(&d->in, d->taken);
    d->taken = 0;
    while ((err = first_frame(d, &frame)) == ERR_SHORT) {
        err = fill(d);
        if (err != ERR_NONE)
            return err;
    }
    if (err == ERR_NONE)
        err = frame_read(d->reader, frame, &head);
    if (err == ERR_NONE)
        err = frame_next(d->reader, op);
    d->taken = sizeof(uint32_t) + frame.len;
    return err == ERR_NONE ? ERR_NONE : ERR_CLOSED;
}
