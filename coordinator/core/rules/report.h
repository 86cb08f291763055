/* SPDX-License-Identifier: MIT */
/* report - a worker tells how an attempt ended: once it is durable the worker
 * has its ack, and the clients that wait are told. */
#ifndef REPORT_H
#define REPORT_H

#include "coordinator/core/model/on_commit.h"

struct session;

void report_take(struct coord *c, struct session *s, const struct op *op);
/* The outcome is durable. */
void report_committed(struct coord *c, const struct on_commit *p);

#endif
