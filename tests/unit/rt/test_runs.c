/* SPDX-License-Identifier: MIT */
/* How often a coroutine has run, with all that it has spawned: whoever counts
 * sees that it lives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <yon/co.h>

#include "libcommon/rt/co/loop.h"

struct counts {
    uint64_t during, after; /* the child's life */
};

static int take_turns(void *arg)
{
    const int *n = arg;

    for (int i = 0; i < *n; i++)
        yon_sleep(0);
    return 0;
}

static int count(void *arg)
{
    struct counts *counts = arg;
    int half = 10, all = 20;
    yon_future *child = yon_spawn(take_turns, &all);

    take_turns(&half);
    counts->during = coro_n_runs(coro_current());
    yon_await(child);
    yon_free(child);
    counts->after = coro_n_runs(coro_current());
    return 0;
}

static void the_turns_of_children_count_also_when_they_have_ended(void **state)
{
    struct counts counts = { 0 };

    (void)state;
    assert_int_equal(yon_run(count, &counts), 0);
    assert_true(counts.during >= 2 * 10);
    assert_true(counts.after >= counts.during + 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_turns_of_children_count_also_when_they_have_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
