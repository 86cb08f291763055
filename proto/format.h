/* SPDX-License-Identifier: MIT */
/* format - the grammar of the formats of value.h. Private to proto. Pure.
 *
 * A format is walked by a pointer: `at` stands before the next letter, or
 * before blanks and commas, which do not count.
 */
#ifndef FORMAT_H
#define FORMAT_H

#include "libcommon/err.h"

enum format_use { FORMAT_WRITE, FORMAT_READ };

/* ERR_FORMAT: it is none; errmsg says why. What passes has only known letters,
 * closed brackets, pairs in maps, and depth, with the array around several
 * values, of at most VALUE_DEPTH_MAX. */
enum err format_check(const char *format, enum format_use use, char *errmsg);

/* Of a checked format: */
char format_take(const char **at); /* the next letter; 0 at the end */
/* How many values stand from here to the end, or to the bracket that closes. */
unsigned format_count(const char *at);

#endif
