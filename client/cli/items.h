/* SPDX-License-Identifier: MIT */
/* items - what the elements of an array are made from: a range of numbers,
 * words or the lines of a file.
 */
#ifndef ITEMS_H
#define ITEMS_H

#include <stdio.h>

#include "client/cli/selector.h"
#include "libcommon/buf.h"

/* As SUBMIT carries them: packed, or a range when packed is empty. n = 0: no
 * array. Zeroed memory is that. */
struct items {
    uint32_t n;
    int64_t first, step;
    struct buf packed;
    uint32_t n_cr; /* lines that ended in a carriage return, which they kept */
};

void items_fini(struct items *items);

void items_from_range(struct items *items, struct number_range range);
/* ERR_LIMIT: more than ELEM_MAX items or ITEMS_LEN_MAX bytes; errmsg says what
 * to do. */
enum err items_append(struct items *items, struct view item, char *errmsg);
/* One item for each line until the end of `in`, without its newline; a last
 * line without one counts. ERR_FORMAT: a NUL, errmsg names the line; ERR_LIMIT;
 * ERR_IO. */
enum err items_read(struct items *items, FILE *in, char *errmsg);

#endif
