/* SPDX-License-Identifier: MIT */
/* frames - operations in as few frames as the protocol allows, in order.
 * Pure.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include "proto/frame.h"

/* Zeroed memory is an empty list. The last frame is open: operations are added
 * to it while it is small and has the right head. */
struct frames {
    struct buf *at;
    size_t n, cap;
    struct frame_head head; /* of the last */
    bool is_closed;         /* nothing is added to the last */
};

void frames_add(struct frames *f, struct frame_head head, const struct op *op);
/* What is added next begins a frame. */
void frames_close(struct frames *f);
/* Free them; the list is empty then. */
void frames_fini(struct frames *f);

#endif
