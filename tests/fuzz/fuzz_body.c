/* SPDX-License-Identifier: MIT */
/* Whatever a worker says that an attempt has produced, and whatever a database
 * of a former schema says of it: reading it does no harm, and all that is kept
 * of a stream is read once. */
#include <stdint.h>
#include <stdlib.h>

#include "libcommon/check.h"
#include "proto/body.h"
#include "proto/bounds.h"
#include "proto/former.h"
#include "proto/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_stream(const struct body *b, unsigned stream)
{
    struct kept k = body_kept(b, stream);
    uint64_t next = 0, at;
    struct buf all = { 0 };

    ASSERT(k.head.len + k.end.len <= k.len);
    while (next < k.len) {
        struct view bytes = kept_read(&k, next, 3, &at);

        ASSERT(at >= next && at + bytes.len > next && at + bytes.len <= k.len);
        buf_add_view(&all, bytes);
        next = at + bytes.len;
    }
    ASSERT(all.len == k.head.len + k.end.len);
    buf_fini(&all);
}

static void check_body(struct view in)
{
    struct buf once = { 0 }, twice = { 0 };
    struct body b;

    if (body_decode(in, &b, NULL) == ERR_NONE && in.len <= BODY_LEN_MAX) {
        read_stream(&b, STREAM_OUT);
        read_stream(&b, STREAM_ERR);
        body_encode(&once, &b);
        ASSERT(body_decode(buf_view(&once), &b, NULL) == ERR_NONE);
        body_encode(&twice, &b);
        ASSERT(view_equal(buf_view(&once), buf_view(&twice)));
    }
    ASSERT_IF(body_decode(in, &b, NULL) != ERR_NONE, b.out.len == 0);
    buf_fini(&once);
    buf_fini(&twice);
}

static void check_former(struct view in)
{
    struct frame_reader *r = frame_reader_new();
    struct buf today = { 0 };
    struct outcome o;

    if (former_outcome(&today, in) == ERR_NONE)
        ASSERT(outcome_decode(r, buf_view(&today), &o) != ERR_SHORT);
    else
        ASSERT(today.len == 0);
    buf_fini(&today);
    frame_reader_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_body(view_of(data, size));
    check_former(view_of(data, size));
    return 0;
}
