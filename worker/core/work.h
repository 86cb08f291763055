/* SPDX-License-Identifier: MIT */
/* work - what the coordinator and the shell say about attempts. Pure. */
#ifndef WORK_H
#define WORK_H

#include "worker/core/worker_state.h"

/* Start queued attempts while there is a lease and room. */
void work_start(struct worker *w);

/* ---- the coordinator ---- */

void work_assign(struct worker *w, const struct op *op);
void work_stop(struct worker *w, const struct op *op);
void work_reconcile(struct worker *w, const struct rulings *rulings);
void work_ack(struct worker *w, const struct attempt_keys *acked);
void work_tail_ask(struct worker *w, const struct op *op);
void work_follow(struct worker *w, const struct op *op);

/* ---- the shell ---- */

/* True: it was a call, and was ended by force. spooled: NULL: nothing. */
bool work_ended(struct worker *w, const struct outcome *outcome,
                const struct spooled *spooled);
/* Progress of running calls. */
void work_advance(struct worker *w, const struct advances *advances);
/* A call of the process before this one has ended with this outcome. */
void work_inherit(struct worker *w, const struct outcome *outcome);
/* Hand back what has not started, and take nothing new. */
void work_drain(struct worker *w);

#endif
