/* SPDX-License-Identifier: MIT */
/* failures - why the elements of a job failed, counted. */
#ifndef FAILURES_H
#define FAILURES_H

#include "client/cli/jobs.h"

/* Larger arrays are not looked through. */
#define FAILURES_MAX 10000

/* Add a note like "3 × exit 1", or "" when nothing failed or the array is too
 * large. Returns 0 or an exit code. Suspends. */
int failures_note_await(struct cli *c, const struct job *job, size_t max_kinds,
                        struct buf *out);

/* The element that failed last, and why, as a jobinfo says them. */
struct failure {
    uint32_t elem; /* 0: none */
    int64_t ended_ms;
    struct buf why; /* freed by the caller */
};

/* Find it in an array that is not too large. Returns 0 or an exit code.
 * Suspends. */
int failures_last_await(struct cli *c, const struct job *job,
                        struct failure *last);

#endif
