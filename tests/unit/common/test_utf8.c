/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/utf8.h"

#define LITERAL(bytes) view_of(bytes, sizeof(bytes) - 1)

static void only_utf8_is_valid(void **state)
{
    (void)state;
    assert_true(utf8_is_valid(LITERAL("")));
    assert_true(utf8_is_valid(LITERAL("a\0\n")));
    assert_true(utf8_is_valid(LITERAL("uml\xc3\xa4ut \xe2\x82\xac "
                                      "\xf0\x9d\x84\x9e")));
    assert_false(utf8_is_valid(LITERAL("\xff")));
    assert_false(utf8_is_valid(LITERAL("\x80")));
    assert_false(utf8_is_valid(LITERAL("a\xe4")));
    assert_false(utf8_is_valid(LITERAL("\xe2\x82")));
    assert_false(utf8_is_valid(LITERAL("\xc0\x80")));         /* too long */
    assert_false(utf8_is_valid(LITERAL("\xe0\x80\x80")));     /* too long */
    assert_false(utf8_is_valid(LITERAL("\xed\xa0\x80")));     /* surrogate */
    assert_false(utf8_is_valid(LITERAL("\xf4\x90\x80\x80"))); /* too large */
}

static void columns_are_those_of_a_terminal(void **state)
{
    (void)state;
    assert_int_equal(utf8_width(LITERAL("abc")), 3);
    assert_int_equal(utf8_width(LITERAL("\xc3\xa4")), 1);
    assert_int_equal(utf8_width(LITERAL("a\xcc\x88")), 1); /* combining */
    assert_int_equal(utf8_width(LITERAL("\xe6\x97\xa5\xe6\x9c\xac")), 4);
    assert_int_equal(utf8_width(LITERAL("\xf0\x9f\x98\x80")), 2);
    assert_int_equal(utf8_width(LITERAL("\xff\xfe")), 2);
}

static void assert_safe(struct view text, const char *want)
{
    struct buf out = { 0 };

    utf8_add_safe(&out, text);
    assert_string_equal(buf_text(&out), want);
    buf_fini(&out);
}

static void what_moves_the_cursor_is_escaped(void **state)
{
    (void)state;
    assert_safe(LITERAL("plain \xc3\xa4"), "plain \xc3\xa4");
    assert_safe(LITERAL("a\nb\tc\rd"), "a\\nb\\tc\\rd");
    assert_safe(LITERAL("\x1b[31m\x7f\0"), "\\x1b[31m\\x7f\\x00");
    assert_safe(LITERAL("\xff"), "\\xff");
    assert_safe(LITERAL("\xc2\x9b"), "\\xc2\\x9b");          /* CSI */
    assert_safe(LITERAL("\xe2\x80\xae"), "\\xe2\\x80\\xae"); /* RLO */
}

static void text_is_cut_between_characters(void **state)
{
    struct view text = LITERAL("a\xe6\x97\xa5\xe6\x9c\xac");

    (void)state;
    assert_int_equal(utf8_cut(text, 0), 0);
    assert_int_equal(utf8_cut(text, 1), 1);
    assert_int_equal(utf8_cut(text, 2), 1);
    assert_int_equal(utf8_cut(text, 3), 4);
    assert_int_equal(utf8_cut(text, 99), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_utf8_is_valid),
        cmocka_unit_test(columns_are_those_of_a_terminal),
        cmocka_unit_test(what_moves_the_cursor_is_escaped),
        cmocka_unit_test(text_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
