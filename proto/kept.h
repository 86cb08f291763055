/* SPDX-License-Identifier: MIT */
/* kept - what is kept of a stream of output: its beginning and its end. Between
 * them is a gap, when more was written than is kept. Pure.
 *
 *      0        head.len                 len - end.len         len
 *      | head   |  gap: written, not kept  |  end               |
 */
#ifndef KEPT_H
#define KEPT_H

#include "libcommon/buf.h"

struct kept {
    struct view head, end;
    uint64_t len; /* bytes that were written */
};

/* `bytes` are the kept ones, of which the first head_len are the beginning.
 * Figures that contradict each other, from a worker that lies, mean that all
 * was kept. */
struct kept kept_of(struct view bytes, uint64_t len, uint64_t head_len);
/* Bytes in the gap; 0: all was kept. */
uint64_t kept_gap(const struct kept *k);
/* What to say to someone who asks for the bytes at `offset`: at most `max` of
 * those that stand there or behind, in one piece, and where they stand: behind
 * `offset`, when it is in the gap. Empty at the end. */
struct view kept_read(const struct kept *k, uint64_t offset, size_t max,
                      uint64_t *at);

#endif
