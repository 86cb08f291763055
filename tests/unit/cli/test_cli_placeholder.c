/* SPDX-License-Identifier: MIT */
/* Words with braces: which of them warn that nothing replaces them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/cli/placeholder.h"
#include "libcommon/check.h"

static void assert_unknown(const char *word, const char *want)
{
    struct view found = placeholder_find_unknown(word, true);

    if (!view_equal(found, view_str(want)))
        fail_msg("%s: %.*s instead of %s", word, (int)found.len,
                 (const char *)found.data, want);
}

static void what_would_be_replaced_elsewhere_is_found(void **state)
{
    (void)state;
    assert_unknown("{1}", "{1}");
    assert_unknown("--seed={2}", "{2}");
    assert_unknown("out/{1}.txt", "{1}");
    assert_unknown("cp {10} {2}", "{10}");
    assert_unknown("{}{x},{3}", "{3}");
    assert_unknown("{name}", "{name}");
    assert_unknown("path={my_file2}", "{my_file2}");
}

static void other_braces_are_left_alone(void **state)
{
    static const char *const fine[] = {
        "",          "{}",       "{.}",           "{/.}",
        "{//}",      "{#}",      "-exec {} +",    "{",
        "}",         "{1",       "a{2}",          "[0-9]{2}",
        "HEAD@{1}",  "${1}",     "x=${name}",     "{1,3}",
        "{a,b}",     "{ p }",    "{print $1}",    "/x/{print}",
        "{{.ID}}",   "x={}",     "w:={\"a\":1}",  "BEGIN {print}",
        "f() {echo", "f{name}g", "{name} {other}"
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fine); i++)
        assert_unknown(fine[i], "");
    assert_int_equal(placeholder_find_unknown("{print}", false).len, 0);
    assert_int_equal(placeholder_find_unknown("{1}", false).len, 3);
}

static void the_items_of_arrays_are_seen(void **state)
{
    (void)state;
    assert_true(placeholder_is_in("a/{/.}.o"));
    assert_true(placeholder_is_in("echo $YON_ITEM"));
    assert_false(placeholder_is_in("{1}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_would_be_replaced_elsewhere_is_found),
        cmocka_unit_test(other_braces_are_left_alone),
        cmocka_unit_test(the_items_of_arrays_are_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
