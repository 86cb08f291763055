/* SPDX-License-Identifier: MIT */
/* outcomes - fetching how elements ended, page by page, and as JSON. */
#ifndef OUTCOMES_H
#define OUTCOMES_H

#include "client/cli/jobs.h"

/* Called on the loop for each, in order; must not wait. What `o` points to
 * lives for the call. */
typedef void outcomes_each_fn(void *arg, const struct outcome *o);

struct outcomes_ask {
    const struct target *target;
    uint8_t parts; /* FETCH_... */
    outcomes_each_fn *each;
    void *arg;
};

/* All outcomes of the target that exist. stdout is flushed after each page;
 * when that fails nothing more is asked for. Returns 0 or an exit code;
 * EXITS_INTERRUPT is not told. Suspends. */
int outcomes_await(struct cli *c, const struct outcomes_ask *ask);

/* Why it did not end well, for people: exit 1 "what it said last". */
void outcome_add_why(struct buf *out, const struct outcome *o);
/* Whether it got so far that it could write something. */
bool outcome_has_started(const struct outcome *o);
/* Whether its exit code means something: it exited by itself, or with one of
 * its own when it was asked to end. */
bool outcome_has_exit(const struct outcome *o);
/* Fields for a document: {"code": , "signal": }; null for what has none. */
json_t *outcome_exit_json(const struct outcome *o);
/* {"code": "EXIT", "message": }; null when done. */
json_t *outcome_error_json(const struct outcome *o);
/* {"ms": , "at": stack}: how long it held the loop; null when never long. */
json_t *outcome_hold_json(const struct outcome *o);
/* Add what a job left: "value", or "exit", "stdout", "stderr" and so on. */
void outcome_add_result(const struct jobinfo *info, const struct outcome *o,
                        json_t *object);
/* "7.1234", as jobs are told; null when it never started. */
json_t *outcome_attempt_json(const struct outcome *o);
/* The value of a call; null when there is none. */
json_t *outcome_value_json(const struct outcome *o);

#endif
