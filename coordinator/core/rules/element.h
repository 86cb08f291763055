/* SPDX-License-Identifier: MIT */
/* element - every way in which an element ends or waits again. The only file
 * that counts the elements that have not ended (c->n_unended).
 */
#ifndef ELEMENT_H
#define ELEMENT_H

#include "coordinator/core/model/job.h"
#include "coordinator/core/model/on_commit.h"

struct attempt;

/* ---- jobs come and go ---- */
void element_begin_all(struct coord *c, const struct job *j);
/* The store did not take the job. */
void element_drop_all(struct coord *c, const struct job *j);
/* From the store: an element that has ended in a former life, and
 * whether its output has a gap. */
void element_restore(struct coord *c, struct job *j, uint32_t elem,
                     enum state state, bool gap);
/* ... and all of a range. */
void element_restore_range(struct coord *c, struct job *j,
                           const struct job_range *range);

/* ---- one element ---- */
/* Element o->elem, taken, has ended as *o says (a is its attempt, or NULL). */
void element_end(struct coord *c, struct job *j, struct attempt *a,
                 const struct outcome *o);
/* ... as its cancel says. */
void element_end_cancelled(struct coord *c, struct job *j, uint32_t elem,
                           struct attempt *a);
/* An attempt has ended without ending its element, which waits again when that
 * is durable. */
void element_end_attempt(struct coord *c, struct attempt *a, enum blame blame,
                         const struct outcome *o, int64_t delay_ms);
/* The record of an attempt that does not end its element. */
void element_record_attempt(struct coord *c, const struct attempt *a,
                            enum blame blame, const struct outcome *o,
                            int64_t delay_ms);
/* The attempt was given to a worker that never began it: its element waits
 * again, or ends when it was cancelled. */
void element_give_back(struct coord *c, struct attempt *a);

/* ---- many ---- */
/* The elements of the range shall end: waiting ones end now, running ones are
 * asked to stop. `p` names the request to answer; zeroed: none. */
void element_cancel(struct coord *c, struct job *j, struct job_range range,
                    struct on_commit p);
/* End the waiting elements of first..last that earlier cancels cover. */
void element_cancel_waiting(struct coord *c, struct job *j, uint32_t first,
                            uint32_t last);
/* Elements that were never started have expired. */
void element_expire_untaken(struct coord *c, struct job *j, const char *reason);

#endif
