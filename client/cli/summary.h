/* SPDX-License-Identifier: MIT */
/* summary - the last words of a wait: how the jobs ended, what to type next. */
#ifndef SUMMARY_H
#define SUMMARY_H

#include "client/cli/progress.h"
#include "client/cli/targets.h"

struct summary {
    const struct targets *targets;
    struct counts ended;
    int exit;                  /* enum exits */
    struct progress *progress; /* its title, and the last failure if known */
    bool is_shown;             /* that failure has been shown already */
};

/* Say how many failed, which one last, and where to look; whose output was
 * dropped; nothing when all are done and whole. Suspends. */
void summary_say_await(struct cli *c, const struct summary *s);
/* The wait was given up, the jobs go on. */
void summary_say_detached(const struct cli *c, const struct targets *t);

#endif
