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

#include <yon/value.h>

#include "libcommon/buf.h"
#include "proto/value_doc.h"

/* Append one value: several at the top of the format get an array around them.
 * ERR_FORMAT  the format is none, or a string or builder is NULL;
 * ERR_LIMIT   a string is longer than a frame can carry;
 * and the error of a builder that is appended. errmsg says what; nothing is
 * appended then. */
enum err value_pack(struct buf *out, const char *format, va_list args,
                    char *errmsg);
/* The same, one value behind the other: no array, and no nil for none. */
enum err value_pack_each(struct buf *out, const char *format, va_list args,
                         char *errmsg);

/* Read the one value that `in` is, which outlives the document. Strings handed
 * out have a NUL behind them and live as long as the document, and so do
 * cursors.
 * ERR_TYPE    the value does not fit the format;
 * ERR_RANGE   a number is too large, or the value nested too deep;
 * ERR_SHORT, ERR_FORMAT  `in` is not a value; ERR_FORMAT: nor the format one.
 * errmsg says what: `args.w: expected integer, got string`. Variables before
 * the one in error are set. */
enum err value_unpack(struct value_doc *doc, struct view in, const char *format,
                      va_list args, char *errmsg);
/* The same from where the cursor is, in the value that it came from. */
enum err value_unpack_at(const struct yon_cursor *c, const char *format,
                         va_list args, char *errmsg);

#endif
