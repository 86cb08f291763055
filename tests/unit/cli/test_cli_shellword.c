/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/cli/shellword.h"

static void assert_word(const char *word, const char *want)
{
    struct buf out = { 0 };

    shellword_add(&out, view_str(word));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_words_stay_bare),
        cmocka_unit_test(what_a_shell_would_change_is_quoted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
