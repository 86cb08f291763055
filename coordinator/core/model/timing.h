/* SPDX-License-Identifier: MIT */
/* timing - the time limits of a job, and the next moment at which one passes.
 *
 * Two limits are kept here: how long an element may wait until it is first
 * given to a worker, and how long all of the job may take. A running attempt is
 * stopped by its worker, which was told how much of the second one was left; a
 * result that comes in spite of it counts. The deadline counts from the submit
 * by the time lived (store/lived.h), whatever the wall clock does. A wait
 * begins anew with such a life, since it is not known then which elements were
 * started before. One heap has the jobs with waiting elements, by the moment of
 * their next limit; rules/expire.c ends these elements.
 */
#ifndef TIMING_H
#define TIMING_H

#include "libcommon/heap.h"
#include "proto/op.h"

struct coord;
struct job;

/* Of a job with limits, which are in its policy. */
struct timing {
    struct job *job;
    int64_t queue_by_ms; /* an element that was never started waits until then
                            ... */
    int64_t end_by_ms;   /* ... and the whole job; TIMING_NEVER_MS: for ever */
    int64_t due_ms;
    struct heap_node due; /* in c->deadlines, while something can expire */
};
#define TIMING_NEVER_MS INT64_MAX

void timing_init(struct coord *c);
/* Its limits hold from now on: it is accepted, or all is restored. */
void timing_begin(struct coord *c, struct job *j);
void timing_end(struct coord *c, struct job *j); /* it leaves memory */
/* More of its elements wait than before. */
void timing_arm(struct coord *c, struct job *j);
/* Fill in the limits of an ASSIGN that is sent now. */
void timing_limit(const struct coord *c, const struct job *j, struct op *op);
/* Its deadline has passed. */
bool timing_is_over(const struct coord *c, const struct job *j);
/* The job in which something expires first; NULL: in none. */
struct timing *timing_next(const struct coord *c);

#endif
