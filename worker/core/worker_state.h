/* SPDX-License-Identifier: MIT */
/* worker_state - what a worker knows, for the files of its core.
 *
 * From the top: worker.c dispatches events; worker_session.c keeps the session,
 * work.c carries out what the coordinator says about attempts; hello.c lists
 * what is held; shortage.c starts fewer; worker_lease.c and deadlines.c watch
 * the clock; end.c ends attempts, attempts.c keeps them; acts.c collects frames
 * and acts. Pure.
 */
#ifndef WORKER_STATE_H
#define WORKER_STATE_H

#include "proto/peer.h"
#include "worker/core/attempts.h"
#include "worker/core/shortage.h"
#include "worker/core/worker.h"

struct worker {
    struct worker_config config;
    struct frame_reader *reader;
    struct attempts attempts;
    bool draining;
    bool worn; /* by a call that was ended by force (deadlines.c), ... */
    int64_t worn_until_ms; /* ... and replaced then at the latest */
    bool over; /* drained, refused or replaced: nothing is done any more */
    uint64_t n_ignored;   /* frames and operations that made no sense */
    uint64_t n_holds;     /* WORKER_HOLD */
    uint32_t hold_max_ms; /* the longest of them */

    struct shortage shortage[PLACE_COUNT];
    bool beat_soon; /* the coordinator is to hear of it */

    struct list shipments;   /* of attempts that have ended, in that order */
    uint32_t n_pieces_ahead; /* of all of them */
    int64_t pieces_ms;       /* when one left or was answered last */

    struct peer_session peer; /* worker_session.c */

    /* The lease (worker_lease.c). */
    bool near;       /* the coordinator is on this machine */
    struct buf mark; /* ... and shows its steps here, ended by a zero */
    boot_id mark_key;
    bool leased;        /* attempts may run */
    int64_t lease_ms;   /* its length, from WELCOME */
    int64_t leased_ms;  /* when it began */
    bool lapsing;       /* attempts of a lapsed lease still run */
    bool killed;        /* ... and their programs were killed */
    uint64_t timed_seq; /* the oldest unacked beat of this session: its ack
                           renews the lease; 0: none */
    int64_t timed_ms;   /* when that beat left */
    int64_t next_probe_ms;

    /* The step that is under way. */
    int64_t now_ms, wall_ms;
    struct worker_actions *out;
    struct trace *trace; /* of the actions; NULL between steps */
};

#endif
