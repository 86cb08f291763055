/* SPDX-License-Identifier: MIT */
/* commit - the store has committed: receipts, outcomes, acks and starts that
 * were held back until then leave now. */
#ifndef COMMIT_H
#define COMMIT_H

#include "coordinator/core/model/step.h"

struct coord;

/* A batch is durable, or its submits were refused. */
void commit_durable(struct coord *c, const struct coord_event *e);
/* The disk has no room. */
void commit_full(struct coord *c);
/* All that is due. */
void commit_run(struct coord *c);

#endif
