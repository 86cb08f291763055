/* SPDX-License-Identifier: MIT */
/* tell_worker - messages to a worker about an attempt that it has. */
#ifndef TELL_WORKER_H
#define TELL_WORKER_H

#include "proto/op.h"

struct attempt;
struct coord;
struct session;

/* Its end is known: the worker may forget it. */
void tell_worker_ack(struct coord *c, struct session *s,
                     struct attempt_key key);
void tell_worker_ruling(struct coord *c, struct session *s,
                        struct attempt_key key, enum verdict verdict);
/* STOP, if its element is to be cancelled. */
void tell_worker_stop(struct coord *c, struct attempt *a);

#endif
