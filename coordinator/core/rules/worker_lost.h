/* SPDX-License-Identifier: MIT */
/* worker_lost - what a worker ran that is lost, or whose process is dead, is
 * requeued, or ends. */
#ifndef WORKER_LOST_H
#define WORKER_LOST_H

#include "coordinator/core/model/record.h"

struct attempt;
struct coord;
struct session;

/* The session is over: so are all its attempts. */
void worker_lost_session(struct coord *c, struct session *s, bool said_bye);
/* The process before that of s is dead, and s has said what it knows of that:
 * what it has not named is lost. known: it has named what took it down. */
void worker_lost_orphans(struct coord *c, struct session *s, bool known);
/* A running attempt will never report. */
void worker_lost_attempt(struct coord *c, struct attempt *a, enum blame blame,
                         const char *why);

#endif
