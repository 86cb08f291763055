/* SPDX-License-Identifier: MIT */
/* utf8 - text of unknown origin on a terminal.
 *
 * Names, items and messages come from anywhere: they are shown without moving
 * the cursor, and columns are counted as a terminal counts them. Pure.
 */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>

#include "libcommon/buf.h"

bool utf8_is_valid(struct view text);
/* Columns that the text takes; bytes that are no UTF-8 count as one each. */
size_t utf8_width(struct view text);
/* Add text with control characters and bytes that are no UTF-8 as \n, \t, \x1b.
 */
void utf8_add_safe(struct buf *out, struct view text);
/* Bytes of the longest beginning that takes at most `columns`. */
size_t utf8_cut(struct view text, size_t columns);

#endif
