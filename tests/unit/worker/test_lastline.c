/* SPDX-License-Identifier: MIT */
/* The last thing a program said, for people to read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "worker/shell/exec/lastline.h"

static void expect_len(const char *text, size_t len, const char *line)
{
    struct buf out = { 0 };

    lastline_add(&out, view_of(text, len));
    assert_string_equal(buf_text(&out), line);
    buf_fini(&out);
}

static void expect(const char *text, const char *line)
{
    expect_len(text, strlen(text), line);
}

static void the_last_line_that_is_not_blank_counts(void **state)
{
    (void)state;
    expect("", "");
    expect("\n \n\t\r\n", "");
    expect("one", "one");
    expect("one\ntwo\n", "two");
    expect("one\n  two words \r\n\n", "two words");
    expect_len("a\0\n", 3, "a");
}

static void
what_a_compiler_says_counts_not_the_place_that_it_shows(void **state)
{
    (void)state;
    expect("a.c: In function 'f':\na.c:12:8: error: expected ';'\n"
           "   12 | int g( {\n      |        ^\n      |        ;\n",
           "a.c:12:8: error: expected ';'");
    expect("a.c:3:1: error: no\n    3 | | x\n\n", "a.c:3:1: error: no");
    expect("one\n3 of 4 | failed\n", "3 of 4 | failed");
    expect("| only\n\n  | this\n", "| this");
}

static void control_characters_are_replaced(void **state)
{
    (void)state;
    expect("\x1b[31mred\x7f", "?[31mred?");
    expect_len("a\0b", 3, "a?b");
    expect("tab\there", "tab?here");
    expect("\xc2\x9b", "??"); /* a control character beyond ASCII */
}

static void only_utf8_passes(void **state)
{
    (void)state;
    expect("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x8c\x8d",
           "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x8c\x8d");
    expect("\xff", "?");
    expect("\xc3", "?");                /* cut */
    expect("\xe2\x82", "??");           /* cut */
    expect("\xc0\xaf", "??");           /* longer than needed */
    expect("\xe0\x80\xaf", "???");      /* longer than needed */
    expect("\xed\xa0\x80", "???");      /* a surrogate */
    expect("\xf4\x90\x80\x80", "????"); /* beyond Unicode */
    expect("\xc3x", "?x");
}

static void a_long_line_is_cut_between_characters(void **state)
{
    char text[LASTLINE_LEN_MAX + 2];
    struct buf out = { 0 };

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text + LASTLINE_LEN_MAX - 1, "\xc3\xbc", 2);
    lastline_add(&out, view_of(text, sizeof text));
    assert_int_equal(out.len, LASTLINE_LEN_MAX - 1);
    buf_fini(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_line_that_is_not_blank_counts),
        cmocka_unit_test(
            what_a_compiler_says_counts_not_the_place_that_it_shows),
        cmocka_unit_test(control_characters_are_replaced),
        cmocka_unit_test(only_utf8_passes),
        cmocka_unit_test(a_long_line_is_cut_between_characters),
    };
    return cmocka_run_group_tests_name("lastline", tests, NULL, NULL);
}
