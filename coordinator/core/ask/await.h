/* SPDX-License-Identifier: MIT */
/* await - clients wait for jobs, and are told how they go. */
#ifndef AWAIT_H
#define AWAIT_H

#include "coordinator/core/model/record.h"

struct coord;
struct job;
struct open_request;
struct session;

void await_take(struct coord *c, struct open_request *request,
                const struct op *op);
/* A client does not want this answer any more. */
void await_forget(struct coord *c, struct session *s, const struct op *op);
/* Wait for the job, or ask the store when it has ended. */
void await_begin(struct coord *c, struct open_request *request, job_id job,
                 uint32_t elem);
/* An outcome is durable: answer the requests for that element. */
void await_tell(struct coord *c, struct job *j, uint32_t elem,
                const struct outcome *o);
/* The end of the array is durable: answer the requests for all of it. */
void await_tell_end(struct coord *c, struct job *j);
void await_answer(struct coord *c, struct open_request *request,
                  struct records *r);
/* Tell the watchers what is new, each as often as it wants. */
void await_progress(struct coord *c);

#endif
