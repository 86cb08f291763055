/* SPDX-License-Identifier: MIT */
/* confirm - a question before much is done at once. */
#ifndef CONFIRM_H
#define CONFIRM_H

#include "client/cli/targets.h"

/* More elements need a yes, or --yes. */
#define CONFIRM_MAX 100

/* Keep only the targets in --state, if it is given. Returns 0 or an exit code:
 * EXITS_NOTHING, printed, when none is left. */
int confirm_filter(const struct cli *c, struct targets *targets);

/* *go: whether `verb` may be done to n elements. Returns 0, also when --dry-run
 * has printed n or the answer was not yes; an exit code when there is no
 * terminal to ask at. */
int confirm(const struct cli *c, const char *verb, uint64_t n, bool *go);

#endif
