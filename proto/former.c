/* SPDX-License-Identifier: MIT */
/* former - fields are moved as they stand; none is decoded. */
#include "proto/former.h"

#include "libcommon/check.h"
#include "proto/bounds.h"
#include "proto/mp.h"
#include "proto/scan.h"

#define N_BEFORE_BODY 12 /* job ... ended_ms */
#define N_BODY 7         /* result ... err_head */

/* Take up to n_max of the *n values that are left off the front, which are
 * sound. */
static struct view take_values(struct view *in, uint64_t *n, uint64_t n_max)
{
    const uint8_t *begin = in->data;
    struct view skipped;
    size_t len;

    for (; *n > 0 && n_max > 0; --*n, n_max--) {
        enum err err = scan_value(*in, OP_DEPTH_MAX, &len);

        ASSERT(err == ERR_NONE);
        (void)view_take(in, len, &skipped);
    }
    return view_of(begin, (size_t)(in->data - begin));
}

enum err former_outcome(struct buf *out, struct view former)
{
    struct view before, body;
    struct mp_value v;
    uint64_t n;
    struct buf packed = { 0 };
    enum err err = scan_one(former, OP_DEPTH_MAX);

    if (err == ERR_NONE)
        err = mp_take(&former, &v);
    if (err != ERR_NONE)
        return err;
    if (v.type != MP_ARRAY)
        return ERR_TYPE;
    n = v.u.n;
    before = take_values(&former, &n, N_BEFORE_BODY);
    if (n == 0) {
        mp_pack_array(out, v.u.n);
        buf_add_view(out, before);
        return ERR_NONE;
    }
    body = take_values(&former, &n, N_BODY);
    mp_pack_array(&packed, v.u.n - N_BEFORE_BODY - n);
    buf_add_view(&packed, body);
    mp_pack_array(out, N_BEFORE_BODY + 1 + n);
    buf_add_view(out, before);
    mp_pack_bytes(out, buf_view(&packed));
    buf_add_view(out, former);
    buf_fini(&packed);
    return ERR_NONE;
}
