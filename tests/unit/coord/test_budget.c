/* SPDX-License-Identifier: MIT */
/* The budget of retries: tokens come with time and with starts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "coordinator/core/model/budget.h"

static const struct budget_rules rules = {
    .first = 2, .most = 4, .per_second = 10, .percent = 20
};

static unsigned take_all(struct budget *b, int64_t now_ms)
{
    unsigned n = 0;

    while (budget_take(b, now_ms))
        n++;
    return n;
}

static void it_begins_with_some_and_time_brings_more(void **state)
{
    struct budget b;

    (void)state;
    budget_init(&b, rules, 1000);
    assert_int_equal(take_all(&b, 1000), 2);
    assert_int_equal(budget_next_ms(&b), 1100);
    assert_false(budget_take(&b, 1099));
    assert_int_equal(budget_next_ms(&b), 1100);
    assert_true(budget_take(&b, 1100));
    assert_int_equal(take_all(&b, 1400), 3);
    assert_int_equal(take_all(&b, 1000), 0); /* no time goes back */
}

static void starts_bring_their_part(void **state)
{
    struct budget b;

    (void)state;
    budget_init(&b, rules, 0);
    take_all(&b, 0);
    for (int i = 0; i < 4; i++)
        budget_earn(&b);
    assert_int_equal(take_all(&b, 0), 0);
    budget_earn(&b);
    assert_int_equal(budget_next_ms(&b), 0);
    assert_int_equal(take_all(&b, 0), 1);
}

static void no_more_is_kept_than_its_maximum(void **state)
{
    struct budget b;

    (void)state;
    budget_init(&b, rules, 0);
    for (int i = 0; i < 1000; i++)
        budget_earn(&b);
    assert_int_equal(take_all(&b, INT64_MAX / 2), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_with_some_and_time_brings_more),
        cmocka_unit_test(starts_bring_their_part),
        cmocka_unit_test(no_more_is_kept_than_its_maximum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
