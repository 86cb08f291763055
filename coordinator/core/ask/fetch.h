/* SPDX-License-Identifier: MIT */
/* fetch - FETCH: the outcomes of a job's elements, page by page. */
#ifndef FETCH_H
#define FETCH_H

#include "coordinator/core/model/record.h"

struct coord;
struct open_request;
struct session;

void fetch_take(struct coord *c, struct open_request *request,
                const struct op *op);
void fetch_answer(struct coord *c, struct open_request *request,
                  struct records *r);

#endif
