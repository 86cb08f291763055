/* SPDX-License-Identifier: MIT */
/* attempts - those that did not settle their element, as people read them. */
#ifndef ATTEMPTS_H
#define ATTEMPTS_H

#include "client/cli/outcomes.h"

/* Append a line for each, oldest first, as `yon show` has them, and to `list`
 * an object. Returns 0 or an exit code. Suspends. */
int attempts_add_await(struct cli *c, uint64_t job, uint32_t elem,
                       struct buf *lines, json_t *list);

#endif
