/* SPDX-License-Identifier: MIT */
/* placeholder - which of them stand in a word that was typed. Pure. */
#ifndef PLACEHOLDER_H
#define PLACEHOLDER_H

#include <stdbool.h>

#include "libcommon/buf.h"

/* Whether the item of an element, or its number, comes into the word. */
bool placeholder_is_in(const char *word);

/* What looks like one and is none: {1}, and with `names` {name}. Empty: nothing
 * does. Braces mean much else, ${x}, a{2} and {print} for example: {1} has to
 * stand where a value begins, {name} to be all of the word or all behind its =.
 */
struct view placeholder_find_unknown(const char *word, bool names);

#endif
