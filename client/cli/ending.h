/* SPDX-License-Identifier: MIT */
/* ending - what is said when waiting is over: how it ended, what to type next.
 */
#ifndef ENDING_H
#define ENDING_H

#include "client/cli/jobs.h"
#include "client/cli/progress.h"

struct ending {
    const struct targets *targets;
    struct counts ended;
    int exit;                  /* enum exits */
    struct progress *progress; /* its title, and the last failure if known */
    bool is_shown;             /* that failure has been shown already */
};

/* Say nothing when all is done; else how many failed, which last, and where to
 * look. Suspends. */
void ending_say_await(struct cli *c, const struct ending *e);
/* The user went, the jobs did not. */
void ending_say_detached(const struct cli *c, const struct targets *t);

#endif
