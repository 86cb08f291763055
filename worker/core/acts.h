/* SPDX-License-Identifier: MIT */
/* acts - the frames and acts that a step leaves behind. Pure. */
#ifndef ACTS_H
#define ACTS_H

#include "worker/core/worker_state.h"

/* Say it in this session; there is one. */
void acts_send(struct worker *w, const struct op *op);
/* A new act with this type and attempt, otherwise zeroed. The pointer is valid
 * until the next act. */
struct worker_act *acts_add(struct worker *w, enum worker_act_type type,
                            struct attempt_key id);

/* Something from the coordinator makes no sense: count it, and trace it, less
 * often the more there are. */
void acts_nonsense(struct worker *w, const char *what);
/* RESULT, of an attempt that has ended. */
void acts_send_result(struct worker *w, struct worker_attempt *a);

#endif
