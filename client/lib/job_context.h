/* SPDX-License-Identifier: MIT */
/* job_context - yon_job of <yon/job.h>, wherever the job runs: what its
 * function reads and sets. The host, a worker or a local client, embeds it as
 * its first member.
 */
#ifndef JOB_CONTEXT_H
#define JOB_CONTEXT_H

#include <yon/job.h>

#include "libcommon/buf.h"
#include "proto/op.h"
#include "proto/value.h"

/* Room for the text of a code that has none. */
#define JOB_OWN_LEN 64

struct loop;

struct yon_job {
    uint64_t id;      /* 0: it has none */
    uint32_t elem;    /* 0: not of an array */
    char attempt[48]; /* "EPOCH.N" */
    uint32_t tries;   /* 1: the first start */
    yon_job_fn *fn;
    struct loop *loop; /* on which fn runs; NULL: it does not yet */
    yon_client *(*client)(yon_job *job); /* for yon_job_client */
    /* For yon_progress; only done, total and doing count. NULL: nobody. */
    void (*advance)(yon_job *job, const struct advance *a);
    /* For yon_log, above what the log itself gets. NULL: nobody. */
    void (*logged)(yon_job *job, enum yon_log_level level, const char *text);
    struct buf args;
    struct value_doc doc; /* of args */
    struct buf result;    /* empty: nil */
    struct buf body;      /* of its outcome */
    bool too_large;       /* yon_return was given more than is allowed */
    char *text;           /* for people; NULL: none */
    int text_code;        /* what was to be returned with it ... */
    uint8_t retry;        /* ... and what of another try: enum retry */
    uint32_t retry_ms;
};

void job_fini(yon_job *job);
/* Call its function. */
int job_run(yon_job *job);
/* The end of a job whose function returned `code`: state, reason, message and
 * body, borrowed from the job and from `own`. stopped_for: why it was asked to
 * end; NULL: it was not. Once. */
void job_report(yon_job *job, int code, const struct view *stopped_for,
                struct outcome *out, char own[JOB_OWN_LEN]);

#endif
