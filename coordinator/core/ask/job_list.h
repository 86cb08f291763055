/* SPDX-License-Identifier: MIT */
/* job_list - LIST: jobs, newest first, each with its state and why it waits. */
#ifndef JOB_LIST_H
#define JOB_LIST_H

#include "coordinator/core/model/record.h"

struct coord;
struct open_request;
struct session;

void job_list_take(struct coord *c, struct open_request *request,
                   const struct op *op);
void job_list_answer(struct coord *c, struct open_request *request,
                     struct records *r);

#endif
