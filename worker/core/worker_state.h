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

#include "libcommon/rng.h"
#include "worker/core/attempts.h"
#include "worker/core/worker.h"

struct worker {
    struct worker_config config;
    struct rng rng;
    struct frame_reader *reader;
    struct attempts attempts;
    bool draining;
    bool over; /* drained or refused: nothing is done any more */
    uint64_t n_ignored;
    uint64_t n_holds; /* WORKER_HOLD, and the longest */
    uint32_t hold_max_ms;

    /* The session (worker_session.c). Without one, session.n is 0. */
    bool started;
    uint64_t epoch; /* the newest that welcomed us */
    session_id session;
    int64_t lease_ms, beat_ms; /* as WELCOME said */
    int64_t silent_until_ms;   /* without a BEAT_ACK the session ends then */
    int64_t next_beat_ms;
    uint64_t beat_seq;
    int64_t next_hello_ms; /* while there is no session */
    int64_t hello_at_ms;   /* when the last one left; INT64_MIN: never */
    int64_t heard_ms;  /* when a frame came last; the start of the connection */
    unsigned n_hellos; /* since the session was lost */
    uint64_t hello_seq; /* of this process */

    /* The lease (worker_lease.c). */
    bool near;          /* the coordinator is on this machine */
    bool leased;        /* what is held may run */
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
    struct buf frame; /* of this session, being filled */
};

#endif
