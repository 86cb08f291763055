/* SPDX-License-Identifier: MIT */
/* answer - requests of clients are opened, and closed with an answer. */
#ifndef ANSWER_H
#define ANSWER_H

#include "proto/op.h"

struct coord;
struct open_request;
struct request_rule;
struct session;

/* Open a request; NULL: it is open already, or refused. */
struct open_request *answer_open(struct coord *c, struct session *s,
                                 uint64_t req, enum op_type type,
                                 const struct request_rule *rule);
/* Send an answer that closes the request. */
void answer(struct coord *c, struct open_request *request, const struct op *op);
/* Close it with a refusal. */
void answer_refuse(struct coord *c, struct open_request *request, enum err code,
                   uint32_t retry_ms, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Refuse an operation that makes no sense from this peer. */
void answer_nonsense(struct coord *c, struct session *s, const char *format,
                     ...) __attribute__((format(printf, 3, 4)));

#endif
