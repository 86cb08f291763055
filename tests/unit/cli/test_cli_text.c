/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/text.h"

static void assert_tally(const char *const *what, size_t n, size_t max,
                         const char *want)
{
    struct text_tally t = { 0 };
    struct buf out = { 0 };

    for (size_t i = 0; i < n; i++)
        text_tally_count(&t, view_str(what[i]));
    text_tally_add(&t, max, false, &out);
    assert_string_equal(buf_text(&out), want);
    buf_fini(&out);
    text_tally_fini(&t);
}

static void the_most_frequent_comes_first(void **state)
{
    static const char *const what[] = { "a", "b", "c", "b", "c", "b" };

    (void)state;
    assert_tally(what, 6, 3, "3 x b, 2 x c, 1 x a");
    assert_tally(what, 6, 1, "3 x b, ...");
    assert_tally(what, 3, 9, "1 x a, 1 x b, 1 x c");
}

static void one_alone_is_not_counted(void **state)
{
    static const char *const what[] = { "exit 1" };

    (void)state;
    assert_tally(what, 1, 1, "exit 1");
    assert_tally(what, 0, 1, "");
}

static void too_many_kinds_are_summed_up(void **state)
{
    char text[TEXT_TALLY_KINDS + 5][8];
    const char *what[TEXT_TALLY_KINDS + 5];

    (void)state;
    for (int i = 0; i < TEXT_TALLY_KINDS + 5; i++) {
        snprintf(text[i], sizeof text[i], "%d", i);
        what[i] = text[i];
    }
    assert_tally(what, TEXT_TALLY_KINDS + 5, 2, "1 x 0, 1 x 1, ...");
}

static void assert_word(const char *word, const char *want)
{
    struct buf out = { 0 };

    text_add_shellword(&out, view_str(word));
    assert_string_equal(buf_text(&out), want);
    buf_fini(&out);
}

static void plain_words_stay_bare(void **state)
{
    (void)state;
    assert_word("/tmp/a-b_c.d", "/tmp/a-b_c.d");
    assert_word("x={/.}", "x={/.}");
    assert_word("{#}", "{#}");
}

static void what_a_shell_would_change_is_quoted(void **state)
{
    (void)state;
    assert_word("", "''");
    assert_word("a b", "'a b'");
    assert_word("it's", "'it'\\''s'");
    assert_word("#a", "'#a'");
    assert_word("$HOME*", "'$HOME*'");
}

static void numbers_are_joined_by_commas_and_zero_is_left_out(void **state)
{
    struct buf out = { 0 };

    (void)state;
    text_add_part(&out, "", 0, "failed");
    assert_int_equal(out.len, 0);
    text_add_part(&out, "cancelled ", 2, "waiting");
    text_add_part(&out, "", 0, "lost");
    text_add_part(&out, "", 7, "had ended");
    assert_string_equal(buf_text(&out), "cancelled 2 waiting, 7 had ended");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_frequent_comes_first),
        cmocka_unit_test(one_alone_is_not_counted),
        cmocka_unit_test(too_many_kinds_are_summed_up),
        cmocka_unit_test(plain_words_stay_bare),
        cmocka_unit_test(what_a_shell_would_change_is_quoted),
        cmocka_unit_test(numbers_are_joined_by_commas_and_zero_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
