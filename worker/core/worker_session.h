/* SPDX-License-Identifier: MIT */
/* worker_session - the session with the coordinator.
 *
 *      silent --HELLO--> waiting --WELCOME--> in session
 *         ^                 |                     |
 *         +---- time -------+     WHO, BYE, no BEAT_ACK for lease_ms
 *         +---------------------------------------+
 *
 * Pure.
 */
#ifndef WORKER_SESSION_H
#define WORKER_SESSION_H

#include "worker/core/worker_state.h"

/* Do what is due by now: HELLO, BEAT, the end of a silent session. */
void worker_session_tick(struct worker *w);
int64_t worker_session_wake_ms(const struct worker *w);
/* Frames with this head may speak to us: all of them, or none but those that
 * make and end sessions. */
bool worker_session_takes(const struct worker *w, const struct frame_head *head,
                          enum op_type type);
void worker_session_welcome(struct worker *w, const struct frame_head *head,
                            const struct op *op);
void worker_session_who(struct worker *w);
void worker_session_bye(struct worker *w);
void worker_session_beat_ack(struct worker *w, const struct op *op);
void worker_session_refused(struct worker *w, const struct op *op);
/* The lease has lapsed: the next session begins anew. */
void worker_session_lapse(struct worker *w);

#endif
