/* SPDX-License-Identifier: MIT */
/* deadlines - ending attempts that are over a time limit.
 *
 * Such an attempt is asked to end. If it has not ended when the grace is over,
 * it is ended by force: a program is killed; for a call this process ends, and
 * another one replaces it. Pure.
 */
#ifndef DEADLINES_H
#define DEADLINES_H

#include "worker/core/worker_state.h"

/* Do what is due by now. Afterwards the worker may be over. */
void deadlines_tick(struct worker *w);
int64_t deadlines_wake_ms(const struct worker *w);
/* The attempt has given a sign of life: its idle limit counts anew. */
void deadlines_sign(struct worker *w, struct attempt_key id);

#endif
