/* SPDX-License-Identifier: MIT */
/* frame - the head, and the way through the operations. */
#include "proto/frame.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/codec.h"

static const uint8_t magic[2] = { 'y', 'n' };

/* ---- writing ---- */

static void put_u64(uint8_t *at, uint64_t n)
{
    for (int i = 7; i >= 0; i--, n >>= 8)
        at[i] = (uint8_t)n;
}

void frame_begin(struct buf *out, struct frame_head head)
{
    uint8_t bytes[FRAME_HEAD_LEN] = { magic[0], magic[1], head.version, 0 };

    ASSERT(out->len == 0);
    put_u64(bytes + 4, head.epoch);
    put_u64(bytes + 12, head.session.n);
    buf_add(out, bytes, sizeof bytes);
}

void frame_add(struct buf *out, const struct op *op)
{
    ASSERT(out->len >= FRAME_HEAD_LEN && out->len < FRAME_LEN_GOOD);
    encode_op(out, op);
    ASSERT(out->len <= FRAME_LEN_MAX);
}

/* ---- reading ---- */

struct frame_reader {
    struct decoder decoder;
    struct view frame;
    struct view rest; /* operations that were not read yet */
    enum err err;     /* why the rest is refused */
};

struct frame_reader *frame_reader_new(void)
{
    return xcalloc(1, sizeof(struct frame_reader));
}

void frame_reader_free(struct frame_reader *r)
{
    if (r == NULL)
        return;
    arena_fini(&r->decoder.arena);
    free(r);
}

const char *frame_reader_error(const struct frame_reader *r)
{
    return r->decoder.error;
}

static uint64_t get_u64(const uint8_t *at)
{
    uint64_t n = 0;

    for (size_t i = 0; i < 8; i++)
        n = n << 8 | at[i];
    return n;
}

static enum err read_head(struct view frame, struct frame_head *head,
                          char *errmsg)
{
    const uint8_t *at = frame.data;

    if (frame.len < FRAME_HEAD_LEN)
        return err_set(errmsg, ERR_SHORT, "frame of %zu bytes, head has %d",
                       frame.len, FRAME_HEAD_LEN);
    if (frame.len > FRAME_LEN_MAX)
        return err_set(errmsg, ERR_FORMAT, "frame of %zu bytes, at most %u",
                       frame.len, FRAME_LEN_MAX);
    if (memcmp(at, magic, sizeof magic) != 0)
        return err_set(errmsg, ERR_FORMAT, "not a frame of yon");
    head->version = at[2];
    head->epoch = get_u64(at + 4);
    head->session.n = get_u64(at + 12);
    if (head->version < PROTO_VERSION_MIN || head->version > PROTO_VERSION)
        return err_set(errmsg, ERR_VERSION,
                       "protocol version %u, this side speaks %d to %d",
                       head->version, PROTO_VERSION_MIN, PROTO_VERSION);
    if (at[3] != 0)
        return err_set(errmsg, ERR_FORMAT, "byte 3 of the head is not 0");
    return ERR_NONE;
}

enum err frame_read(struct frame_reader *r, struct view frame,
                    struct frame_head *head)
{
    *head = (struct frame_head){ 0 };
    r->decoder.error[0] = 0;
    r->frame = frame;
    r->rest = (struct view){ 0 };
    r->err = read_head(frame, head, r->decoder.error);
    if (r->err == ERR_NONE)
        r->rest =
            view_of(frame.data + FRAME_HEAD_LEN, frame.len - FRAME_HEAD_LEN);
    return r->err;
}

static enum err next_op(struct frame_reader *r, struct op *op)
{
    size_t at = r->frame.len - r->rest.len, len = 0;
    struct view taken;
    enum err err;

    if (r->rest.len == 0)
        return ERR_EXHAUSTED;
    if (at >= FRAME_LEN_GOOD)
        return err_set(r->decoder.error, ERR_RANGE,
                       "operation at byte %zu: a new frame begins before that",
                       at);
    err = decode_op(&r->decoder, r->rest, op, &len);
    (void)view_take(&r->rest, len, &taken);
    return err;
}

enum err frame_next(struct frame_reader *r, struct op *op)
{
    while (r->err == ERR_NONE) {
        enum err err = next_op(r, op);

        if (err == ERR_NONE)
            return ERR_NONE;
        if (err != ERR_ABSENT) /* that a newer peer sent */
            r->err = err;
    }
    return r->err;
}

static enum err record_decode(struct frame_reader *r,
                              const struct layout *layout, struct view bytes,
                              void *to)
{
    /* What was read of a frame is gone. */
    r->rest = (struct view){ 0 };
    r->err = ERR_EXHAUSTED;
    r->decoder.error[0] = 0;
    return decode_record(&r->decoder, layout, bytes, to);
}

void outcome_encode(struct buf *out, const struct outcome *o)
{
    encode_record(out, layout_of_outcome(), o);
}

enum err outcome_decode(struct frame_reader *r, struct view bytes,
                        struct outcome *out)
{
    return record_decode(r, layout_of_outcome(), bytes, out);
}

void policy_encode(struct buf *out, const struct policy *p)
{
    encode_record(out, layout_of_policy(), p);
}

enum err policy_decode(struct frame_reader *r, struct view bytes,
                       struct policy *out)
{
    return record_decode(r, layout_of_policy(), bytes, out);
}
