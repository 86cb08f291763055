/* SPDX-License-Identifier: MIT */
/* session - one accepted HELLO, and what is open with that peer.
 *
 * Bound to its connection; never resumed. A worker's session holds its
 * attempts, a client's its open requests; both keep the digest of what the peer
 * should hold at this point of the stream (BEAT_ACK). Pure.
 */
#ifndef SESSION_H
#define SESSION_H

#include "coordinator/core/job.h"
#include "libcommon/list.h"
#include "libcommon/map.h"
#include "proto/frame.h"

struct lane;
struct session;

/* An attempt that a worker was given: from ASSIGN (or adoption) until its ACK.
 * In state `ended` its result was accepted and waits to be durable. */
struct attempt {
    struct task_id ref;
    struct attempt_id id;
    struct job *job;         /* NULL: ended, and the job was refused */
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
    session_id claimed_by; /* ... or while this one lives, see again */
    bool stopped;          /* STOP was sent */
    uint64_t mark;         /* for reconciliation */
    uint64_t done, total;  /* as its call said last */
    struct blob *doing;    /* NULL: it said nothing */
};

/* What a request wants to know. */
struct question {
    struct ask *ask;        /* NULL: nobody waits for the answer any more */
    struct query query;     /* for the store; type 0: it is not needed */
    struct list in_session; /* while it waits for its turn; in none: the store
                             * has it */
};

/* An open request of a client. */
struct ask {
    uint64_t req;
    enum op_type type;
    struct session *session;
    struct list in_session;
    struct list in_job;        /* while it waits for a job */
    struct job *job;           /* NULL: none, or the answer is being read */
    struct question *question; /* NULL: nothing is being read */
    uint32_t elem;             /* 0: all of it */
    bool receipted;            /* SUBMIT: the receipt was given or needs none */
    /* progress */
    uint32_t progress_ms;
    int64_t said_ms;
    uint64_t said_changes, said_advances;
    struct list in_watch;
    /* tail */
    uint64_t tail; /* number at the worker; 0: not asked yet */
    uint8_t stream;
    uint64_t offset;
    struct attempt_id from; /* in whose output; n 0: in any ... */
    struct attempt_id of;   /* ... that answers */
    uint32_t max;
    uint32_t first, last, limit; /* fetch, cancel, list */
    uint8_t parts, what;
};

struct session {
    session_id id;
    conn_id conn;
    enum role role;
    char *name;
    struct blob *name_blob;
    boot_id boot;
    uint64_t hello_seq;
    int64_t heard_ms;
    int64_t since_ms; /* wall clock */
    bool gone;        /* the connection is known to be dead */
    bool draining;
    bool settled; /* a worker has told what it holds */
    bool proven;  /* it has named this session: it lives. A HELLO alone may have
                   * been sent by a process that is dead by now */
    bool recorded; /* a worker that the next life will wait for */

    struct buf out; /* the frame being filled in this step */
    struct list in_dirty;
    struct list in_all;

    uint64_t n_open; /* attempts held, or requests open */
    uint64_t digest;

    struct list attempts;
    uint32_t slots, calls, slots_used, calls_used;
    struct lane **offers;
    size_t n_offers;
    void *offer_room;       /* what the two lists look into */
    struct names functions; /* as offered; those that take a slot last */
    struct labels labels;   /* as offered */
    uint64_t n_done;
    uint32_t n_alone;     /* suspects that run here: it is given nothing else */
    bool emptying;        /* nor now: it shall run empty for one */
    uint64_t n_holds;     /* of its loop, as its last beat said ... */
    uint32_t hold_max_ms; /* ... and the longest */

    struct map asks; /* by req */
    struct list ask_list;
    struct list questions; /* that wait for a turn, in order */
    struct list in_turn;   /* while there are any */
    uint32_t n_submits;    /* without receipt */
};

struct session *session_new(session_id id, conn_id conn, enum role role,
                            struct view name);
void session_free(struct session *s); /* nothing may be held or open */

/* Keep copies of what a worker offers; at most FUNCTIONS_MAX functions in all.
 */
void session_offer(struct session *s, const struct op_offer *offer);
/* Free slots, or free places for calls. */
uint32_t session_room(const struct session *s, bool slot);

void session_hold(struct session *s, struct attempt *a); /* counts a place */
void session_unhold(struct session *s, struct attempt *a);
/* Its result was accepted: the place is free, the attempt is still held. */
void session_end_attempt(struct session *s, struct attempt *a);

struct ask *session_ask(struct session *s, uint64_t req, enum op_type type);
/* It asks: that waits for a turn, or until the request is closed. */
void session_question(struct ask *ask, struct query take);
void session_asked(struct question *q); /* the store has it */
void session_answered(struct session *s, struct ask *ask); /* frees it */

/* Attempts that have not ended. */
uint32_t session_n_running(const struct session *s);
/* It is no suspect any more. */
void session_acquit(struct attempt *a);

struct attempt_key attempt_held(const struct attempt *a);
void session_check(const struct session *s);

#endif
