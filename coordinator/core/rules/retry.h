/* SPDX-License-Identifier: MIT */
/* retry - an attempt has told that it failed, and its element is started again.
 *
 *   attempt fails -> RECORD_ATTEMPT -> durable: ack, the element is delayed
 *      -> its time has come, and the budget of all retries has room
 *      -> it waits as others do; one that shall run alone, in its queue
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
/* Those whose time has come. */
void retry_due(struct coord *c);
/* What may have been started in a former life, is not to be started twice, and
 * nobody has, is lost. */
void retry_unclaimed(struct coord *c, struct job *j);
/* From the store: an attempt of a former life that did not end its element. */
void retry_restore(struct coord *c, const struct record *rec);
void retry_begin(struct coord *c); /* all was restored */

#endif
