/* SPDX-License-Identifier: MIT */
/* Cancellation of coroutines, and what it means to be a parent. They record
 * what they see; the assertions stand on the main stack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <yon/co.h>

#include "tests/unit/rt/notes.h"

/* What happened, as text, in order. */
static struct buf trace;

static char name_child[] = "child";

static int trace_clear(void **state)
{
    (void)state;
    buf_clear(&trace);
    return 0;
}

static int trace_free(void **state)
{
    (void)state;
    buf_fini(&trace);
    return 0;
}

/* ---- cancellation ---- */

static int sleep_long_twice(void *arg)
{
    int code = note(&trace, "sleep", yon_sleep(1000000));

    (void)arg;
    note(&trace, "sleep again", yon_sleep(0));
    note_truth(&trace, "is cancelled", yon_is_cancelled());
    return code;
}

static int cancel_a_sleeper(void *arg)
{
    yon_future *f = yon_spawn(sleep_long_twice, NULL);

    (void)arg;
    yon_sleep(0);
    yon_cancel(f);
    yon_cancel(f);
    note(&trace, "await", yon_await(f));
    note(&trace, "cancel when it has ended", yon_cancel(f));
    yon_free(f);
    return 0;
}

static void cancel_ends_a_sleep_and_all_that_follow(void **state)
{
    (void)state;
    yon_run(cancel_a_sleeper, NULL);
    assert_string_equal(buf_text(&trace), "sleep: cancelled\n"
                                          "sleep again: cancelled\n"
                                          "is cancelled: yes\n"
                                          "await: cancelled\n"
                                          "cancel when it has ended: ok\n");
}

static int cancel_before_the_start(void *arg)
{
    yon_future *f = yon_spawn(sleep_long_twice, NULL);

    (void)arg;
    yon_cancel(f);
    note(&trace, "await", yon_await(f));
    yon_free(f);
    return 0;
}

static void cancel_before_the_start_meets_the_first_await(void **state)
{
    (void)state;
    yon_run(cancel_before_the_start, NULL);
    assert_string_equal(buf_text(&trace), "sleep: cancelled\n"
                                          "sleep again: cancelled\n"
                                          "is cancelled: yes\n"
                                          "await: cancelled\n");
}

/* ---- parents ---- */

static int say_after_a_while(void *arg)
{
    int code = yon_sleep(5);

    buf_addf(&trace, "%s%s ", (const char *)arg, code == 0 ? "" : "!");
    return code;
}

static int leave_children_behind(void *arg)
{
    yon_free(yon_spawn(say_after_a_while, name_child));
    buf_addf(&trace, "leaves ");
    (void)arg;
    return -7;
}

static int await_a_parent(void *arg)
{
    yon_future *f = yon_spawn(leave_children_behind, arg);
    int code = yon_await(f);

    buf_addf(&trace, "parent ended");
    yon_free(f);
    return code;
}

static void a_parent_waits_for_its_children(void **state)
{
    (void)state;
    assert_int_equal(yon_run(await_a_parent, NULL), -7);
    assert_string_equal(buf_text(&trace), "leaves child parent ended");
}

static int leave_a_sleeper_behind(void *arg)
{
    (void)arg;
    yon_free(yon_spawn(sleep_long_twice, NULL));
    return yon_sleep(1000000);
}

static int leave_a_sleeper_behind_and_end(void *arg)
{
    (void)arg;
    yon_free(yon_spawn(sleep_long_twice, NULL));
    return 0;
}

static int cancel_the_parent(void *arg)
{
    yon_future *f = yon_spawn(*(yon_fn **)arg, NULL);
    int code;

    for (int i = 0; i < 3; i++)
        yon_sleep(0);
    yon_cancel(f);
    code = yon_await(f);
    yon_free(f);
    return code;
}

static void a_cancelled_parent_takes_its_children_along(void **state)
{
    yon_fn *while_it_sleeps = leave_a_sleeper_behind;
    yon_fn *while_it_waits_for_them = leave_a_sleeper_behind_and_end;

    (void)state;
    assert_int_equal(yon_run(cancel_the_parent, &while_it_sleeps),
                     YON_ECANCELLED);
    assert_int_equal(yon_run(cancel_the_parent, &while_it_waits_for_them), 0);
}

static int care_for_the_child(void *arg)
{
    yon_future *child = yon_spawn(say_after_a_while, name_child);

    (void)arg;
    yon_sleep(1000000);
    /* Cancelled; the child is not. */
    buf_addf(&trace, yon_is_done(child) ? "done " : "alive ");
    yon_free(child);
    return 0;
}

static void children_live_until_a_cancelled_parent_has_returned(void **state)
{
    yon_fn *parent = care_for_the_child;

    (void)state;
    yon_run(cancel_the_parent, &parent);
    assert_string_equal(buf_text(&trace), "alive child! ");
}

/* Each level starts the next and ends. */
static int spawn_a_chain(void *arg)
{
    int *left = arg;

    if (--*left > 0)
        yon_free(yon_spawn(spawn_a_chain, left));
    else
        yon_sleep(1000000);
    return 0;
}

static int cancel_a_chain(void *arg)
{
    yon_future *f = yon_spawn(spawn_a_chain, arg);
    int code;

    while (*(int *)arg > 0)
        yon_sleep(0);
    yon_cancel(f);
    code = yon_await(f);
    yon_free(f);
    return code;
}

static void cancellation_goes_down_a_long_chain(void **state)
{
    int left = 2000;

    (void)state;
    assert_int_equal(yon_run(cancel_a_chain, &left), 0);
    assert_int_equal(left, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(cancel_ends_a_sleep_and_all_that_follow,
                               trace_clear),
        cmocka_unit_test_setup(cancel_before_the_start_meets_the_first_await,
                               trace_clear),
        cmocka_unit_test_setup(a_parent_waits_for_its_children, trace_clear),
        cmocka_unit_test_setup(a_cancelled_parent_takes_its_children_along,
                               trace_clear),
        cmocka_unit_test_setup(
            children_live_until_a_cancelled_parent_has_returned, trace_clear),
        cmocka_unit_test_setup(cancellation_goes_down_a_long_chain,
                               trace_clear),
    };

    return cmocka_run_group_tests(tests, NULL, trace_free);
}
