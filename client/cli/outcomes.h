/* SPDX-License-Identifier: MIT */
/* outcomes - how elements ended: fetched page by page, counted, in words. */
#ifndef OUTCOMES_H
#define OUTCOMES_H

#include "client/cli/targets.h"
#include "client/cli/text.h"

/* Called for each, in order; may suspend. What `o` points to lives for the
 * call.
 */
typedef void outcomes_each_fn(void *arg, const struct outcome *o);

struct outcomes_query {
    const struct target *target;
    bool bodies;          /* with what they have produced */
    bool is_first_enough; /* of those that exist */
    outcomes_each_fn *each;
    void *arg;
};

/* All outcomes of the target that exist. stdout is flushed after each page;
 * when that fails nothing more is asked for. Returns 0 or an exit code;
 * EXITS_INTERRUPT is not told. Suspends. */
int outcomes_await(struct cli *c, const struct outcomes_query *query);

/* Where an element stands that has not ended: a state that is no end. */
struct outcomes_now {
    const struct outcome *outcome;
    const struct advance *advance; /* NULL: it does not run */
    struct view host;              /* of its worker */
};
typedef void outcomes_now_fn(void *arg, const struct outcomes_now *now);

/* The attempts of an element before the one that settled it, oldest first; and
 * where it stands, when it has not ended. Returns 0 or an exit code. Suspends.
 */
int outcomes_attempts_await(struct cli *c, uint64_t job, uint32_t elem,
                            outcomes_each_fn *each, outcomes_now_fn *now,
                            void *arg);

/* Larger arrays are not searched for failures. */
#define OUTCOMES_FAILURES_MAX 10000

/* How elements of a job failed. Zeroed memory is of a job without failures. */
struct outcomes_failures {
    bool is_unknown; /* the array is too large to be searched */
    struct text_tally kinds;
    uint32_t last_elem; /* the newest failure; 0: none */
    int64_t last_ms;
    struct buf last_why;
};

/* Find them, in an array that is not too large. Freed by
 * outcomes_failures_fini, also after an error. Returns 0 or an exit code.
 * Suspends. */
int outcomes_failures_await(struct cli *c, struct listed_job *job,
                            struct outcomes_failures *failures);
void outcomes_failures_fini(struct outcomes_failures *failures);

/* What it has produced; empty when that cannot be read, which outcomes_await
 * has told. */
struct body outcome_body(const struct outcome *o);
/* Why one did not end well, for people: exit 1 "the last line it wrote". */
void outcome_add_why(struct buf *out, const struct outcome *o);
/* What is missing of its output: 5 bytes of stdout, of which ... Nothing when
 * nothing is. The stream is named when the body is there. */
void outcome_add_dropped(struct buf *out, const struct outcome *o);
/* Whether it got so far that it could write something. */
bool outcome_has_started(const struct outcome *o);
/* Whether its exit code means something: it exited by itself, or with a code of
 * its own when it was asked to end. */
bool outcome_has_exit(const struct outcome *o);

#endif
