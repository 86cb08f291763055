/* SPDX-License-Identifier: MIT */
/* placeholder - the placeholders in a word of a command line. Pure. */
#ifndef PLACEHOLDER_H
#define PLACEHOLDER_H

#include <stdbool.h>

#include "libcommon/buf.h"

/* Whether the item or the number of an element comes into the word. */
bool placeholder_is_in(const char *word);

#define PLACEHOLDER_LEN_MAX 4
/* The length of the placeholder that the text begins with; 0: it is none. */
size_t placeholder_len(const char *text);
/* Whether the item of an element, or a part of it, comes into the word. */
bool placeholder_has_item(const char *word);

/* Add a word in which `name` stands for the item (-I), as one in which {} does;
 * other placeholders in it stay as they are. False: the name is not in it. */
bool placeholder_rename(struct buf *out, const char *word, const char *name);

/* Find a look-alike, which is not replaced: {1}, and with `names` {name}.
 * Empty: none. Braces mean much else, ${x}, a{2} and {print} for example, so
 * {1} counts only where a value begins, and {name} only as the whole word or
 * all behind its =. */
struct view placeholder_find_unknown(const char *word, bool names);

#endif
