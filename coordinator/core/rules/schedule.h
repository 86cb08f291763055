/* SPDX-License-Identifier: MIT */
/* schedule - waiting elements meet free places. */
#ifndef SCHEDULE_H
#define SCHEDULE_H

struct coord;

/* Give out all that finds a place. */
void schedule(struct coord *c);

#endif
