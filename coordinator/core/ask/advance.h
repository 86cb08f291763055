/* SPDX-License-Identifier: MIT */
/* advance - how far running attempts are, as their workers say: the last word
 * on each, in memory only. */
#ifndef ADVANCE_H
#define ADVANCE_H

#include "proto/op.h"

struct attempt;
struct coord;
struct job;
struct session;

void advance_take(struct coord *c, struct session *s, const struct op *op);
/* The attempt whose progress stands for the element (elem 0: all of the job);
 * NULL: none does. */
const struct attempt *advance_of(const struct coord *c, const struct job *j,
                                 uint32_t elem);

#endif
