/* SPDX-License-Identifier: MIT */
/* deadlines - attempts that are over a limit are asked to end; what does not
 * end when it is asked to is ended by force: a program is killed, and a call
 * goes down with its process, which another replaces. Pure.
 */
#ifndef DEADLINES_H
#define DEADLINES_H

#include "worker/core/worker_state.h"

/* End what is over a limit, and by force what was asked to end and does not.
 * The worker may be over then. */
void deadlines_tick(struct worker *w);
int64_t deadlines_wake_ms(const struct worker *w);
/* The attempt gave a sign of life. */
void deadlines_sign(struct worker *w, struct attempt_key id);

#endif
