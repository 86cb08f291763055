/* SPDX-License-Identifier: MIT */
/* worker_check - a look into a worker, for tests. Pure. */
#ifndef WORKER_CHECK_H
#define WORKER_CHECK_H

#include "worker/core/worker.h"

/* Count everything again, and compare. */
void worker_check(const struct worker *w);
size_t worker_n_held(const struct worker *w);
/* Copies up to max of the held attempts; returns how many there are. */
size_t worker_list_held(const struct worker *w, struct attempt_key *out,
                        size_t max);
/* Frames and operations from the coordinator that made no sense. */
uint64_t worker_n_ignored(const struct worker *w);

#endif
