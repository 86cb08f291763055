/* SPDX-License-Identifier: MIT */
/* functions - the functions that connected workers offer. */
#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#include "client/cli/cli.h"

/* Refuse a function that no worker offers, since its call would wait for ever;
 * suggest similar names. Returns 0, EXITS_ABSENT or another exit code.
 * Suspends.
 */
int functions_check_await(struct cli *c, const char *fn);
/* The same as a warning. Suspends. */
void functions_warn_await(struct cli *c, const char *fn);

/* A map from names of functions to { "workers": how many offer them, "modules":
 * [{ "file", "build", "workers" }] }. The caller drops the reference. Returns 0
 * or an exit code. Suspends. */
int functions_await(struct cli *c, json_t **out);

#endif
