/* SPDX-License-Identifier: MIT */
/* wait - until jobs have ended, with progress. */
#ifndef WAIT_H
#define WAIT_H

#include "client/cli/targets.h"

struct wait_options {
    bool any;      /* one is enough: of an array, one element */
    bool progress; /* shown on stderr */
};

/* Wait for the targets and say on stderr how it went; in JSON mode, and with
 * `any`, print on stdout what has ended. Returns an exit code. Suspends. */
int wait_jobs_await(struct cli *c, const struct targets *targets,
                    struct wait_options how);
/* That exit code, or 0 when jobs have not ended well and --exit-zero is given.
 */
int wait_exit(const struct cli *c, int code);

#endif
