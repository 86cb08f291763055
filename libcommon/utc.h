/* SPDX-License-Identifier: MIT */
/* utc - times for people: 2027-03-01T00:00:00Z (RFC 3339), to the second. Pure.
 */
#ifndef UTC_H
#define UTC_H

#include "libcommon/buf.h"

/* In milliseconds since 1970. ERR_FORMAT  another form, no day of the calendar,
 * or a year before 1970. */
enum err utc_parse(const char *text, int64_t *out_ms);
/* `ms` of the years 1970 to 9999. */
void utc_add(struct buf *out, int64_t ms);

#endif
