/* SPDX-License-Identifier: MIT */
/* expire - elements that have waited longer than their submit allows end, and
 * are not started any more. model/timing.h has the limits. */
#ifndef EXPIRE_H
#define EXPIRE_H

struct coord;

/* End the elements whose limit has passed. */
void expire_check(struct coord *c);

#endif
