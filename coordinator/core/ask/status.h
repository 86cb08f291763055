/* SPDX-License-Identifier: MIT */
/* status - STATUS and WORKERS: the coordinator and its workers at this moment.
 */
#ifndef STATUS_H
#define STATUS_H

#include "coordinator/core/model/record.h"

struct coord;
struct open_request;
struct session;

/* Either request: it waits for its turn. */
void status_take(struct coord *c, struct open_request *request,
                 const struct op *op);
void status_answer(struct coord *c, struct open_request *request,
                   struct records *r);
void status_answer_workers(struct coord *c, struct open_request *request,
                           struct records *r);

#endif
