/* SPDX-License-Identifier: MIT */
/* retry - an attempt reports a failure, and its element is started again.
 *
 *   attempt fails -> RECORD_ATTEMPT -> durable: ack, the element is delayed
 *      -> its time has come, and the budget of all retries has room
 *      -> it is ready, or, as a suspect, exclusive
 *
 * Only what is durable is acked and started again, so that no failure is ever
 * counted twice, or forgotten.
 */
#ifndef RETRY_H
#define RETRY_H

#include "coordinator/core/model/on_commit.h"

struct attempt;
struct record;

/* An attempt has ended as *o says. True: its element is started again, or it is
 * ended here. */
bool retry_take(struct coord *c, struct attempt *a, const struct outcome *o);
/* Its failure is on disk: the element waits to be started again. */
void retry_committed(struct coord *c, const struct on_commit *p);
/* Delayed elements that are due become ready, as the budget allows. */
void retry_due(struct coord *c);
/* Recovery is over: at-most-once elements that may have been started in a
 * former life, and that no worker has, are lost. */
void retry_unclaimed(struct coord *c, struct job *j);
/* From the store: an attempt of a former life that did not end its element. */
void retry_restore(struct coord *c, const struct record *rec);
void retry_begin(struct coord *c); /* all was restored */

#endif
