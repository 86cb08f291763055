/* SPDX-License-Identifier: MIT */
/* open_request - what a client has asked and was not answered yet. */
#ifndef OPEN_REQUEST_H
#define OPEN_REQUEST_H

#include "coordinator/core/model/record.h"
#include "libcommon/list.h"

struct coord;
struct job;
struct session;

/* What a request wants to know. */
struct pending_read {
    struct open_request *request; /* NULL: nobody waits for it any more */
    struct query query;           /* for the store; type 0: it is not needed */
    struct list in_session; /* while it waits for its turn; in none: the store
                             * has it */
};

/* What is done with an operation: each has a row in dispatch.c. */
struct request_rule {
    unsigned from; /* BITs of enum role: only these may send it */
    void (*take)(struct coord *c, struct session *s, const struct op *op);
    /* ... or, when it is a request, which is open then: */
    void (*request)(struct coord *c, struct open_request *request,
                    const struct op *op);
    /* What was read for it is there (NULL: it has read nothing); closes it. */
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
    bool receipted;            /* SUBMIT: the receipt was given or needs none */
    /* progress */
    uint32_t progress_ms;
    int64_t told_ms;
    uint64_t told_changes, told_advances;
    struct list in_watch;
    /* tail */
    uint64_t tail; /* number at the worker; 0: not asked yet */
    uint8_t stream;
    uint64_t offset;
    struct attempt_id from; /* in whose output; n 0: in any ... */
    struct attempt_id of;   /* ... that answers */
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
/* It reads: that waits for a turn, or until the request is closed. */
void open_request_read(struct open_request *request, struct query take);
/* The store has what it reads. */
void open_request_read_given(struct pending_read *read);
/* It waits for its job no more. */
void open_request_leave_job(struct open_request *request);

#endif
