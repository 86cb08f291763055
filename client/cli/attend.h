/* SPDX-License-Identifier: MIT */
/* attend - staying with a job until it has ended: Ctrl-C cancels it. */
#ifndef ATTEND_H
#define ATTEND_H

#include "client/cli/cli.h"

/* Wait for the job; `answer` gets its ENDED. When it has not started after a
 * second, what it waits for is told. At Ctrl-C, also at one that came
 * before, ask for its end and go on waiting; --timeout leaves it alone. Returns
 * 0, an exit code that was told, or, when it has ended after Ctrl-C,
 * EXITS_INTERRUPT. Suspends. */
int attend_await(struct cli *c, uint64_t job, request_answer_fn *answer,
                 void *arg);
/* Ask for its end. What goes wrong is told. Suspends. */
void attend_cancel_await(struct cli *c, uint64_t job, const char *reason);

#endif
