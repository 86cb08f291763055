/* SPDX-License-Identifier: MIT */
/* reconcile - what a worker holds against what the coordinator believes: each
 * attempt of its list is to go on, to be killed, or known to have ended. */
#ifndef RECONCILE_H
#define RECONCILE_H

#include "proto/op.h"

struct coord;
struct session;

/* HELD: the list. */
void reconcile_take(struct coord *c, struct session *s, const struct op *op);

#endif
