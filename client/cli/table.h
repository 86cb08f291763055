/* SPDX-License-Identifier: MIT */
/* table - rows of text under headings, aligned as a terminal shows them. Pure.
 *
 * Cells are made safe: control characters are shown escaped.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>

#include "libcommon/buf.h"

#define TABLE_COLUMNS_MAX 16

struct table {
    const char *const *headings; /* a leading '>' aligns right; NULL ends */
    size_t n_columns;
    struct buf text;   /* all cells, each ended by a NUL */
    struct buf styles; /* of each cell: enum table_style */
    size_t n_cells;
    bool color; /* styles are shown */
};

/* Colours of a terminal; TABLE_PLAIN is the default of a cell. */
enum table_style {
    TABLE_PLAIN = 0,
    TABLE_RED = 31,
    TABLE_GREEN = 32,
    TABLE_YELLOW = 33,
    TABLE_CYAN = 36,
};

/* headings are borrowed for the table's life. */
void table_init(struct table *t, const char *const *headings);
void table_fini(struct table *t);
/* Add the next cell; rows are filled from left to right. */
void table_add(struct table *t, struct view text);
void table_addf(struct table *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The style of the cell that was added last. */
void table_style(struct table *t, enum table_style style);
/* Write the whole table, with no blanks at line ends. width: columns to keep
 * within, by cutting the last column; 0: no limit. */
void table_print(const struct table *t, size_t width, struct buf *out);

#endif
