/* SPDX-License-Identifier: MIT */
/* request - any question to the coordinator, as a future: what the public API
 * and the command line are made of.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <yon/yon.h>

#include "proto/op.h"

/* Called on the loop for each answer; what `op` points to lives for the call.
 * `last`: none follows and the future is about to end. It must not await. */
typedef void request_answer_fn(void *arg, const struct op *op, bool last);

/* Ask; sets op->u.*.req and copies the rest. The future ends with 0 after the
 * last answer, with the code of a REFUSED (yon_error() has its message;
 * `answer` is not called for it), YON_EUNREACHABLE when patience is over,
 * YON_ECLOSED. yon_free before the end forgets the request. Never NULL. */
yon_future *request_new(yon_client *c, struct op *op, request_answer_fn *answer,
                        void *arg);

/* For people: why requests of this client wait to be sent again; "": none
 * does. */
const char *request_put_off(const yon_client *c);
/* For how long this client has had no session; 0: it has one. */
int64_t request_lost_ms(const yon_client *c);

#endif
