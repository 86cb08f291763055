/* SPDX-License-Identifier: MIT */
/* worker_state - what a worker knows, as the files of its core see it.
 *
 * worker.c takes the events apart; worker_session.c keeps the session, lease.c
 * the lease, work.c the attempts, deadlines.c their time limits; out.c fills
 * the frames and the list of acts. Pure.
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
    struct holdings held;
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

    /* The lease (lease.c). */
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

/* ---- out.c ---- */

/* Add an operation to the frame of this session; there is one. A frame that is
 * long enough leaves and the next begins. */
void worker_send(struct worker *w, const struct op *op);
/* The frame that was begun, if any, leaves. */
void worker_flush(struct worker *w);
/* A new act, zeroed but for its type and attempt; valid until the next. */
struct worker_act *worker_act(struct worker *w, enum worker_act_type type,
                              struct attempt_key held);

/* ---- worker_session.c ---- */

/* Do what is due by now: HELLO, BEAT, the end of a silent session. */
void worker_link_tick(struct worker *w);
int64_t worker_link_wake_ms(const struct worker *w);
/* Frames with this head may speak to us: all of them, or none but those that
 * make and end sessions. */
bool worker_link_takes(const struct worker *w, const struct frame_head *head,
                       enum op_type type);
void worker_link_welcome(struct worker *w, const struct frame_head *head,
                         const struct op *op);
void worker_link_who(struct worker *w);
void worker_link_bye(struct worker *w);
void worker_link_beat_ack(struct worker *w, const struct op *op);
/* Name what is held, as far as `upto` can mean it. */
void worker_link_held(struct worker *w, uint64_t upto);
void worker_link_refused(struct worker *w, const struct op *op);
/* The lease has lapsed: who comes back begins anew. */
void worker_link_lapse(struct worker *w);

/* ---- lease.c ---- */

/* First in each step, so that after any pause nothing is started or said on the
 * strength of a lease that is over. */
void worker_lease_check(struct worker *w);
/* After the event, which may have been the end of something: stop what the
 * lease does not cover any more. */
void worker_lease_stop(struct worker *w);
/* A beat leaves now / was acked. */
void worker_lease_beat(struct worker *w);
void worker_lease_ack(struct worker *w, uint64_t seq);
/* A probe that began then was refused. */
void worker_lease_absent(struct worker *w, int64_t began_ms);
/* Probe, when that is due. */
void worker_lease_probe(struct worker *w);
int64_t worker_lease_wake_ms(const struct worker *w);

/* ---- deadlines.c ---- */

/* When h is to be looked at next follows from its state and its limits. */
void worker_due_set(struct worker *w, struct holding *h);
/* End what is over a limit, and by force what was asked to end and does not. */
void worker_due_tick(struct worker *w);
int64_t worker_due_wake_ms(const struct worker *w);
void worker_sign(struct worker *w, struct attempt_key id);

/* ---- work.c ---- */

/* It is over this limit. */
void worker_expire(struct worker *w, struct holding *h, enum limit limit);

/* How many attempts may have such a place at once. */
uint32_t worker_limit(const struct worker *w, enum holding_place place);
/* There is room for one more, and a lease. */
bool worker_has_room(const struct worker *w, enum holding_place place);
/* Start what is queued as far as there is. */
void worker_start_due(struct worker *w);
void worker_assign(struct worker *w, const struct op *op);
void worker_stop(struct worker *w, const struct op *op);
void worker_settle(struct worker *w, const struct rulings *settleds);
void worker_ack(struct worker *w, const struct attempt_keys *helds);
void worker_tail_ask(struct worker *w, const struct op *op);
void worker_ended(struct worker *w, const struct outcome *outcome);
/* How far attempts are. */
void worker_advance(struct worker *w, const struct advances *advances);
/* One that ended before this process began. */
void worker_inherit(struct worker *w, const struct outcome *outcome);
/* Give back what has not started, and take nothing new. */
void worker_drain(struct worker *w);
/* Results that were sent long ago and not acked go out again. */
void worker_send_results_again(struct worker *w);
/* Nothing is to run on, or to start. */
void worker_disown_all(struct worker *w);
void worker_kill_all(struct worker *w);
/* The session is over: nobody knows now what we hold, and no tail is wanted. */
void worker_unsettle(struct worker *w);

#endif
