/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/pace.h"

static void one_look_tells_nothing(void **state)
{
    struct pace p = { 0 };

    (void)state;
    assert_true(pace_rate(&p, 1000) < 0);
    pace_note(&p, 0, 5);
    assert_true(pace_rate(&p, 1000) < 0);
    assert_int_equal(pace_left_ms(&p, 1000, 10), -1);
}

static void two_looks_tell_the_rate_and_what_is_left(void **state)
{
    struct pace p = { 0 };

    (void)state;
    pace_note(&p, 0, 100);
    pace_note(&p, 2000, 300);
    assert_true(pace_rate(&p, 2000) == 100);
    assert_int_equal(pace_left_ms(&p, 2000, 1300), 10000);
    assert_int_equal(pace_left_ms(&p, 2000, 300), 0);
    assert_int_equal(pace_left_ms(&p, 2000, 299), -1); /* or 0: nobody knows */
    /* Nothing more comes: it sinks. */
    assert_true(pace_rate(&p, 4000) == 50);
}

static void what_stands_still_never_ends(void **state)
{
    struct pace p = { 0 };

    (void)state;
    pace_note(&p, 0, 7);
    pace_note(&p, 1000, 7);
    assert_true(pace_rate(&p, 1000) == 0);
    assert_int_equal(pace_left_ms(&p, 1000, 10), -1);
}

static void the_last_ten_seconds_count(void **state)
{
    struct pace p = { 0 };

    (void)state;
    for (int64_t now = 0; now <= 60000; now += 200) {
        /* 10/s for half a minute, then 100/s. */
        int64_t done = now <= 30000 ? now / 100 : 300 + (now - 30000) / 10;

        pace_note(&p, now, (uint64_t)done);
    }
    assert_true(pace_rate(&p, 60000) > 95);
    assert_true(pace_rate(&p, 60000) < 105);
    assert_true(pace_rate(&p, 70000) < 60);
}

static void who_begins_anew_has_no_rate_yet(void **state)
{
    struct pace p = { 0 };

    (void)state;
    pace_note(&p, 0, 100);
    pace_note(&p, 1000, 200);
    pace_note(&p, 2000, 1);
    assert_true(pace_rate(&p, 2000) < 0);
    pace_note(&p, 3000, 11);
    assert_true(pace_rate(&p, 3000) == 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_look_tells_nothing),
        cmocka_unit_test(two_looks_tell_the_rate_and_what_is_left),
        cmocka_unit_test(what_stands_still_never_ends),
        cmocka_unit_test(the_last_ten_seconds_count),
        cmocka_unit_test(who_begins_anew_has_no_rate_yet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
