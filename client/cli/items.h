/* SPDX-License-Identifier: MIT */
/* items - the items of an array: a range of numbers, words, or the lines of a
 * file.
 */
#ifndef ITEMS_H
#define ITEMS_H

#include <stdio.h>

#include "client/cli/selector.h"
#include "libcommon/buf.h"

/* In the form of a SUBMIT: packed, or a range when packed is empty. n = 0, as
 * in zeroed memory: no array. */
struct items {
    uint32_t n;
    int64_t first, step; /* packed: first is 1 when they have numbers */
    struct buf packed;
    uint32_t n_cr; /* lines whose carriage return was kept */
};

void items_fini(struct items *items);

void items_from_range(struct items *items, struct number_range range);
/* ERR_LIMIT: more than ELEM_MAX items or ITEMS_LEN_MAX bytes; errmsg says what
 * to do. */
enum err items_append(struct items *items, struct view item, char *errmsg);
/* The same, with the number that the element goes by. All of them, or none. */
enum err items_append_numbered(struct items *items, int64_t number,
                               struct view item, char *errmsg);
/* Add each line of `in` as an item, without its newline; the last may lack one.
 * ERR_FORMAT: a NUL, errmsg names the line; ERR_LIMIT; ERR_IO. */
enum err items_read(struct items *items, FILE *in, char *errmsg);

#endif
