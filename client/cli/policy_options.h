/* SPDX-License-Identifier: MIT */
/* policy_options - what run, call and submit are told for the case that
 * something goes wrong. */
#ifndef POLICY_OPTIONS_H
#define POLICY_OPTIONS_H

#include "client/cli/cli.h"

/* Borrows from the options. Returns 0 or, told, an exit code. */
int policy_options_read(const struct cli *c, struct policy *out);

#endif
