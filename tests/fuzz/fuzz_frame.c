/* SPDX-License-Identifier: MIT */
/* Any bytes: reading them does no harm, and all that was read can be written
 * and read again as the same. */
#include <stdint.h>
#include <stdlib.h>

#include "libcommon/check.h"
#include "proto/frame.h"
#include "tests/support/op_print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Read `frame` and write it into `out`. */
static enum err copy_frame(struct frame_reader *r, struct view frame,
                           struct buf *out)
{
    struct frame_head head;
    struct buf text = { 0 };
    struct op op;
    enum err err = frame_read(r, frame, &head);

    buf_clear(out);
    if (err == ERR_NONE)
        frame_begin(out, head);
    while (err == ERR_NONE) {
        err = frame_next(r, &op);
        if (err != ERR_NONE)
            break;
        frame_add(out, &op);
        op_print(&text, &op);
    }
    ASSERT((err != ERR_EXHAUSTED) == (frame_reader_error(r)[0] != 0));
    buf_fini(&text);
    return err;
}

static void check_outcome(struct frame_reader *r, struct view bytes)
{
    struct buf once = { 0 }, twice = { 0 };
    struct outcome o;

    if (outcome_decode(r, bytes, &o) == ERR_NONE) {
        outcome_encode(&once, &o);
        ASSERT(outcome_decode(r, buf_view(&once), &o) == ERR_NONE);
        outcome_encode(&twice, &o);
        ASSERT(view_equal(buf_view(&once), buf_view(&twice)));
    }
    buf_fini(&once);
    buf_fini(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame_reader *r = frame_reader_new();
    struct view in = view_of(data, size);
    struct buf once = { 0 }, twice = { 0 };

    copy_frame(r, in, &once);
    if (once.len > 0) {
        ASSERT(copy_frame(r, buf_view(&once), &twice) == ERR_EXHAUSTED);
        ASSERT(view_equal(buf_view(&once), buf_view(&twice)));
    }
    if (size > FRAME_HEAD_LEN)
        check_outcome(r, view_of(data + FRAME_HEAD_LEN, size - FRAME_HEAD_LEN));
    buf_fini(&once);
    buf_fini(&twice);
    frame_reader_free(r);
    return 0;
}
