/* SPDX-License-Identifier: MIT */
/* timing - the time limits of a job, and when the first of them is over.
 *
 * Two limits are kept here: how long an element may wait until it is first
 * given to a worker, and how long all of the job may take. What runs is stopped
 * by its worker, which was told what was left of the second one; a result that
 * comes in spite of it counts. The whole counts from the submit by the wall
 * clock when a life of the coordinator begins, and from then on by the clock
 * that does not jump. A wait begins anew with such a life, for nobody knows
 * then what has been started before. One heap has the jobs in which something
 * waits, by when they are to be looked at; rules/expire.c ends what has waited
 * too long.
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
    int64_t queue_by_ms; /* what was never started waits until then ... */
    int64_t end_by_ms;   /* ... and all of it; TIMING_NEVER_MS: for ever */
    int64_t due_ms;
    struct heap_node due; /* in c->deadlines, while something can expire */
};
#define TIMING_NEVER_MS INT64_MAX

void timing_init(struct coord *c);
/* Its limits hold from now on: it is accepted, or all is restored. */
void timing_begin(struct coord *c, struct job *j);
void timing_end(struct coord *c, struct job *j); /* it leaves memory */
/* More of it waits than before. */
void timing_arm(struct coord *c, struct job *j);
/* What an ASSIGN of now says of limits. */
void timing_limit(const struct coord *c, const struct job *j, struct op *op);
/* All of it has to have ended by now. */
bool timing_is_over(const struct coord *c, const struct job *j);
/* The job in which something expires first; NULL: in none. */
struct timing *timing_next(const struct coord *c);

#endif
