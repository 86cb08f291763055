/* SPDX-License-Identifier: MIT */
/* worker_lost - the attempts of a worker that is lost, or whose process died,
 * are requeued or end. */
#ifndef WORKER_LOST_H
#define WORKER_LOST_H

#include "coordinator/core/model/record.h"

struct attempt;
struct coord;
struct session;

enum worker_loss {
    WORKER_MOVED,  /* to another session, with all its attempts */
    WORKER_LEFT,   /* it said goodbye */
    WORKER_SILENT, /* for a whole lease */
};
/* The session is over. Its running attempts are lost; those whose end is being
 * written are not. */
void worker_lost_session(struct coord *c, struct session *s,
                         enum worker_loss how);
/* s has reconciled. If its process took the place of a dead one, the attempts
 * of that one that s did not name are lost. known: s has named the one that
 * took it down. */
void worker_lost_orphans(struct coord *c, struct session *s, bool known);
/* A running attempt will never report, by no fault of its own. */
void worker_lost_attempt(struct coord *c, struct attempt *a, const char *why);

#endif
