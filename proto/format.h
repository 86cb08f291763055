/* SPDX-License-Identifier: MIT */
/* format - the grammar of the formats of value.h. Private to proto. Pure.
 *
 * `at` walks through a format: it points at the next letter, or at blanks and
 * commas before it, which have no meaning.
 */
#ifndef FORMAT_H
#define FORMAT_H

#include "libcommon/err.h"

enum format_use { FORMAT_WRITE, FORMAT_READ };

/* ERR_FORMAT: errmsg says what is wrong. A checked format has known letters,
 * closed brackets and pairs in maps. It nests at most VALUE_DEPTH_MAX deep,
 * with the array around several values. */
enum err format_check(const char *format, enum format_use use, char *errmsg);

/* Of a checked format: */
char format_take(const char **at); /* the next letter; 0 at the end */
/* How many values stand from here to the end, or to the bracket that closes. */
unsigned format_count(const char *at);

#endif
