/* SPDX-License-Identifier: MIT */
/* own_outcome - outcomes that no worker has reported. */
#ifndef OWN_OUTCOME_H
#define OWN_OUTCOME_H

#include "coordinator/core/model/record.h"

struct attempt;
struct coord;
struct session;

/* Of an element cancelled before any start. Borrows the text of the cancel. */
struct outcome own_outcome_cancelled(job_id job, uint32_t elem,
                                     const struct record *cancel);
/* The attempt was lost with its worker. Borrows the text and its name. */
struct outcome own_outcome_lost(const struct coord *c, const struct attempt *a,
                                const struct session *s, const char *text);
/* The element was not started in time: "queue-timeout" or "deadline". */
struct outcome own_outcome_expired(const struct coord *c, struct task_id task,
                                   const char *reason);

#endif
