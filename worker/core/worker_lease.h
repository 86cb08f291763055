/* SPDX-License-Identifier: MIT */
/* worker_lease - until when a worker may run what it was given; see
 * proto/lease.h.
 *
 *      none --BEAT_ACK--> leased --LEASE_STOP--> lapsing --all ended--> none
 *       ^                   |                       |
 *       +-- nothing runs ---+               LEASE_OVER: the process ends
 *
 * While it is lapsing no HELLO leaves: a HELD that leaves an attempt out says
 * that it does not run. Pure.
 */
#ifndef WORKER_LEASE_H
#define WORKER_LEASE_H

#include "worker/core/worker_state.h"

/* First in each step, so that after any pause nothing is started or said on the
 * strength of a lease that is over. True: it has just lapsed while something is
 * held, and the session ends with it. */
bool worker_lease_check(struct worker *w);
/* After the event, which may have been the end of something: stop what the
 * lease does not cover any more. True: all of that has ended now. */
bool worker_lease_stop(struct worker *w);
/* There is a lease, and room for one more attempt. */
bool worker_lease_may_start(const struct worker *w, enum attempt_place place);

/* A beat leaves now / was acked. */
void worker_lease_beat(struct worker *w, uint64_t seq);
void worker_lease_ack(struct worker *w, uint64_t seq);
/* A probe that began then was refused. */
void worker_lease_absent(struct worker *w, int64_t began_ms);
/* Probe, when that is due. */
void worker_lease_probe(struct worker *w);
int64_t worker_lease_wake_ms(const struct worker *w);

#endif
