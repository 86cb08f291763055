/* SPDX-License-Identifier: MIT */
/* near - the name that was probably meant, for hints after a typing error.
 * Pure. */
#ifndef NEAR_H
#define NEAR_H

#include <stdbool.h>

/* Whether the names are so close that one may be meant for the other. */
bool near_names(const char *typed, const char *name);

#endif
