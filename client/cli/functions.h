/* SPDX-License-Identifier: MIT */
/* functions - the functions that connected workers offer. */
#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#include "client/cli/cli.h"

/* A call of a function that no worker offers waits for ever: refuse it, with
 * names that are near. Returns 0, EXITS_ABSENT or another exit code. Suspends.
 */
int functions_check_await(struct cli *c, const char *fn);
/* Only warn of it. Suspends. */
void functions_warn_await(struct cli *c, const char *fn);

/* A map from names of functions to the number of workers that offer them. The
 * caller drops the reference. Returns 0 or an exit code. Suspends. */
int functions_await(struct cli *c, json_t **out);

#endif
