/* SPDX-License-Identifier: MIT */
/* truth - compares messages about jobs with the ledger. */
#ifndef TRUTH_H
#define TRUTH_H

#include "proto/frame.h"
#include "tests/sim/world.h"

void truth_welcome(struct world *w, const struct frame_head *head);
/* The outcome is durable, and as told; parts that nobody asked for are empty.
 */
void truth_outcome(struct world *w, const struct outcome *o);
enum state truth_worst(const struct job_fact *j); /* of its durable ends */
void truth_ended(struct world *w, const struct op *op);
/* The total in the progress of a call. */
uint64_t truth_total(uint64_t job, uint32_t elem);
/* A PROGRESS of this element; 0: of the whole job. */
void truth_progress(struct world *w, const struct op *op, bool array,
                    uint32_t elem);
void truth_jobinfo(struct world *w, const struct jobinfo *info);

#endif
