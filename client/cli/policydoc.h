/* SPDX-License-Identifier: MIT */
/* policydoc - the policy of a job, as people and as programs read it. Pure. */
#ifndef POLICYDOC_H
#define POLICYDOC_H

#include <jansson.h>

#include "proto/op.h"

/* Add what differs from no policy at all, in the words of the options: "retries
 * 3, backoff 1s..1m, on exit=75". */
void policydoc_add(struct buf *out, const struct policy *p);
/* Times are in seconds; what is not limited is null. */
json_t *policydoc_json(const struct policy *p);

#endif
