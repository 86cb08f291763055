/* SPDX-License-Identifier: MIT */
/* kept - the kept part of an output stream: its beginning and its end. Between
 * them is what is stored elsewhere, as pieces, and a gap when more was written
 * than is kept. Pure.
 *
 *      0      head.len                               len - end.len      len
 *      | head |  stored  |  gap: written, not kept  |  end               |
 */
#ifndef KEPT_H
#define KEPT_H

#include "libcommon/buf.h"

struct kept {
    struct view head, end;
    uint64_t len;    /* bytes that were written */
    uint64_t stored; /* bytes */
};

/* bytes: all kept ones; the first head_len of them are the beginning. Figures
 * that contradict each other come from a lying worker: then all counts as
 * kept. */
struct kept kept_of(struct view bytes, uint64_t len, uint64_t head_len,
                    uint64_t stored);
/* Bytes in the gap; 0: all was kept. */
uint64_t kept_gap(const struct kept *k);
/* The bytes at `offset` and behind it, in one piece, at most `max` of them;
 * empty at the end. *at: where they begin, which is behind an offset between
 * the beginning and the end. */
struct view kept_read(const struct kept *k, uint64_t offset, size_t max,
                      uint64_t *at);

#endif
