/* SPDX-License-Identifier: MIT */
/* text - small pieces of the sentences that people read: numbers, frequencies,
 * words of a shell. Pure.
 */
#ifndef TEXT_H
#define TEXT_H

#include "libcommon/buf.h"

/* One number of a list as in "2 failed, 7 lost": add `before`, n and `what`,
 * with a comma in front unless *out is empty. Nothing when n is 0. */
void text_add_part(struct buf *out, const char *before, uint64_t n,
                   const char *what);

/* Different texts that a tally tells apart; the others count as one more. */
#define TEXT_TALLY_KINDS 16

struct text_tally_kind {
    struct buf what;
    uint32_t n;
};

/* How often each text came, as in "3 × exit 1, 2 × signal 9". Owns its buffers;
 * zeroed memory is an empty one. */
struct text_tally {
    struct text_tally_kind kinds[TEXT_TALLY_KINDS];
    size_t n_kinds;
    uint32_t n_others;
};

void text_tally_fini(struct text_tally *t);
void text_tally_count(struct text_tally *t, struct view what);
/* A walk by frequency: the one behind `before` (NULL: the first); NULL: that
 * was the last. */
const struct text_tally_kind *
text_tally_next(const struct text_tally *t,
                const struct text_tally_kind *before);
/* Add the most frequent texts, at most `max`. A single one stands without its
 * number. */
void text_tally_add(const struct text_tally *t, size_t max, bool utf8,
                    struct buf *out);

/* Add a word as a shell reads it, for lines that people copy: in quotes where
 * it needs them. {} and its like stay bare, as yon's own examples write them.
 */
void text_add_shellword(struct buf *out, struct view word);

#endif
