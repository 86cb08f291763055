/* SPDX-License-Identifier: MIT */
/* worker_session - what a worker does with its session (proto/peer.h): beats
 * renew the lease, and what is held is compared with what the coordinator
 * believes. Pure.
 */
#ifndef WORKER_SESSION_H
#define WORKER_SESSION_H

#include "worker/core/worker_state.h"

void worker_session_init(struct worker *w);
/* A frame came, and frame_read() said err of it. */
void worker_session_frame(struct worker *w, enum err err);
/* True: an operation of the session that is left to the caller. */
bool worker_session_take(struct worker *w, const struct frame_head *head,
                         const struct op *op);
/* Do what is due by now: HELLO, BEAT, the end of a silent session. */
void worker_session_tick(struct worker *w);

/* The lease has lapsed: there is no session until all that ran has ended, for
 * HELD would say that what it leaves out does not run. */
void worker_session_lapse(struct worker *w);
void worker_session_resume(struct worker *w);

#endif
