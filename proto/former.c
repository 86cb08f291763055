/* SPDX-License-Identifier: MIT */
/* former - fields are moved as they stand; none is decoded. */
#include "proto/former.h"

#include "proto/bounds.h"
#include "proto/codec.h"

#define N_BEFORE_BODY 12 /* job ... ended_ms */
#define N_BODY 7         /* result ... err_head */

/* Take up to n_max of the *n values that are left off the front. */
static struct view take_values(struct view *in, uint32_t *n, uint32_t n_max)
{
    const uint8_t *begin = in->data;

    for (; *n > 0 && n_max > 0; --*n, n_max--)
        mp_skip(in);
    return view_of(begin, (size_t)(in->data - begin));
}

enum err former_outcome(struct buf *out, struct view former)
{
    struct view before, body;
    msgpack_object o;
    uint32_t n, n_all;
    struct buf packed = { 0 };
    enum err err = scan_one(former, OP_DEPTH_MAX);

    if (err != ERR_NONE)
        return err;
    mp_take(&former, &o);
    if (o.type != MSGPACK_OBJECT_ARRAY)
        return ERR_TYPE;
    n = n_all = o.via.array.size;
    before = take_values(&former, &n, N_BEFORE_BODY);
    if (n == 0) {
        mp_pack_array(out, n_all);
        buf_add_view(out, before);
        return ERR_NONE;
    }
    body = take_values(&former, &n, N_BODY);
    mp_pack_array(&packed, n_all - N_BEFORE_BODY - n);
    buf_add_view(&packed, body);
    mp_pack_array(out, N_BEFORE_BODY + 1 + n);
    buf_add_view(out, before);
    mp_pack_bytes(out, buf_view(&packed));
    buf_add_view(out, former);
    buf_fini(&packed);
    return ERR_NONE;
}
