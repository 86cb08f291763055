/* SPDX-License-Identifier: MIT */
/* req - requests of clients and their answers, by the lists of op.h. A request,
 * its answers, a REFUSED for it and the FORGET that closes it share a number.
 * Pure.
 */
#ifndef REQ_H
#define REQ_H

#include "proto/op.h"

/* What an answer means for a request. */
enum req_answer {
    REQ_IGNORED, /* it is no answer to that */
    REQ_KEEPS,   /* more will follow */
    REQ_CLOSES,  /* the last */
};

/* Whether it is a request of clients. */
bool req_is_request(enum op_type type);
/* The number that it has for a field `req`; 0: it has no such field. */
uint64_t req_of(const struct op *op);
/* Number a request. */
void req_set(struct op *request, uint64_t req);
/* awaits: it is a SUBMIT that awaits the end. */
enum req_answer req_answer(enum op_type request, bool awaits,
                           enum op_type answer);

#endif
