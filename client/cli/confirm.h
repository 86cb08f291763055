/* SPDX-License-Identifier: MIT */
/* confirm - before much is done at once, people are asked. */
#ifndef CONFIRM_H
#define CONFIRM_H

#include "client/cli/targets.h"

/* Of more than so many elements people are asked, unless --yes. */
#define CONFIRM_MAX 100

/* Keep the targets with --state, if it is given. Nothing is left: told, and
 * EXITS_NOTHING. Returns 0 or an exit code. */
int confirm_filter(const struct cli *c, struct targets *targets);

/* May `verb` be done to n elements? Returns 0, or EXITS_DONE with *go false
 * after --dry-run, which prints the number, or an answer that is not yes; or an
 * exit code: nobody can be asked. */
int confirm(const struct cli *c, const char *verb, uint64_t n, bool *go);

#endif
