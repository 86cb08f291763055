/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/counts.h"

static const struct counts some = { .n = 100,
                                    .running = 1,
                                    .retrying = 2,
                                    .done = 3,
                                    .failed = 4,
                                    .cancelled = 5,
                                    .expired = 6,
                                    .lost = 7 };

static void each_state_has_its_field(void **state)
{
    static const uint32_t expected[STATE_COUNT] = {
        [STATE_WAITING] = 72, [STATE_RUNNING] = 1, [STATE_RETRYING] = 2,
        [STATE_DONE] = 3,     [STATE_FAILED] = 4,  [STATE_CANCELLED] = 5,
        [STATE_EXPIRED] = 6,  [STATE_LOST] = 7,
    };

    (void)state;
    for (unsigned s = 0; s < STATE_COUNT + 5; s++)
        assert_int_equal(counts_in(&some, s),
                         s < STATE_COUNT ? expected[s] : 0);
    assert_int_equal(counts_in(&some, STATE_HANDED_BACK), 0);
    assert_int_equal(counts_ended(&some), 25);
}

static void one_that_ended_is_counted_once(void **state)
{
    (void)state;
    for (unsigned s = STATE_DONE; s < STATE_COUNT; s++) {
        struct counts c = counts_of_one(s, false);

        assert_int_equal(c.n, 1);
        assert_int_equal(counts_ended(&c), 1);
        assert_int_equal(counts_in(&c, s), 1);
        assert_int_equal(counts_worst(&c), s);
        c.n = 2;
        counts_end(&c, (enum state)s);
        assert_int_equal(counts_in(&c, s), 2);
    }
    assert_int_equal(counts_in(&(struct counts){ .n = 1 }, STATE_WAITING), 1);
}

static void a_state_that_nobody_knows_is_no_end(void **state)
{
    struct counts c = counts_of_one(99, false);

    (void)state;
    assert_int_equal(c.n, 1);
    assert_int_equal(counts_ended(&c), 0);
}

static void sums_are_of_each_field(void **state)
{
    struct counts sum = some;

    (void)state;
    counts_add(&sum, &some);
    for (unsigned s = STATE_WAITING; s < STATE_COUNT; s++)
        assert_int_equal(counts_in(&sum, s), 2 * counts_in(&some, s));
}

static void the_worst_goes_from_failed_to_done(void **state)
{
    static const enum state order[] = { STATE_FAILED, STATE_LOST, STATE_EXPIRED,
                                        STATE_CANCELLED, STATE_DONE };
    struct counts c = { .n = 5 };

    (void)state;
    for (size_t i = 5; i > 0; i--) {
        counts_end(&c, order[i - 1]);
        assert_int_equal(counts_worst(&c), order[i - 1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_has_its_field),
        cmocka_unit_test(one_that_ended_is_counted_once),
        cmocka_unit_test(a_state_that_nobody_knows_is_no_end),
        cmocka_unit_test(sums_are_of_each_field),
        cmocka_unit_test(the_worst_goes_from_failed_to_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
