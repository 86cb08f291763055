/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/tally.h"

static void assert_tally(const char *const *what, size_t n, size_t max,
                         const char *want)
{
    struct tally t = { 0 };
    struct buf out = { 0 };

    for (size_t i = 0; i < n; i++)
        tally_count(&t, view_str(what[i]));
    tally_add(&t, max, false, &out);
    assert_string_equal(buf_text(&out), want);
    buf_fini(&out);
    tally_fini(&t);
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
    char text[TALLY_KINDS + 5][8];
    const char *what[TALLY_KINDS + 5];

    (void)state;
    for (int i = 0; i < TALLY_KINDS + 5; i++) {
        snprintf(text[i], sizeof text[i], "%d", i);
        what[i] = text[i];
    }
    assert_tally(what, TALLY_KINDS + 5, 2, "1 x 0, 1 x 1, ...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_frequent_comes_first),
        cmocka_unit_test(one_alone_is_not_counted),
        cmocka_unit_test(too_many_kinds_are_summed_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
