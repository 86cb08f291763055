/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/table.h"
#include "libcommon/check.h"

static const char *const headings[] = { ">ID", "NAME", "", "NOTE", NULL };

static void add_row(struct table *t, const char *id, const char *name,
                    const char *note)
{
    table_addf(t, "%s", id);
    table_addf(t, "%s", name);
    table_addf(t, "%s", "");
    table_addf(t, "%s", note);
}

static void assert_printed(struct table *t, size_t width, const char *want)
{
    struct buf out = { 0 };

    table_print(t, width, &out);
    assert_string_equal(buf_text(&out), want);
    buf_fini(&out);
    table_fini(t);
}

static void columns_are_aligned(void **state)
{
    struct table t;

    (void)state;
    table_init(&t, headings);
    add_row(&t, "7", "sweep", "");
    add_row(&t, "1234", "\xe6\x97\xa5", "waits");
    assert_printed(&t, 0,
                   "  ID  NAME     NOTE\n"
                   "   7  sweep\n"
                   "1234  \xe6\x97\xa5       waits\n");
}

static void cells_cannot_break_a_line(void **state)
{
    struct table t;

    (void)state;
    table_init(&t, headings);
    add_row(&t, "7", "a\nb", "\x1b[2J");
    assert_printed(&t, 0,
                   "ID  NAME    NOTE\n"
                   " 7  a\\nb    \\x1b[2J\n");
}

static void lines_are_cut_to_the_width(void **state)
{
    struct table t;

    (void)state;
    table_init(&t, headings);
    add_row(&t, "7", "sweep", "a long note");
    assert_printed(&t, 17,
                   "ID  NAME     NOTE\n"
                   " 7  sweep    a lo\n");
}

static void colours_are_only_shown_when_wanted(void **state)
{
    struct table t;

    (void)state;
    for (int color = 0; color < 2; color++) {
        table_init(&t, headings);
        table_addf(&t, "7");
        table_addf(&t, "x");
        table_style(&t, TABLE_RED);
        table_addf(&t, "%s", "");
        table_addf(&t, "n");
        t.color = color == 1;
        assert_printed(&t, 0,
                       color == 1 ? "ID  NAME    NOTE\n"
                                    " 7  \x1b[31mx\x1b[0m       n\n"
                                  : "ID  NAME    NOTE\n"
                                    " 7  x       n\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_aligned),
        cmocka_unit_test(cells_cannot_break_a_line),
        cmocka_unit_test(lines_are_cut_to_the_width),
        cmocka_unit_test(colours_are_only_shown_when_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
