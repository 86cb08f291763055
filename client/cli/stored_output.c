/* SPDX-License-Identifier: MIT */
/* stored_output - asks for pieces, a few at a time, and unpacks them. */
#include "client/cli/stored_output.h"

#include <stdlib.h>
#include <zstd.h>

#include "libcommon/mem.h"
#include "proto/bounds.h"
#include "proto/own.h"

struct stored_output {
    struct cli *c;
    struct attempt_key id;
    enum stream stream;
    stored_output_fn *fn;
    void *arg;
    uint64_t offset; /* of what comes next */
    bool is_over;    /* no more is wanted */
    struct op reply; /* borrows from room */
    void *room;
    uint8_t *unpacked; /* PIECE_LEN_MAX; NULL: not needed yet */
};

static void put(struct stored_output *s, uint64_t at, struct view bytes)
{
    if (bytes.len == 0 || s->is_over)
        return;
    s->is_over = !s->fn(s->arg, at, bytes);
    s->offset = at + bytes.len;
}

/* ---- pieces ---- */

static void on_pieces(void *arg, const struct op *op, bool last)
{
    struct stored_output *s = arg;

    (void)last;
    if (op->type != OP_PIECES_REPLY)
        return;
    free(s->room);
    s->reply = *op;
    s->room = xcalloc(1, op_borrowed_len(op) + 1);
    op_own(&s->reply, s->room);
}

/* A worker that lies can have packed anything. */
static bool unpack(struct stored_output *s, const struct piece *p,
                   struct view *out)
{
    size_t n;

    *out = p->bytes;
    if (p->packing == PACKING_NONE)
        return p->bytes.len == p->len;
    if (s->unpacked == NULL)
        s->unpacked = xrealloc(NULL, PIECE_LEN_MAX);
    n = ZSTD_decompress(s->unpacked, PIECE_LEN_MAX, p->bytes.data,
                        p->bytes.len);
    *out = view_of(s->unpacked, n);
    return p->packing == PACKING_ZSTD && !ZSTD_isError(n) && n == p->len;
}

/* False: it is not what comes next. */
static bool put_piece(struct stored_output *s, const struct piece *p,
                      uint64_t end)
{
    uint64_t skip = s->offset - p->offset;
    struct view bytes;

    if (p->offset > s->offset || skip >= p->len)
        return false;
    if (!unpack(s, p, &bytes)) {
        cli_warn(s->c, "a part of the output is damaged");
        return false;
    }
    bytes = view_of(bytes.data + skip, bytes.len - skip);
    if (bytes.len > end - s->offset)
        bytes.len = (size_t)(end - s->offset);
    put(s, s->offset, bytes);
    return true;
}

/* False: there is no next one. */
static bool put_some_await(struct stored_output *s, uint64_t end)
{
    struct op op = { .type = OP_PIECES };
    uint64_t before = s->offset;

    op.u.pieces.job = s->id.job;
    op.u.pieces.elem = s->id.elem;
    op.u.pieces.epoch = s->id.epoch;
    op.u.pieces.attempt = s->id.attempt;
    op.u.pieces.stream = (uint8_t)s->stream;
    op.u.pieces.offset = s->offset;
    s->reply = (struct op){ 0 };
    if (cli_request_await(s->c, &op, on_pieces, s) != 0)
        return false;
    for (size_t i = 0;
         i < s->reply.u.pieces_reply.pieces.n && s->offset < end && !s->is_over;
         i++)
        if (!put_piece(s, &s->reply.u.pieces_reply.pieces.at[i], end))
            return false;
    return s->offset > before;
}

void stored_output_read_await(struct cli *c, struct attempt_key id,
                              const struct body *body, enum stream stream,
                              uint64_t offset, stored_output_fn *fn, void *arg)
{
    struct kept kept = body_kept(body, stream);
    uint64_t end = kept.head.len + kept.stored;
    struct stored_output s = { .c = c,
                               .id = id,
                               .stream = stream,
                               .fn = fn,
                               .arg = arg,
                               .offset = offset };
    uint64_t at;
    struct view bytes;

    if (offset < kept.head.len)
        put(&s, offset, kept_read(&kept, offset, SIZE_MAX, &at));
    while (s.offset < end && !s.is_over && put_some_await(&s, end)) {
    }
    bytes = kept_read(&kept, s.offset > end ? s.offset : end, SIZE_MAX, &at);
    put(&s, at, bytes);
    free(s.room);
    free(s.unpacked);
}

/* ---- whole ---- */

struct whole_stream {
    struct buf *to;
    uint64_t head_len; /* before the first gap */
};

static bool add_bytes(void *arg, uint64_t at, struct view bytes)
{
    struct whole_stream *w = arg;

    if (at == w->head_len)
        w->head_len += bytes.len;
    buf_add_view(w->to, bytes);
    return true;
}

static void read_stream_await(struct cli *c, struct attempt_key id,
                              const struct body *body, enum stream stream,
                              struct buf *room, struct view *bytes,
                              uint64_t *head_len)
{
    struct whole_stream w = { room, 0 };

    stored_output_read_await(c, id, body, stream, 0, add_bytes, &w);
    *bytes = buf_view(room);
    *head_len = w.head_len;
}

void whole_body_read_await(struct cli *c, struct attempt_key id,
                           const struct body *body, struct whole_body *out)
{
    *out = (struct whole_body){ .body = *body };
    if (body->out_stored > 0)
        read_stream_await(c, id, body, STREAM_OUT, &out->streams[0],
                          &out->body.out, &out->body.out_head);
    if (body->err_stored > 0)
        read_stream_await(c, id, body, STREAM_ERR, &out->streams[1],
                          &out->body.err, &out->body.err_head);
    out->body.out_stored = out->body.err_stored = 0;
}

void whole_body_fini(struct whole_body *w)
{
    for (size_t i = 0; i < 2; i++)
        buf_fini(&w->streams[i]);
}
