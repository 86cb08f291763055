/* SPDX-License-Identifier: MIT */
/* capture - what is kept of an output: its beginning and its end.
 *
 * Bytes are named by their offset in all that was written. The first
 * CAPTURE_HEAD_MAX are kept for ever; behind them the last CAPTURE_REST_MAX.
 * Pure.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "libcommon/buf.h"
#include "proto/bounds.h"

#define CAPTURE_HEAD_MAX (OUTPUT_LEN_MAX / 2)
#define CAPTURE_REST_MAX (OUTPUT_LEN_MAX - CAPTURE_HEAD_MAX)

/* Zeroed memory is an empty capture. */
struct capture {
    uint64_t len; /* bytes written so far */
    struct buf head;
    uint8_t *rest; /* a ring of CAPTURE_REST_MAX; NULL: not needed yet */
};

void capture_fini(struct capture *c);
void capture_add(struct capture *c, struct view bytes);

/* How many bytes can be added until one at or behind `offset` that is kept now
 * would be dropped. */
size_t capture_room(const struct capture *c, uint64_t offset);

/* The first bytes at or behind `offset` that are kept, as far as they stand in
 * one piece and at most max. *at: where they stand; more than `offset` when
 * bytes between were dropped. Empty: nothing was written there yet. Borrowed
 * until the next add. */
struct view capture_read(const struct capture *c, uint64_t offset, size_t max,
                         uint64_t *at);

/* Add all that is kept to `out`. Returns how many of these bytes are the
 * beginning: all of them when nothing was dropped. */
uint64_t capture_kept(const struct capture *c, struct buf *out);

#endif
