/* SPDX-License-Identifier: MIT */
/* duration - times and numbers as people write and read them. Pure. */
#ifndef DURATION_H
#define DURATION_H

#include <stdint.h>

#include "libcommon/buf.h"

#define DURATION_MAX_MS (INT64_C(366) * 24 * 3600 * 1000)

/* "1.5h", "90s", "2m30s", "500ms", "1d"; a bare number is seconds.
 * ERR_FORMAT  none of these;  ERR_RANGE  above DURATION_MAX_MS. */
enum err duration_parse(const char *text, int64_t *ms);

/* For a column, at most 6 characters. How long: "31.2s", "4m05s", "2h05m". */
void duration_add(struct buf *out, int64_t ms);
/* How long ago: "12s", "4m", "2h", "3d". */
void duration_add_age(struct buf *out, int64_t ms);
/* For a sentence: "8 s", "3 min 20 s", "2 h 05 min". */
void duration_add_words(struct buf *out, int64_t ms);
/* RFC 3339 in UTC with milliseconds. */
void duration_add_rfc3339(struct buf *out, int64_t unix_ms);
/* Digits in groups of three: "10 000". */
void duration_add_number(struct buf *out, uint64_t n);

#endif
