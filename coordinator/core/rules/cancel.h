/* SPDX-License-Identifier: MIT */
/* cancel - CANCEL: waiting elements end at once, running ones are asked to
 * stop. It is persisted: it holds over restarts, and a result that comes first
 * stays. */
#ifndef CANCEL_H
#define CANCEL_H

#include "coordinator/core/model/on_commit.h"

struct open_request;
struct session;

void cancel_take(struct coord *c, struct open_request *request,
                 const struct op *op);
/* It is durable: its client is told, and the waiters for what has ended. */
void cancel_committed(struct coord *c, const struct on_commit *p);
void cancel_answer(struct coord *c, struct open_request *request,
                   struct records *r);

#endif
