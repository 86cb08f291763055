/* SPDX-License-Identifier: MIT */
/* targets - the jobs and elements that a command is about. */
#ifndef TARGETS_H
#define TARGETS_H

#include "client/cli/jobs.h"

/* A job, or some of its elements. */
struct target {
    struct listed_job *job;
    bool is_whole;
    uint32_t first, last, step; /* elements, when not the whole:
                                 * places, not numbers */
};

struct targets {
    struct jobs jobs; /* those that the targets point to */
    struct target *at;
    size_t n, cap;
};

/* Find what the arguments of the command select. A job or element that is named
 * by its number and does not exist: EXITS_ABSENT; nothing at all:
 * EXITS_NOTHING; both are told. Free with targets_fini also after an error.
 * Suspends. */
int targets_find_await(struct cli *c, struct targets *targets);
/* The same, where `all` means those that have not ended; *targets is empty, and
 * the exit code 0, when there are none. */
int targets_find_active_await(struct cli *c, struct targets *targets);
/* The same for one job. */
int targets_of_job_await(struct cli *c, uint64_t id, struct targets *targets);
void targets_fini(struct targets *targets);
uint32_t target_n(const struct target *t); /* elements selected */

#endif
