/* SPDX-License-Identifier: MIT */
/* jobdoc - jobs, elements and outcomes as JSON documents. */
#ifndef JOBDOC_H
#define JOBDOC_H

#include "client/cli/outcomes.h"

/* The fields that all have, of items->info; what is not known is null. o: how
 * the job, or an element, ended, or where it stands; NULL: the job as a whole.
 */
json_t *jobdoc_new(struct job_items *items, const struct outcome *o);
/* Say in it how elements of an array failed: "failures", and "last_failure"
 * where the coordinator does not know it any more. */
void jobdoc_add_failures(json_t *doc, const struct jobinfo *info,
                         const struct outcomes_failures *failures);
/* Add where it runs: "host", "pid" and "progress". */
void jobdoc_add_now(json_t *doc, const struct outcomes_now *now);
/* Add "policy", and "command" and "cwd", or "args": what a full LIST has. */
void jobdoc_add_spec(json_t *doc, const struct jobinfo *info);
/* Add what a job left: "value" and "printed", or "exit", "stdout", "stderr" and
 * so on. body: what it has produced. */
void jobdoc_add_result(const struct jobinfo *info, const struct outcome *o,
                       const struct body *body, json_t *doc);
/* An attempt that did not settle its element. */
json_t *jobdoc_of_attempt(const struct outcome *o);

/* Parts of them. {"code": , "signal": }; null for what has none. */
json_t *jobdoc_exit(const struct outcome *o);
/* {"code": "EXIT", "message": }; null when done. */
json_t *jobdoc_error(const struct outcome *o);
/* {"ms": , "at": stack}: how long it held the loop; null when never long. */
json_t *jobdoc_hold(const struct outcome *o);
/* "7.1234", as jobs are told; null when it never started. */
json_t *jobdoc_attempt(const struct outcome *o);
/* The item of an element; null for a job that is no array. */
json_t *jobdoc_item(struct job_items *items, uint32_t elem);
/* The value of a call; null when there is none. */
json_t *jobdoc_value(const struct outcome *o);

#endif
