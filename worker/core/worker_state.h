/* SPDX-License-Identifier: MIT */
/* worker_state - what a worker knows, as the files of its core see it.
 *
 * From the top: worker.c takes the events apart; worker_session.c keeps the
 * session and work.c does what the coordinator says of attempts; hello.c says
 * what is held; worker_lease.c and deadlines.c watch the clock; end.c ends
 * attempts, attempts.c keeps them, acts.c fills the frames and the list of
 * acts. Pure.
 */
#ifndef WORKER_STATE_H
#define WORKER_STATE_H

#include "proto/peer.h"
#include "worker/core/attempts.h"
#include "worker/core/worker.h"

struct worker {
    struct worker_config config;
    struct frame_reader *reader;
    struct attempts attempts;
    bool draining;
    bool over; /* drained or refused: nothing is done any more */
    uint64_t n_ignored;
    uint64_t n_holds; /* WORKER_HOLD, and the longest */
    uint32_t hold_max_ms;

    struct peer_session peer; /* worker_session.c */

    /* The lease (worker_lease.c). */
    bool near;          /* the coordinator is on this machine */
    bool leased;        /* what is held may run */
    int64_t lease_ms;   /* as WELCOME said */
    bool lapsing;       /* what ran when the lease lapsed has not ended yet */
    bool killed;        /* ... and was killed */
    int64_t leased_ms;  /* the lease counts from then */
    uint64_t timed_seq; /* the oldest beat of this session whose ack would renew
                           it; 0: none */
    int64_t timed_ms;   /* when it left */
    int64_t next_probe_ms;

    /* The step that is under way. */
    int64_t now_ms, wall_ms;
    struct worker_actions *out;
    struct trace *trace; /* of the actions; NULL between steps */
};

#endif
