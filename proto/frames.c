/* SPDX-License-Identifier: MIT */
/* frames - a list whose last frame is being filled. */
#include "proto/frames.h"

#include <stdlib.h>

#include "libcommon/mem.h"

static bool head_equal(struct frame_head a, struct frame_head b)
{
    return a.version == b.version && a.epoch == b.epoch &&
           a.session.n == b.session.n;
}

static void open_frame(struct frames *f, struct frame_head head)
{
    f->at = vec_grow(f->at, &f->cap, f->n + 1, sizeof *f->at);
    f->at[f->n] = (struct buf){ 0 };
    f->head = head;
    f->is_closed = false;
    frame_begin(&f->at[f->n++], head);
}

void frames_add(struct frames *f, struct frame_head head, const struct op *op)
{
    if (f->n == 0 || f->is_closed || f->at[f->n - 1].len >= FRAME_LEN_GOOD ||
        !head_equal(f->head, head))
        open_frame(f, head);
    frame_add(&f->at[f->n - 1], op);
}

void frames_close(struct frames *f)
{
    f->is_closed = true;
}

void frames_fini(struct frames *f)
{
    for (size_t i = 0; i < f->n; i++)
        buf_fini(&f->at[i]);
    free(f->at);
    *f = (struct frames){ 0 };
}
