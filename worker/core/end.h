/* SPDX-License-Identifier: MIT */
/* end - how attempts end here: by themselves, when they are asked to, or
 * because nobody wants them any more; and the results of those that have ended.
 * Pure.
 */
#ifndef END_H
#define END_H

#include "worker/core/worker_state.h"

/* It has ended so; worker, started_ms and ended_ms of the outcome are filled in
 * here. Its result leaves when the session knows that we hold it. */
void end_with(struct worker *w, struct worker_attempt *a,
              struct outcome outcome);
/* The shell reports that a running one has ended so. */
void end_reported(struct worker *w, struct worker_attempt *a,
                  const struct outcome *reported);
/* A queued one ends without having run. */
void end_unstarted(struct worker *w, struct worker_attempt *a, uint8_t state,
                   const char *reason, struct view message);
/* Ask a running one to end, once. */
void end_ask(struct worker *w, struct worker_attempt *a, struct view reason);
/* A queued or running one is over this limit. */
void end_expire(struct worker *w, struct worker_attempt *a, enum limit limit);
/* The coordinator does not want to hear of it any more: it may be freed. */
void end_disown(struct worker *w, struct worker_attempt *a);

/* Nothing is to run on, or to start. */
void end_disown_all(struct worker *w);
/* Programs that were disowned and have not ended are killed; why: for the
 * trace.
 */
void end_kill_all(struct worker *w, const char *why);

/* Send the result of one that has ended. */
void end_send(struct worker *w, struct worker_attempt *a);
/* Results that were sent long ago and not acked go out again. */
void end_send_again(struct worker *w);

#endif
