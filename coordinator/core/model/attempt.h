/* SPDX-License-Identifier: MIT */
/* attempt - one start of an element: from its ASSIGN (or adoption) until the
 * ACK of its end. */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include "coordinator/core/model/job.h"

struct coord;
struct session;

/* In state `ended` its result was accepted and waits to be durable. */
struct attempt {
    struct task_id ref;
    struct attempt_id id;
    struct job *job;
    struct session *session; /* NULL: ended, and the worker is gone */
    struct list in_session;
    struct past past; /* with this start */
    int64_t given_ms; /* wall clock */
    bool slot;        /* it uses a slot, not the place of a call */
    bool unsent;      /* the worker is told when that is durable */
    bool begun; /* its worker has said that it runs, or starts with keep */
    bool ended;
    bool orphan;    /* its process is dead, and the next has not told of it */
    bool again;     /* ended, and when that is durable, its element waits: */
    bool retry;     /* ... as one that has failed, and not to be started */
    int64_t due_ms; /* ... before this */
    session_id claimed_by; /* ... or while this one lives, see requeued */
    bool stopped;          /* STOP was sent */
    uint64_t mark;         /* for reconciliation */
    uint64_t done, total;  /* as its call said last */
    struct blob *doing;    /* NULL: it said nothing */
};

void attempt_init(struct coord *c);
/* The attempt of this element; NULL: none. */
struct attempt *attempt_find(const struct coord *c, struct task_id ref);
/* The id of the next one of this life. */
struct attempt_id attempt_next_id(struct coord *c);
/* A new one for a taken element, held by s. */
struct attempt *attempt_new(struct coord *c, struct session *s, struct job *j,
                            uint32_t elem, struct attempt_id id,
                            const struct past *past);
/* Out of the tables; its session no longer holds it. */
void attempt_free(struct coord *c, struct attempt *a);
void attempts_free(struct coord *c);

struct attempt_key attempt_key_of(const struct attempt *a);
/* It is with this worker from now on, and counts a place there. */
void attempt_hold(struct attempt *a, struct session *s);
void attempt_unhold(struct attempt *a);
/* From one session of a process to its next, or to that of the process that
 * takes its place: it will say what of it there still is. */
void attempt_move_all(struct session *from, struct session *to);
/* Their process is dead: the next one will tell how they ended, or they are
 * lost. */
void attempt_orphan_all(struct session *s);
/* Its end was accepted: the place is free, the attempt is still held. */
void attempt_end(struct attempt *a);
/* It is no suspect any more. */
void attempt_acquit(struct attempt *a);
/* It waits with a new id, unknown to its worker. */
void attempt_renumber(struct coord *c, struct attempt *a);

#endif
