/* SPDX-License-Identifier: MIT */
/* promise - what may only be said once it is true.
 *
 * First in, first out; each waits for a number of records to be durable (lsn).
 * Pure.
 */
#ifndef PROMISE_H
#define PROMISE_H

#include "coordinator/core/record.h"

struct job;

enum promise_type {
    PROMISE_RECEIPT = 1, /* tell session/req that the job is accepted */
    PROMISE_OUTCOME,     /* tell who waits for ref, ack the worker */
    PROMISE_ATTEMPT,     /* ack the worker; ref is started again */
    PROMISE_START,       /* give the attempt to its worker */
    PROMISE_CANCEL,      /* tell session/req, and who waits for first..last */
    PROMISE_END,         /* the array has ended: tell who waits for all of it */
    PROMISE_READ,        /* answer session/req from the store */
    PROMISE_IDS,         /* job ids below ref.job are reserved */
    PROMISE_WORKER,      /* session may be given work: its worker is known */
};

struct promise {
    enum promise_type type;
    uint64_t lsn;
    session_id session;
    uint64_t req;
    struct job *job; /* counts in its n_promises; NULL: none */
    struct task_id ref;
    struct attempt_id attempt;
    struct blob *body; /* of the outcome */
    bool existed;      /* RECEIPT: of a job that was there */
    bool conflict;     /* RECEIPT: not to be given: its content is another */
    uint32_t first, last, n_ended, n_asked, n_before; /* cancel */
};

/* Zeroed memory is an empty queue. */
struct promises {
    struct promise *at; /* ring */
    size_t head, n, cap;
};

void promises_fini(struct promises *q);
void promises_add(struct promises *q, struct promise p); /* takes body */
/* Take the first whose lsn is durable. False: none. */
bool promises_take(struct promises *q, uint64_t durable, struct promise *out);

#endif
