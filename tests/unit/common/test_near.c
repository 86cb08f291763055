/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/near.h"

static void near_names_are_found(void **state)
{
    (void)state;
    assert_true(near_names("resise", "resize"));
    assert_true(near_names("res", "resize"));
    assert_true(near_names("sl", "ls") == false);
    assert_false(near_names("kill", "call"));
    assert_false(near_names("", "ls"));
    assert_false(near_names("resize", "encode"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_names_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
