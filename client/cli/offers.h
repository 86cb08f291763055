/* SPDX-License-Identifier: MIT */
/* offers - which functions connected workers offer. */
#ifndef OFFERS_H
#define OFFERS_H

#include "client/cli/cli.h"

/* A call of a function that nobody offers waits for ever: tell it, with names
 * that are near. Returns 0, EXITS_ABSENT or another exit code. Suspends. */
int offers_check_await(struct cli *c, const char *fn);
/* Only warn of it. Suspends. */
void offers_warn_await(struct cli *c, const char *fn);

/* A map from names of functions to the number of workers that offer them. The
 * caller drops the reference. Returns 0 or an exit code. Suspends. */
int offers_await(struct cli *c, json_t **out);

#endif
