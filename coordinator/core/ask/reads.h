/* SPDX-License-Identifier: MIT */
/* reads - what requests want to know of the store, session by session.
 *
 *   asked -> waits in its session for a turn -> the store has it -> answered
 *
 * The store has few at a time. The sessions that have more take turns, so that
 * one small question waits for one of everybody else, however much these ask
 * for. What nobody waits for any more is not read. What needs no store, but may
 * be long, waits for a turn, too: one is answered in a step.
 */
#ifndef READS_H
#define READS_H

#include "coordinator/core/model/step.h"

struct coord;
struct open_request;

/* Ask the store on behalf of a request, or, type 0, answer it, when it is its
 * session's turn. */
void reads_add(struct coord *c, struct open_request *request,
               struct query take);
/* How request->elem of the job has ended, which the store knows. */
void reads_add_outcome(struct coord *c, struct open_request *request,
                       job_id job);
void reads_give(struct coord *c); /* to the store, as many as it may have */
size_t reads_limit(const struct coord *c);
void reads_free(struct coord *c);
void reads_done(struct coord *c, const struct coord_event *e);

#endif
