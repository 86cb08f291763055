/* SPDX-License-Identifier: MIT */
/* counts - elements by state: sums, and the state of the whole. Pure. */
#ifndef COUNTS_H
#define COUNTS_H

#include "proto/op.h"

/* Elements in this state; 0 for an unknown one. */
uint32_t counts_in(const struct counts *c, unsigned state);
uint32_t counts_ended(const struct counts *c);
/* The worst state of those that have ended: failed, lost, expired, cancelled,
 * done. */
enum state counts_worst(const struct counts *c);

/* One more has ended so; the state is terminal. */
void counts_end(struct counts *c, enum state state);
void counts_add(struct counts *sum, const struct counts *c);
/* The counts of a single job in this state, whose output has a gap. */
struct counts counts_of_one(unsigned state, bool gap);

#endif
