/* SPDX-License-Identifier: MIT */
/* waiting - until jobs have ended, with progress. */
#ifndef WAITING_H
#define WAITING_H

#include "client/cli/jobs.h"

struct waiting_options {
    bool any;      /* one is enough */
    bool progress; /* shown on stderr */
};

/* Wait for the targets and say on stderr how it went; in JSON mode, and with
 * `any`, print on stdout what has ended. Returns an exit code. Suspends. */
int waiting_await(struct cli *c, const struct targets *targets,
                  struct waiting_options how);

#endif
