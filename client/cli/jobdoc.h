/* SPDX-License-Identifier: MIT */
/* jobdoc - a job, or an element of one, as fields of a JSON document. */
#ifndef JOBDOC_H
#define JOBDOC_H

#include "client/cli/jobs.h"

/* The fields that all have; what is not known is null. o: how it, or an
 * element, ended; NULL: the job as a whole. */
json_t *jobdoc_new(const struct jobinfo *info, const struct outcome *o);
/* Add "policy", and "command" and "cwd", or "args": what a full LIST has. */
void jobdoc_add_spec(json_t *doc, const struct jobinfo *info);

#endif
