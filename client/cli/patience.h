/* SPDX-License-Identifier: MIT */
/* patience - who waits for a job that does not start is told why, after a
 * second. */
#ifndef PATIENCE_H
#define PATIENCE_H

#include "client/cli/cli.h"

/* Zeroed memory is one that has nothing to tell. */
struct patience {
    struct cli *c;
    uint64_t job;
    yon_future *telling;
};

/* *p must stay where it is until patience_end_await. */
void patience_begin(struct patience *p, struct cli *c, uint64_t job);
/* Suspends, but not for long. */
void patience_end_await(struct patience *p);

#endif
