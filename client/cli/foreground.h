/* SPDX-License-Identifier: MIT */
/* foreground - a command that stays with its job until the end: Ctrl-C, SIGTERM
 * and SIGHUP cancel the job. */
#ifndef FOREGROUND_H
#define FOREGROUND_H

#include "client/cli/cli.h"

/* Wait for this request, which ends with the job; it stays the caller's. After
 * a second a job that has not started is explained. A signal that was caught,
 * also an earlier one, asks for its end and the wait goes on; --timeout leaves
 * the job alone. Returns 0, an exit code that was told, or 128 and the signal
 * for a job that ended after one. Suspends. */
int foreground_await(struct cli *c, uint64_t job, yon_future *f);
/* Ask for its end; errors are told. Suspends. */
void foreground_cancel_await(struct cli *c, uint64_t job, const char *reason);

#endif
