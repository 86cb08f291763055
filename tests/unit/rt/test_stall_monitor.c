/* SPDX-License-Identifier: MIT */
/* Who holds the loop too long is named; who does not is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <yon/co.h>

#include "libcommon/rt/co/stall_monitor.h"

static void a_hold_is_reported_once_and_again_when_it_is_over(void **state)
{
    struct stall_track h = { 0 };
    int64_t held_ms;

    (void)state;
    assert_int_equal(stall_track_see(&h, 1, 1000, 100, &held_ms), STALL_NONE);
    assert_int_equal(stall_track_see(&h, 1, 1099, 100, &held_ms), STALL_NONE);
    assert_int_equal(stall_track_see(&h, 1, 1100, 100, &held_ms), STALL_LONG);
    assert_int_equal(held_ms, 100);
    assert_int_equal(stall_track_see(&h, 1, 1500, 100, &held_ms), STALL_NONE);
    assert_int_equal(stall_track_see(&h, 2, 1700, 100, &held_ms), STALL_OVER);
    assert_int_equal(held_ms, 700);
}

static void
a_hold_of_ten_times_the_limit_is_reported_before_it_is_over(void **state)
{
    struct stall_track h = { 0 };
    int64_t held_ms;

    (void)state;
    assert_int_equal(stall_track_see(&h, 1, 1000, 100, &held_ms), STALL_NONE);
    assert_int_equal(stall_track_see(&h, 1, 1100, 100, &held_ms), STALL_LONG);
    assert_int_equal(stall_track_see(&h, 1, 1999, 100, &held_ms), STALL_NONE);
    assert_int_equal(stall_track_see(&h, 1, 2000, 100, &held_ms),
                     STALL_VERY_LONG);
    assert_int_equal(held_ms, 1000);
    assert_int_equal(stall_track_see(&h, 1, 9000, 100, &held_ms), STALL_NONE);
    assert_int_equal(stall_track_see(&h, 3, 9050, 100, &held_ms), STALL_OVER);
    assert_int_equal(stall_track_see(&h, 3, 9150, 100, &held_ms), STALL_LONG);
}

static void an_idle_loop_and_a_busy_one_hold_nothing(void **state)
{
    struct stall_track h = { 0 };
    int64_t held_ms;

    (void)state;
    for (int64_t at = 0; at < 10000; at += 50) /* the loop sleeps */
        assert_int_equal(stall_track_see(&h, 2, at, 100, &held_ms), STALL_NONE);
    for (uint64_t n = 3; n < 1000; n += 2) /* another coroutine at each look */
        assert_int_equal(
            stall_track_see(&h, n, 10000 + (int64_t)n * 90, 100, &held_ms),
            STALL_NONE);
}

struct seen {
    atomic_int n;
    char name[32];
    char holder[32];
    char label[32];
    char stack[1024];
    int64_t held_ms;
    void *arg;
    bool over;
};

static void saw(void *arg, const struct stall_report *r)
{
    struct seen *seen = arg;

    strncpy(seen->name, r->coroutine, sizeof seen->name - 1);
    strncpy(seen->holder, r->holder, sizeof seen->holder - 1);
    strncpy(seen->stack, r->stack, sizeof seen->stack - 1);
    strncpy(seen->label, r->label, sizeof seen->label - 1);
    seen->held_ms = r->held_ms;
    seen->arg = r->arg;
    seen->over = r->news == STALL_OVER;
    atomic_fetch_add(&seen->n, 1);
}

/* Holds the loop until the stall monitor has seen it. */
static int spin_until_seen(void *arg)
{
    struct seen *seen = arg;

    while (atomic_load(&seen->n) == 0)
        ;
    return 0;
}

static bool is_over(void *arg)
{
    return atomic_load(&((struct seen *)arg)->n) >= 2;
}

static void note_code(void *arg, int code)
{
    *(int *)arg = code;
}

static void keep_turning(uv_timer_t *timer)
{
    (void)timer;
}

static void who_spins_is_named_with_its_stack(void **state)
{
    struct seen seen = { 0 };
    struct loop *l = loop_new();
    struct stall_monitor *w = stall_monitor_start(l, 20, saw, &seen);
    struct coro *co;
    uv_timer_t timer;

    (void)state;
    assert_non_null(w);
    uv_timer_init(loop_uv(l), &timer);
    uv_timer_start(&timer, keep_turning, 1, 1);
    assert_int_equal(
        loop_spawn(l, "spinner", spin_until_seen, NULL, &seen, &co), ERR_NONE);
    coro_label(co, "the job");
    loop_run_await(l, is_over, &seen);
    stall_monitor_stop(w);
    uv_close((uv_handle_t *)&timer, NULL);
    loop_free(l);
    assert_string_equal(seen.name, "spinner");
    assert_string_equal(seen.label, "the job");
    assert_ptr_equal(seen.arg, &seen);
    assert_true(seen.over);
    assert_true(seen.held_ms >= 20);
    assert_non_null(strstr(seen.stack, "0x"));
}

/* A signal would end it early. */
static int sleep_in_the_kernel(void *arg)
{
    struct timespec t = { .tv_nsec = 200000000 };

    (void)arg;
    return nanosleep(&t, NULL) == 0 ? 0 : YON_EFAILED;
}

static void who_sleeps_in_a_system_call_is_named_and_not_woken(void **state)
{
    struct seen seen = { 0 };
    struct loop *l = loop_new();
    struct stall_monitor *w = stall_monitor_start(l, 20, saw, &seen);
    int code = -1000;
    struct coro *co;
    uv_timer_t timer;

    (void)state;
    uv_timer_init(loop_uv(l), &timer);
    uv_timer_start(&timer, keep_turning, 1, 1);
    assert_int_equal(
        loop_spawn(l, "sleeper", sleep_in_the_kernel, note_code, &code, &co),
        ERR_NONE);
    coro_label(co, "the job");
    loop_run_await(l, is_over, &seen);
    stall_monitor_stop(w);
    uv_close((uv_handle_t *)&timer, NULL);
    loop_free(l);
    assert_int_equal(code, 0);
    assert_string_equal(seen.name, "sleeper");
    assert_string_equal(seen.label, "the job");
    assert_non_null(strstr(seen.stack, "nanosleep"));
}

static bool has_ended(void *arg)
{
    return *(bool *)arg;
}

struct spin {
    struct seen seen;
    bool ended;
};

static void note_end(void *arg, int err)
{
    (void)err;
    ((struct spin *)arg)->ended = true;
}

static void a_hold_that_ends_with_the_loop_is_reported_as_over(void **state)
{
    struct spin spin = { 0 };
    struct loop *l = loop_new();
    struct stall_monitor *w = stall_monitor_start(l, 20, saw, &spin.seen);
    struct coro *co;

    (void)state;
    assert_int_equal(
        loop_spawn(l, "spinner", spin_until_seen, note_end, &spin, &co),
        ERR_NONE);
    loop_run_await(l, has_ended, &spin.ended);
    stall_monitor_stop(w);
    loop_free(l);
    assert_int_equal(spin.seen.n, 2);
    assert_true(spin.seen.over);
}

static int spin_in_child(void *arg)
{
    yon_free(yon_spawn_named("child", spin_until_seen, arg));
    return 0;
}

static void who_holds_is_named_apart_from_its_root(void **state)
{
    struct spin spin = { 0 };
    struct loop *l = loop_new();
    struct stall_monitor *w = stall_monitor_start(l, 20, saw, &spin.seen);
    struct coro *co;

    (void)state;
    assert_int_equal(loop_spawn(l, "root", spin_in_child, note_end, &spin, &co),
                     ERR_NONE);
    loop_run_await(l, has_ended, &spin.ended);
    stall_monitor_stop(w);
    loop_free(l);
    assert_string_equal(spin.seen.holder, "child");
    assert_string_equal(spin.seen.name, "root");
}

static int spin_in_child_without_a_name(void *arg)
{
    yon_free(yon_spawn(spin_until_seen, arg));
    return 0;
}

static void one_without_a_name_is_called_by_its_function(void **state)
{
    struct spin spin = { 0 };
    struct loop *l = loop_new();
    struct stall_monitor *w = stall_monitor_start(l, 20, saw, &spin.seen);
    struct coro *co;

    (void)state;
    assert_int_equal(loop_spawn(l, "root", spin_in_child_without_a_name,
                                note_end, &spin, &co),
                     ERR_NONE);
    loop_run_await(l, has_ended, &spin.ended);
    stall_monitor_stop(w);
    loop_free(l);
    assert_string_equal(spin.seen.holder, "spin_until_seen");
    assert_non_null(strstr(spin.seen.stack, "spin_until_seen"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_is_reported_once_and_again_when_it_is_over),
        cmocka_unit_test(
            a_hold_of_ten_times_the_limit_is_reported_before_it_is_over),
        cmocka_unit_test(a_hold_that_ends_with_the_loop_is_reported_as_over),
        cmocka_unit_test(who_holds_is_named_apart_from_its_root),
        cmocka_unit_test(one_without_a_name_is_called_by_its_function),
        cmocka_unit_test(an_idle_loop_and_a_busy_one_hold_nothing),
        cmocka_unit_test(who_spins_is_named_with_its_stack),
        cmocka_unit_test(who_sleeps_in_a_system_call_is_named_and_not_woken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
