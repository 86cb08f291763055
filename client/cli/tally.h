/* SPDX-License-Identifier: MIT */
/* tally - how often which thing happened: 3 × exit 1, 2 × signal 9. Pure. */
#ifndef TALLY_H
#define TALLY_H

#include "libcommon/buf.h"

/* Kinds that are told apart; what is left counts as one more. */
#define TALLY_KINDS 16

struct tally_kind {
    struct buf what;
    uint32_t n;
};

/* Owns its buffers; zeroed memory is an empty one. */
struct tally {
    struct tally_kind kinds[TALLY_KINDS];
    size_t n_kinds;
    uint32_t n_others;
};

void tally_fini(struct tally *t);
void tally_count(struct tally *t, struct view what);
/* Add the most frequent ones, at most `max`. A single one stands alone. */
void tally_add(const struct tally *t, size_t max, bool utf8, struct buf *out);

#endif
