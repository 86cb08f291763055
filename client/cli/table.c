/* SPDX-License-Identifier: MIT */
/* table - rows of text under headings, aligned as a terminal shows them. */
#include "client/cli/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"
#include "libcommon/utf8.h"

#define GAP 2

void table_init(struct table *t, const char *const *headings)
{
    *t = (struct table){ .headings = headings };
    while (headings[t->n_columns] != NULL)
        t->n_columns++;
    ASSERT(t->n_columns > 0 && t->n_columns <= TABLE_COLUMNS_MAX);
}

void table_fini(struct table *t)
{
    buf_fini(&t->text);
    buf_fini(&t->styles);
}

void table_add(struct table *t, struct view text)
{
    utf8_add_safe(&t->text, text);
    buf_add(&t->text, "", 1);
    buf_add(&t->styles, "", 1);
    t->n_cells++;
}

void table_style(struct table *t, enum table_style style)
{
    ASSERT(t->n_cells > 0);
    t->styles.data[t->n_cells - 1] = (uint8_t)style;
}

void table_addf(struct table *t, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int len;

    va_start(args, format);
    len = vasprintf(&text, format, args);
    va_end(args);
    ASSERT(len >= 0);
    table_add(t, view_of(text, (size_t)len));
    free(text);
}

static bool is_right(const struct table *t, size_t column)
{
    return t->headings[column][0] == '>';
}

static struct view heading(const struct table *t, size_t column)
{
    return view_str(t->headings[column] + is_right(t, column));
}

static struct view cell_next(const char **at)
{
    struct view cell = view_str(*at);

    *at += cell.len + 1;
    return cell;
}

static void measure(const struct table *t, size_t *widths)
{
    const char *at = (const char *)t->text.data;

    for (size_t c = 0; c < t->n_columns; c++)
        widths[c] = utf8_width(heading(t, c));
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t width = utf8_width(cell_next(&at));

        if (width > widths[i % t->n_columns])
            widths[i % t->n_columns] = width;
    }
}

static void add_blanks(struct buf *out, size_t n)
{
    while (n-- > 0)
        buf_add(out, " ", 1);
}

/* The blanks before a cell are written with it, so none end a line. */
struct pen {
    struct buf *out;
    size_t column; /* on the terminal, with blanks that are due */
    size_t due;
    size_t limit;
};

struct ink {
    bool right;
    uint8_t style;
};

static void add_inked(struct buf *out, struct view text, uint8_t style)
{
    if (style != TABLE_PLAIN)
        buf_addf(out, "\x1b[%dm", style);
    buf_add_view(out, text);
    if (style != TABLE_PLAIN)
        buf_addf(out, "\x1b[0m");
}

static void pen_cell(struct pen *p, struct view cell, size_t width,
                     struct ink ink)
{
    size_t len = utf8_width(cell);
    size_t pad = width > len ? width - len : 0;

    if (p->limit > 0 && p->column + len > p->limit) {
        size_t room = p->limit > p->column ? p->limit - p->column : 0;

        cell.len = utf8_cut(cell, room);
    }
    if (ink.right)
        p->due += pad;
    if (cell.len > 0) {
        add_blanks(p->out, p->due);
        add_inked(p->out, cell, ink.style);
        p->due = 0;
    } else {
        p->due += len;
    }
    p->due += GAP + (ink.right ? 0 : pad);
    p->column += width + GAP;
}

static void pen_end(struct pen *p)
{
    buf_add(p->out, "\n", 1);
    p->column = 0;
    p->due = 0;
}

void table_print(const struct table *t, size_t width, struct buf *out)
{
    size_t widths[TABLE_COLUMNS_MAX];
    const char *at = (const char *)t->text.data;
    struct pen pen = { .out = out, .limit = width };

    ASSERT(t->n_cells % t->n_columns == 0); /* every row is complete */
    ASSERT(t->styles.len == t->n_cells);
    measure(t, widths);
    for (size_t c = 0; c < t->n_columns; c++)
        pen_cell(&pen, heading(t, c), widths[c],
                 (struct ink){ .right = is_right(t, c) });
    pen_end(&pen);
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t c = i % t->n_columns;
        struct ink ink = { .right = is_right(t, c),
                           .style = t->color ? t->styles.data[i]
                                             : (uint8_t)TABLE_PLAIN };

        pen_cell(&pen, cell_next(&at), widths[c], ink);
        if (c == t->n_columns - 1)
            pen_end(&pen);
    }
}
