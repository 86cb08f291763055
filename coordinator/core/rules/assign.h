/* SPDX-License-Identifier: MIT */
/* assign - a taken element is given to a worker.
 *
 * ASSIGN leaves at once; of an at-most-once job, when its start is on disk.
 */
#ifndef ASSIGN_H
#define ASSIGN_H

#include "coordinator/core/model/on_commit.h"

struct past;
struct session;

void assign_element(struct coord *c, struct session *s, struct job *j,
                    uint32_t elem, const struct past *past);
/* It is on disk that it may run. */
void assign_committed(struct coord *c, const struct on_commit *p);

#endif
