/* SPDX-License-Identifier: MIT */
/* expire - what waits longer than its submit allows ends, and is not started
 * any more. model/timing.h has the limits. */
#ifndef EXPIRE_H
#define EXPIRE_H

struct coord;

/* End what has waited too long. */
void expire_check(struct coord *c);

#endif
