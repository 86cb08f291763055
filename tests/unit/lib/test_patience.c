/* SPDX-License-Identifier: MIT */
/* How long a client waits for a coordinator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/lib/patience.h"

/* Time passes in steps as often as asked for. */
static void wait_ms(struct patience *p, int64_t ms, bool in_vain)
{
    int64_t until_ms = p->seen_ms + ms;

    while (p->seen_ms < until_ms) {
        int64_t step_ms = patience_step_max(p);

        if (step_ms > until_ms - p->seen_ms)
            step_ms = until_ms - p->seen_ms;
        patience_step(p, p->seen_ms + step_ms, in_vain);
    }
}

static void ends_when_all_of_it_was_in_vain(void **state)
{
    struct patience p = { .limit_ms = 1000 };

    (void)state;
    wait_ms(&p, 999, true);
    assert_false(patience_is_over(&p, 0));
    wait_ms(&p, 1, true);
    assert_true(patience_is_over(&p, 0));
}

static void begins_with_each_request(void **state)
{
    struct patience p = { .limit_ms = 1000 };
    int64_t began_ms;

    (void)state;
    wait_ms(&p, 700, true);
    began_ms = p.waited_ms;
    wait_ms(&p, 700, true);
    assert_true(patience_is_over(&p, 0));
    assert_false(patience_is_over(&p, began_ms));
}

static void is_renewed_by_a_session(void **state)
{
    struct patience p = { .limit_ms = 1000 };

    (void)state;
    wait_ms(&p, 700, true);
    wait_ms(&p, 1, false);
    wait_ms(&p, 700, true);
    assert_false(patience_is_over(&p, 0));
    wait_ms(&p, 300, true);
    assert_true(patience_is_over(&p, 0));
}

static void a_pause_of_the_program_takes_a_quarter(void **state)
{
    struct patience p = { .limit_ms = 1000 };

    (void)state;
    patience_step(&p, 1000000, true);
    assert_false(patience_is_over(&p, 0));
    assert_in_range(p.waited_ms, 200, 300);
}

static void without_limit_it_never_ends(void **state)
{
    struct patience p = { .limit_ms = 0 };

    (void)state;
    patience_step(&p, 1000000, true);
    assert_false(patience_is_over(&p, 0));
    assert_true(patience_wake_ms(&p, 0) == INT64_MAX);
}

static void wakes_in_steps_and_at_its_end(void **state)
{
    struct patience p = { .limit_ms = 1000 };
    int n_steps = 0;

    (void)state;
    while (!patience_is_over(&p, 0)) {
        assert_true(patience_wake_ms(&p, 0) > p.seen_ms);
        patience_step(&p, patience_wake_ms(&p, 0), true);
        n_steps++;
    }
    assert_int_equal(p.seen_ms, 1000);
    assert_in_range(n_steps, 4, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_when_all_of_it_was_in_vain),
        cmocka_unit_test(begins_with_each_request),
        cmocka_unit_test(is_renewed_by_a_session),
        cmocka_unit_test(a_pause_of_the_program_takes_a_quarter),
        cmocka_unit_test(without_limit_it_never_ends),
        cmocka_unit_test(wakes_in_steps_and_at_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
