/* SPDX-License-Identifier: MIT */
/* body - the codec's record, and what its figures mean. */
#include "proto/body.h"

#include "libcommon/check.h"
#include "proto/bounds.h"
#include "proto/codec.h"

/* Of an array, three bins and six numbers, at most. */
#define HEADS_LEN (1 + 3 * 5 + 6 * 9)

void body_encode(struct buf *out, const struct body *b)
{
    size_t before = out->len;

    if (encode_is_empty(layout_of_body(), b))
        return;
    (void)buf_room(out, b->result.len + b->out.len + b->err.len + HEADS_LEN);
    encode_record(out, layout_of_body(), b);
    ASSERT(out->len - before <= BODY_LEN_MAX);
}

enum err body_decode(struct view bytes, struct body *out, char *errmsg)
{
    struct decoder d = { 0 };
    enum err err;

    *out = (struct body){ 0 };
    if (bytes.len == 0)
        return ERR_NONE;
    err = decode_record(&d, layout_of_body(), bytes, out);
    ASSERT(d.arena.chunk == NULL); /* it has no lists */
    if (err == ERR_NONE)
        return ERR_NONE;
    *out = (struct body){ 0 };
    return err_set(errmsg, err, "%s", d.error);
}

struct kept body_kept(const struct body *b, unsigned stream)
{
    switch (stream) {
    case STREAM_OUT:
        return kept_of(b->out, b->out_len, b->out_head, b->out_stored);
    case STREAM_ERR:
        return kept_of(b->err, b->err_len, b->err_head, b->err_stored);
    default:
        return (struct kept){ 0 };
    }
}
