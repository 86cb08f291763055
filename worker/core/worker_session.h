/* SPDX-License-Identifier: MIT */
/* worker_session - the session of a worker, on proto/peer.h. Its beats renew
 * the lease, and their acks tell whether both sides agree about what is held.
 * Pure.
 */
#ifndef WORKER_SESSION_H
#define WORKER_SESSION_H

#include "worker/core/worker_state.h"

void worker_session_init(struct worker *w);
/* A frame came; err: from frame_read(). */
void worker_session_frame(struct worker *w, enum err err);
/* True: it is an operation of the session for the caller to handle. */
bool worker_session_take(struct worker *w, const struct frame_head *head,
                         const struct op *op);
/* Do what is due by now: HELLO, BEAT, the end of a silent session. */
void worker_session_tick(struct worker *w);

/* The lease has lapsed: there is no session until worker_session_resume(). */
void worker_session_lapse(struct worker *w);
void worker_session_resume(struct worker *w);

#endif
