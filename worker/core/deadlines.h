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
/* The shell cannot end this call but with the process. */
void deadlines_stuck(struct worker *w, struct attempt_key id);
/* The shell has ended a call by force. What it held is lost in this process,
 * which takes nothing new, lets the others end, and is replaced. */
void deadlines_wear(struct worker *w);
void deadlines_sign(struct worker *w, struct attempt_key id);

#endif
