/* SPDX-License-Identifier: MIT */
/* attempt_list - ATTEMPTS: the starts of an element that did not end it. */
#ifndef ATTEMPT_LIST_H
#define ATTEMPT_LIST_H

#include "coordinator/core/model/record.h"

struct coord;
struct open_request;
struct session;

void attempt_list_take(struct coord *c, struct open_request *request,
                       const struct op *op);
void attempt_list_answer(struct coord *c, struct open_request *request,
                         struct records *r);

#endif
