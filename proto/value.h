/* SPDX-License-Identifier: MIT */
/* value - msgpack values written and read by a printf-like format.
 *
 * The format stands in <yon/yon.h> under "values". On top of that:
 *   keys of maps are `s`, in writing also `S`;
 *   `?` stands also before [ and {, and takes a missing key for nil;
 *   `d` reads integers, too;
 *   [ and { at the top read nil as empty, and "" reads nil and empty
 *   containers: there are several ways to write "no arguments".
 * Nesting ends at VALUE_DEPTH_MAX. Pure.
 */
#ifndef VALUE_H
#define VALUE_H

#include <stdarg.h>

#include "libcommon/buf.h"

/* Append one value.
 * ERR_FORMAT  the format is none, or a string is NULL;
 * ERR_LIMIT   a string is longer than a frame can carry.
 * errmsg says what; nothing is appended then. */
enum err value_pack(struct buf *out, const char *format, va_list args,
                    char *errmsg);

/* What was read lives here. Zeroed memory is an empty arena. */
struct value_arena {
    void *zone;       /* msgpack's */
    const char *what; /* what messages call the value; NULL: "argument" */
};
void value_arena_fini(struct value_arena *a);

/* Read the one value that `in` is. Strings handed out have a NUL behind them
 * and live as long as the arena; so does what each call unpacks.
 * ERR_TYPE    the value does not fit the format;
 * ERR_RANGE   a number is too large, or the value nested too deep;
 * ERR_SHORT, ERR_FORMAT  `in` is not a value; ERR_FORMAT: nor the format one.
 * errmsg says what: `argument "w": expected integer, got string`. Variables
 * before the one in error are set. */
enum err value_unpack(struct value_arena *a, struct view in, const char *format,
                      va_list args, char *errmsg);

#endif
