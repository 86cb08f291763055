/* SPDX-License-Identifier: MIT */
/* acts - what a step leaves behind: frames to send, acts to do. Pure. */
#ifndef ACTS_H
#define ACTS_H

#include "worker/core/worker_state.h"

/* Say it in this session; there is one. */
void acts_send(struct worker *w, const struct op *op);
/* A new act, zeroed but for its type and attempt; valid until the next. */
struct worker_act *acts_add(struct worker *w, enum worker_act_type type,
                            struct attempt_key id);

/* The coordinator said what makes no sense: it is counted, and told now and
 * then. */
void acts_nonsense(struct worker *w, const char *what);

#endif
