/* SPDX-License-Identifier: MIT */
/* recover - after a start: wait for workers that may still run attempts of the
 * former life.
 *
 * Workers that were known are waited for, one lease at most, before any element
 * of a former life is started again. New jobs do not wait. */
#ifndef RECOVER_H
#define RECOVER_H

struct coord;

void recover_begin(struct coord *c);
void recover_check(struct coord *c); /* whether it is over */
/* We were away: the workers have a full lease again. */
void recover_extend(struct coord *c);

#endif
