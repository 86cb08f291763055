/* SPDX-License-Identifier: MIT */
/* submit - a job is accepted: checked, given an id, written, queued. Its
 * receipt is held back until that is durable. */
#ifndef SUBMIT_H
#define SUBMIT_H

#include "coordinator/core/model/on_commit.h"
#include "coordinator/core/model/step.h"

struct open_request;

void submit_init(struct coord *c);
void submit_take(struct coord *c, struct open_request *request,
                 const struct op *op);
/* The job is on disk, or was refused: the receipt. */
void submit_committed(struct coord *c, const struct on_commit *p);
/* The store refused the job: its attempts are killed, nothing of it remains. */
void submit_undo(struct coord *c, const struct record_refusal *refusal);
/* More job ids, in time. */
void submit_reserve_ids(struct coord *c);

#endif
