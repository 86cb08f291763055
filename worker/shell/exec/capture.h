/* SPDX-License-Identifier: MIT */
/* capture - what is kept of an output: its beginning and its end.
 *
 * A byte is named by its offset in the whole output. The first CAPTURE_HEAD_MAX
 * bytes are kept for ever, and the last CAPTURE_REST_MAX of those behind them.
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

/* The offset from which on all is kept; before it stands the head alone. */
uint64_t capture_oldest(const struct capture *c);

/* ... when n more bytes have been added. */
uint64_t capture_oldest_after(const struct capture *c, size_t n);

/* How many bytes can be added before one is dropped that stands at or behind
 * `offset`. */
size_t capture_room(const struct capture *c, uint64_t offset);

/* The first kept bytes at or behind `offset`: at most max, and only what lies
 * in one piece. *at is their offset, which is beyond `offset` when bytes
 * between were dropped. Empty: nothing was written there yet. Borrowed until
 * the next add. */
struct view capture_read(const struct capture *c, uint64_t offset, size_t max,
                         uint64_t *at);

/* Add all kept bytes to `out`. Returns how many of them are the beginning; all,
 * when nothing was dropped. */
uint64_t capture_kept(const struct capture *c, struct buf *out);

#endif
