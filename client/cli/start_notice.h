/* SPDX-License-Identifier: MIT */
/* start_notice - why a job has not started, said after a second of waiting. */
#ifndef START_NOTICE_H
#define START_NOTICE_H

#include "client/cli/cli.h"

/* Zeroed memory: nothing to say. */
struct start_notice {
    struct cli *c;
    uint64_t job;
    yon_future *telling;
};

/* *n must stay where it is until start_notice_end_await. */
void start_notice_begin(struct start_notice *n, struct cli *c, uint64_t job);
/* Suspends, but not for long. */
void start_notice_end_await(struct start_notice *n);

#endif
