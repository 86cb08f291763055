/* SPDX-License-Identifier: MIT */
/* truth - compares what a message says of jobs with the ledger. */
#ifndef TRUTH_H
#define TRUTH_H

#include "proto/frame.h"
#include "tests/sim/world.h"

void truth_welcome(struct world *w, const struct frame_head *head);
/* The outcome is durable, and this is it (what was not asked for is empty). */
void truth_outcome(struct world *w, const struct outcome *o);
void truth_ended(struct world *w, const struct op *op);
/* Calls say this total when they tell how far they are. */
uint64_t truth_total(uint64_t job, uint32_t elem);
/* It tells of this element, if of any. elem 0: of all of it. */
void truth_progress(struct world *w, const struct op *op, bool array,
                    uint32_t elem);
void truth_jobinfo(struct world *w, const struct jobinfo *info);

#endif
