/* SPDX-License-Identifier: MIT */
/* open_request - a request of a client that has not been closed by an answer.
 */
#ifndef OPEN_REQUEST_H
#define OPEN_REQUEST_H

#include "coordinator/core/model/record.h"
#include "libcommon/list.h"

struct coord;
struct follower;
struct job;
struct session;

/* A query of a request on its way to the store. */
struct pending_read {
    struct open_request *request; /* NULL: it was closed */
    struct query query;           /* type 0: answered without the store */
    struct list in_session; /* while it waits for its turn; unlinked once the
                             * store has it */
};

/* How an operation is handled: each has a row in dispatch.c. */
struct request_rule {
    unsigned from; /* BITs of enum role: only these may send it */
    void (*take)(struct coord *c, struct session *s, const struct op *op);
    /* ... or, when it is a request, which is open then: */
    void (*request)(struct coord *c, struct open_request *request,
                    const struct op *op);
    /* Answer it from the records that were read for it (NULL: it needed none);
     * closes it. */
    void (*answer)(struct coord *c, struct open_request *request,
                   struct records *r);
};

struct open_request {
    uint64_t req;
    enum op_type type;
    const struct request_rule *rule;
    struct session *session;
    struct list in_session;
    struct list in_job;        /* while it waits for a job */
    struct job *job;           /* NULL: none, or the answer is being read */
    struct pending_read *read; /* NULL: nothing is being read */
    uint32_t elem;             /* 0: all of it */
    job_id of_job;             /* attempts: whose */
    bool receipted;            /* SUBMIT: the receipt was given or needs none */
    /* progress */
    uint32_t progress_ms;
    int64_t told_ms;
    uint64_t told_changes, told_advances;
    struct list in_watch;
    /* SUBMIT, AWAIT */
    uint8_t follow;            /* STREAM_BITs, as it says */
    struct follower *follower; /* NULL: it follows nothing that is known */
    /* tail */
    uint64_t tail; /* number at the worker; 0: not asked yet */
    uint8_t stream;
    uint64_t offset;
    struct attempt_id from; /* whose output `offset` counts in; n 0: any */
    struct attempt_id of;   /* whose output answers */
    uint32_t max;
    uint32_t first, last, limit; /* fetch, cancel, list */
    bool bodies;                 /* fetch: with them */
    uint8_t what;
};

/* Open at its session, where req is free. */
struct open_request *open_request_new(struct session *s, uint64_t req,
                                      enum op_type type,
                                      const struct request_rule *rule);
/* Answered, forgotten, or its session is over. */
void open_request_free(struct coord *c, struct open_request *request);
/* NULL: it is not open any more. */
struct open_request *open_request_find(const struct coord *c,
                                       session_id session, uint64_t req);
/* Start a query: it waits for a turn, or until the request is closed. */
void open_request_read(struct open_request *request, struct query take);
/* The store has got the query. */
void open_request_read_given(struct pending_read *read);
/* It waits for its job no more. */
void open_request_leave_job(struct open_request *request);

#endif
