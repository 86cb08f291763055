/* SPDX-License-Identifier: MIT */
/* The clock by which ages count: it goes on over lives, and believes the wall
 * clock only for an hour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "coordinator/store/lived.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)
#define YEARS_MS (20 * 365 * DAY_MS)
#define WALL_MS INT64_C(1750000000000)

/* It began on machine 1, up for a day, and lived for an hour since. */
static struct lived lived_an_hour(void)
{
    struct lived l = { 0 };
    struct moment at = { 1, DAY_MS, WALL_MS };

    assert_int_equal(lived_begin(&l, &at, false), 0);
    assert_int_equal(l.ms, 0);
    at.boot_ms += HOUR_MS;
    at.wall_ms += HOUR_MS;
    assert_true(lived_mark(&l, &at));
    assert_int_equal(lived_ms(&l, &at), HOUR_MS);
    return l;
}

static void nothing_was_lived_before_the_first_life(void **state)
{
    struct lived l = { 0 };
    struct moment at = { 0, DAY_MS, WALL_MS };

    (void)state;
    assert_int_equal(lived_begin(&l, &at, false), 0);
    assert_int_equal(lived_ms(&l, &at), 0);
}

static void the_wall_clock_of_a_life_changes_nothing(void **state)
{
    struct lived l = lived_an_hour();

    (void)state;
    for (int64_t wall_ms = -YEARS_MS; wall_ms <= YEARS_MS; wall_ms += YEARS_MS)
        assert_int_equal(lived_ms(&l, &(struct moment){ 1, DAY_MS + HOUR_MS + 9,
                                                        WALL_MS + wall_ms }),
                         HOUR_MS + 9);
}

static void a_restart_on_the_same_machine_is_exact(void **state)
{
    struct lived l = lived_an_hour();
    struct moment at = { 1, 11 * DAY_MS, WALL_MS - YEARS_MS };

    (void)state;
    assert_int_equal(lived_begin(&l, &at, false), 0);
    assert_int_equal(lived_ms(&l, &at), 10 * DAY_MS);
}

static void a_machine_that_was_down_adds_an_hour_at_most(void **state)
{
    struct lived l = lived_an_hour();
    struct moment at = { 2, 5, WALL_MS + 3 * HOUR_MS / 2 };

    (void)state;
    assert_int_equal(lived_begin(&l, &at, false), 0);
    assert_int_equal(lived_ms(&l, &at), 3 * HOUR_MS / 2);
    at.machine = 3;
    at.wall_ms += 8 * DAY_MS;
    assert_int_equal(lived_begin(&l, &at, false), 8 * DAY_MS - HOUR_MS);
    assert_int_equal(lived_ms(&l, &at), 5 * HOUR_MS / 2);
    at.machine = 0; /* not known: like another one */
    at.wall_ms -= YEARS_MS;
    assert_int_equal(lived_begin(&l, &at, false), 0);
    assert_int_equal(lived_ms(&l, &at), 5 * HOUR_MS / 2);
}

static void the_operator_can_confirm_the_wall_clock(void **state)
{
    struct lived l = lived_an_hour();
    struct moment at = { 2, 5, WALL_MS + 8 * DAY_MS };

    (void)state;
    assert_int_equal(lived_begin(&l, &at, true), 0);
    assert_int_equal(lived_ms(&l, &at), 8 * DAY_MS);
}

static void a_mark_is_made_now_and_then(void **state)
{
    struct lived l = lived_an_hour();
    struct moment at = l.at;

    (void)state;
    at.boot_ms += LIVED_MARK_MS - 1;
    assert_false(lived_mark(&l, &at));
    at.boot_ms++;
    assert_true(lived_mark(&l, &at));
    assert_int_equal(l.at.boot_ms, at.boot_ms);
    assert_int_equal(lived_ms(&l, &at), HOUR_MS + LIVED_MARK_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_was_lived_before_the_first_life),
        cmocka_unit_test(the_wall_clock_of_a_life_changes_nothing),
        cmocka_unit_test(a_restart_on_the_same_machine_is_exact),
        cmocka_unit_test(a_machine_that_was_down_adds_an_hour_at_most),
        cmocka_unit_test(the_operator_can_confirm_the_wall_clock),
        cmocka_unit_test(a_mark_is_made_now_and_then),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
