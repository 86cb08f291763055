/* SPDX-License-Identifier: MIT */
/* reads - queries of requests to the store, session by session.
 *
 *   added -> waits in its session for a turn -> the store has it -> answered
 *
 * The store has few at a time. Sessions with more of them take turns, so that
 * one small query waits for one of each other session, however many these have.
 * A query of a closed request is not made. Answers that need no store but may
 * be long wait for a turn, too: one is given in a step.
 */
#ifndef READS_H
#define READS_H

#include "coordinator/core/model/step.h"

struct coord;
struct open_request;

/* Query the store for a request, or, type 0, just answer it, when it is the
 * turn of its session. */
void reads_add(struct coord *c, struct open_request *request,
               struct query take);
/* Read how request->elem of the job has ended. */
void reads_add_outcome(struct coord *c, struct open_request *request,
                       job_id job);
void reads_give(struct coord *c); /* to the store, as many as it may have */
size_t reads_limit(const struct coord *c);
void reads_free(struct coord *c);
void reads_done(struct coord *c, const struct coord_event *e);

#endif
