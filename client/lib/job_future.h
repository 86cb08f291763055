/* SPDX-License-Identifier: MIT */
/* job_future - the future of a job: a submit until its end, or an await of a
 * job that exists.
 */
#ifndef JOB_FUTURE_H
#define JOB_FUTURE_H

#include "client/lib/request.h"
#include "client/lib/watch.h"

struct job_future {
    struct request request;    /* first */
    struct yon_future receipt; /* over when the id is known, or never will be */
    uint64_t job;              /* 0: not known yet */
    uint32_t elem;             /* 0: all of it */
    bool is_cancelled;         /* at the latest as soon as it has an id */
    bool is_abandoned;
    struct watch *watch; /* NULL: nobody asked how far it is */
    int exit_code;       /* -1: none */
    struct buf result;   /* msgpack; empty: none */
    struct buf out, err;
};

/* Submit; op is a SUBMIT with await. Never NULL, as all that follow. */
yon_future *job_future_submit(yon_client *c, struct op *op);
yon_future *job_future_attach(yon_client *c, uint64_t job, uint32_t elem);
/* The future of a job that failed before it was submitted. */
yon_future *job_future_failed(yon_client *c, enum err err, const char *text);

/* NULL: it is the future of something else. */
struct job_future *job_future_of(const yon_future *f);
/* Of the receipt only `job` may be read. */
struct job_future *job_future_of_receipt(const yon_future *f);

#endif
