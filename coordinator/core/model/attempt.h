/* SPDX-License-Identifier: MIT */
/* attempt - one start of an element: from its ASSIGN (or adoption) until the
 * ACK of its end. */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include <inttypes.h>

#include "coordinator/core/model/follower.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/session.h"

struct coord;
struct session;

enum attempt_state {
    ATTEMPT_UNSENT,     /* its ASSIGN waits until its start is on disk */
    ATTEMPT_GIVEN,      /* its worker was told, or has named it as idle */
    ATTEMPT_BEGUN,      /* its worker has said that it runs */
    ATTEMPT_ENDING,     /* its outcome is on the way to the disk */
    ATTEMPT_REQUEUEING, /* so is its failure; then the element waits */
    ATTEMPT_GONE,       /* about to be freed */
    ATTEMPT_STATE_COUNT
};

struct attempt {
    struct task_id task;
    struct attempt_id id;
    enum attempt_state state; /* attempt_move */
    struct job *job;
    struct session *session; /* NULL: it has ended, and its worker is gone */
    struct list in_session;
    struct past past; /* with this start */
    int64_t given_ms; /* wall clock */
    bool slot;        /* it uses a slot, not the place of a call */

    /* Facts beside its state. */
    bool orphaned;  /* its worker's process is dead; the next one will report */
    bool stop_sent; /* it was asked to stop */

    /* REQUEUEING: how its element waits then. */
    enum requeued_state then; /* READY or DELAYED */
    int64_t due_ms;
    session_id claimed_by; /* see struct requeued */

    struct followed followed; /* as its worker was told, ... */
    bool follow_said;         /* ... if it ever was */
    uint64_t mark;            /* of the last HELD that named it */
    uint64_t done, total;     /* as its call said last */
    struct blob *doing;       /* NULL: it said nothing */
    uint32_t pid;             /* its process; 0: not known */
};

/* In lines of the trace: which attempt of which task, and where it is. */
#define ATTEMPT_FORMAT \
    "task=%" PRIu64 ".%u attempt=%" PRIu64 ".%" PRIu64 " worker=%s"
#define ATTEMPT_ARGS(a)                                        \
    (a)->task.job.n, (a)->task.elem, (a)->id.epoch, (a)->id.n, \
        (a)->session == NULL ? "" : (a)->session->name

void attempt_init(struct coord *c);
/* The attempt of this element; NULL: none. */
struct attempt *attempt_find(const struct coord *c, struct task_id task);
/* The id of the next one of this life. */
struct attempt_id attempt_next_id(struct coord *c);
/* A new one for a taken element, held by s; not sent. */
struct attempt *attempt_new(struct coord *c, struct session *s, struct job *j,
                            uint32_t elem, struct attempt_id id,
                            const struct past *past);
/* The only way into another state. Its place is free when it has ended. */
void attempt_move(struct coord *c, struct attempt *a, enum attempt_state to);
/* It has not ended: it takes a place at its worker. */
bool attempt_is_active(const struct attempt *a);
/* Its worker has it, or may have it. */
bool attempt_is_given(const struct attempt *a);
/* Gone: out of the tables; its session no longer holds it. event: in the trace;
 * NULL: it was told before. */
void attempt_free(struct coord *c, struct attempt *a, const char *event);
void attempts_free(struct coord *c);

struct attempt_key attempt_key_of(const struct attempt *a);
/* It is with this worker from now on, and counts a place there. */
void attempt_hold(struct attempt *a, struct session *s);
void attempt_unhold(struct attempt *a);
/* From one session of a process to its next, or to that of the process in its
 * place: HELD will say which of them still exist. */
void attempt_move_all(struct session *from, struct session *to);
/* Their process is dead: the next one will tell how they ended, or they are
 * lost. */
void attempt_orphan_all(struct session *s);
/* It is no suspect any more. */
void attempt_acquit(struct attempt *a);
/* It waits with a new id, unknown to its worker. */
void attempt_renumber(struct coord *c, struct attempt *a);

#endif
