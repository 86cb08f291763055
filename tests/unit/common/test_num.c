/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/num.h"

static void the_smaller_and_the_larger_are_chosen(void **state)
{
    (void)state;
    assert_true(num_min(-1, 2) == -1 && num_min(2, -1) == -1);
    assert_true(num_max(-1, 2) == 2 && num_max(2, -1) == 2);
    assert_true(num_min(INT64_MIN, INT64_MAX) == INT64_MIN);
    assert_true(num_max(INT64_MIN, INT64_MAX) == INT64_MAX);
    assert_true(num_min_size(0, SIZE_MAX) == 0);
    assert_true(num_max_size(0, SIZE_MAX) == SIZE_MAX);
}

static void a_number_is_moved_to_the_nearer_end(void **state)
{
    (void)state;
    assert_true(num_clamp(4, 5, 9) == 5);
    assert_true(num_clamp(5, 5, 9) == 5);
    assert_true(num_clamp(7, 5, 9) == 7);
    assert_true(num_clamp(10, 5, 9) == 9);
    assert_true(num_clamp(7, 9, 5) == 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smaller_and_the_larger_are_chosen),
        cmocka_unit_test(a_number_is_moved_to_the_nearer_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
