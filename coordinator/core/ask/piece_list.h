/* SPDX-License-Identifier: MIT */
/* piece_list - PIECES: the stored parts of a large output. */
#ifndef PIECE_LIST_H
#define PIECE_LIST_H

#include "coordinator/core/model/record.h"

struct coord;
struct open_request;

void piece_list_take(struct coord *c, struct open_request *request,
                     const struct op *op);
void piece_list_answer(struct coord *c, struct open_request *request,
                       struct records *r);

#endif
