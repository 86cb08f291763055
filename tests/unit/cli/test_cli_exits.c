/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/exits.h"
#include "libcommon/check.h"
#include "libcommon/near.h"
#include "proto/op.h"

static void failed_counts_before_cancelled_before_done(void **state)
{
    (void)state;
    assert_int_equal(exits_worse(EXITS_DONE, EXITS_CANCELLED), EXITS_CANCELLED);
    assert_int_equal(exits_worse(EXITS_CANCELLED, EXITS_DONE), EXITS_CANCELLED);
    assert_int_equal(exits_worse(EXITS_CANCELLED, EXITS_FAILED), EXITS_FAILED);
    assert_int_equal(exits_worse(EXITS_FAILED, EXITS_DONE), EXITS_FAILED);
    assert_int_equal(exits_worse(EXITS_DONE, EXITS_DONE), EXITS_DONE);
}

static void states_have_the_documented_codes(void **state)
{
    (void)state;
    assert_int_equal(exits_of_state(STATE_DONE), 0);
    assert_int_equal(exits_of_state(STATE_FAILED), 1);
    assert_int_equal(exits_of_state(STATE_EXPIRED), 1);
    assert_int_equal(exits_of_state(STATE_LOST), 1);
    assert_int_equal(exits_of_state(STATE_CANCELLED), 7);
}

static void errors_have_the_documented_codes(void **state)
{
    (void)state;
    assert_int_equal(exits_of_err(ERR_ABSENT), 3);
    assert_int_equal(exits_of_err(ERR_UNREACHABLE), 4);
    assert_int_equal(exits_of_err(ERR_FULL), 5);
    assert_int_equal(exits_of_err(ERR_LIMIT), 5);
    assert_int_equal(exits_of_err(ERR_CONFLICT), 6);
    assert_int_equal(exits_of_err(ERR_TIMEOUT), 124);
    assert_int_equal(exits_of_err(ERR_IO), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failed_counts_before_cancelled_before_done),
        cmocka_unit_test(states_have_the_documented_codes),
        cmocka_unit_test(errors_have_the_documented_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
