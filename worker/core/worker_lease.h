/* SPDX-License-Identifier: MIT */
/* worker_lease - until when a worker may run its attempts (proto/lease.h).
 *
 *      none --BEAT_ACK--> leased --LEASE_STOP--> lapsing --all ended--> none
 *       ^                   |                       |
 *       +-- nothing runs ---+               LEASE_OVER: the process ends
 *
 * While it is lapsing, no HELLO leaves: HELD would tell the coordinator that
 * the disowned attempts do not run any more. Pure.
 */
#ifndef WORKER_LEASE_H
#define WORKER_LEASE_H

#include "worker/core/worker_state.h"

/* Call this first in each step, so that after a long pause of this process
 * nothing relies on a lease that is over. True: it has just lapsed while
 * attempts were unended, and the session must end. */
bool worker_lease_check(struct worker *w);
/* Call this after the event, which may have been the end of an attempt: stop
 * what runs without a lease. True: all of it has ended now, and the session may
 * come back. */
bool worker_lease_stop(struct worker *w);
/* There is a lease, and room for one more attempt and its outcome. */
bool worker_lease_may_start(const struct worker *w, enum attempt_place place);

/* A beat leaves now; it was acked. */
void worker_lease_beat(struct worker *w, uint64_t seq);
void worker_lease_ack(struct worker *w, uint64_t seq);
/* A probe that began at began_ms has found no coordinator, or one that hangs.
 */
void worker_lease_absent(struct worker *w, int64_t began_ms, bool hangs);
/* Probe the coordinator's address if that is due. */
void worker_lease_probe(struct worker *w);
int64_t worker_lease_wake_ms(const struct worker *w);

#endif
