/* SPDX-License-Identifier: MIT */
/* on_commit - actions held back until the store has committed: receipts,
 * outcomes, acks and starts.
 *
 * First in, first out; each waits for a number of records to be durable (lsn).
 * rules/commit.c performs them.
 */
#ifndef ON_COMMIT_H
#define ON_COMMIT_H

#include "coordinator/core/model/record.h"

struct coord;
struct job;

enum on_commit_type {
    ON_COMMIT_RECEIPT = 1, /* tell session/req that the job is accepted */
    ON_COMMIT_OUTCOME,     /* tell the waiters for task, ack the worker */
    ON_COMMIT_ATTEMPT,     /* ack the worker; task is started again */
    ON_COMMIT_START,       /* give the attempt to its worker */
    ON_COMMIT_CANCEL, /* tell session/req and the waiters for first..last */
    ON_COMMIT_END,    /* the array has ended: tell its waiters */
    ON_COMMIT_READ,   /* answer session/req from the store */
    ON_COMMIT_PIECE,  /* tell the worker that the piece is stored, or not */
    ON_COMMIT_IDS,    /* job ids below task.job are reserved */
    ON_COMMIT_WORKER, /* session may be given work: its worker is known */
};

struct on_commit {
    enum on_commit_type type;
    uint64_t lsn;
    session_id session;
    uint64_t req;
    struct job *job; /* counts in its n_on_commit; NULL: none */
    struct task_id task;
    struct attempt_id attempt;
    struct blob *body; /* of the outcome */
    uint8_t stream;    /* PIECE */
    uint64_t offset;   /* the same */
    bool existed;      /* RECEIPT: of a job that was there */
    bool conflict;     /* RECEIPT: not to be given: its content is another */
    uint32_t first, last, n_ended, n_asked, n_before; /* cancel */
};

/* Zeroed memory is an empty queue. */
struct on_commits {
    struct on_commit *at; /* ring */
    size_t head, n, cap;
};

/* To be done when all that was persisted so far is durable; lsn is filled in.
 * Takes body.
 */
void on_commit_add(struct coord *c, struct on_commit p);
/* Take the first one that is due. False: none. */
bool on_commit_take(struct coord *c, struct on_commit *out);
void on_commits_fini(struct on_commits *q);

#endif
