/* SPDX-License-Identifier: MIT */
/* reconcile - the attempts that a worker holds against those that the
 * coordinator believes it holds: each one in its list is kept, killed, or known
 * to have ended. */
#ifndef RECONCILE_H
#define RECONCILE_H

#include "proto/op.h"

struct coord;
struct session;

/* HELD: the list. */
void reconcile_take(struct coord *c, struct session *s, const struct op *op);

#endif
