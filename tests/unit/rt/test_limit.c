/* SPDX-License-Identifier: MIT */
/* Time limits and shields: who is under which, and for how long. That they end
 * every kind of await stands in test_stop.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <yon/co.h>

#include "libcommon/check.h"
#include "tests/unit/rt/notes.h"

#define LONG_MS 100000000

struct record {
    struct buf notes;
    int n_late, n_in_time, n_children_late;
    int first; /* code of what a child meets at once */
    int64_t left_ms[4];
    yon_event *event;
};

static int sleep_long(void *arg)
{
    (void)arg;
    return yon_sleep(LONG_MS);
}

/* ---- nesting ---- */

static int nest_a_longer_one(void *arg)
{
    struct record *r = arg;
    struct yon_limit outer, inner;

    yon_limit_begin(&outer, 2);
    yon_limit_begin(&inner, LONG_MS);
    r->left_ms[0] = yon_limit_left_ms();
    note(&r->notes, "sleep", yon_sleep(LONG_MS));
    note(&r->notes, "limit end inner", yon_limit_end(&inner));
    note(&r->notes, "pause", yon_pause());
    note(&r->notes, "limit end outer", yon_limit_end(&outer));
    note(&r->notes, "pause", yon_pause());
    return 0;
}

static void an_inner_limit_does_not_lengthen_the_outer(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(nest_a_longer_one, &r);
    assert_in_range(r.left_ms[0], 0, 2);
    assert_notes(&r.notes, "sleep: timed out\n"
                           "limit end inner: ok\n"
                           "pause: timed out\n"
                           "limit end outer: timed out\n"
                           "pause: ok\n");
}

static int nest_a_shorter_one(void *arg)
{
    struct record *r = arg;
    struct yon_limit outer, inner;

    yon_limit_begin(&outer, LONG_MS);
    yon_limit_begin(&inner, 2);
    r->left_ms[0] = yon_limit_left_ms();
    note(&r->notes, "sleep", yon_sleep(LONG_MS));
    note(&r->notes, "limit end inner", yon_limit_end(&inner));
    note(&r->notes, "pause", yon_pause());
    r->left_ms[1] = yon_limit_left_ms();
    note(&r->notes, "limit end outer", yon_limit_end(&outer));
    r->left_ms[2] = yon_limit_left_ms();
    return 0;
}

static void an_inner_limit_ends_alone(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(nest_a_shorter_one, &r);
    assert_in_range(r.left_ms[0], 0, 2);
    assert_notes(&r.notes, "sleep: timed out\n"
                           "limit end inner: timed out\n"
                           "pause: ok\n"
                           "limit end outer: ok\n");
    assert_in_range(r.left_ms[1], 3, LONG_MS);
    assert_true(r.left_ms[2] == INT64_MAX);
}

static int end_one_in_time(void *arg)
{
    struct record *r = arg;
    struct yon_limit limit;

    yon_limit_begin(&limit, LONG_MS);
    note(&r->notes, "pause", yon_pause());
    note(&r->notes, "limit end", yon_limit_end(&limit));
    return 0;
}

static void a_limit_that_is_ended_in_time_does_nothing(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(end_one_in_time, &r);
    assert_notes(&r.notes, "pause: ok\n"
                           "limit end: ok\n");
}

static int leave_one_open(void *arg)
{
    struct yon_limit limit;

    yon_limit_begin(&limit, LONG_MS);
    (void)arg;
    return 0;
}

static void a_limit_left_open_ends_with_the_coroutine(void **state)
{
    (void)state;
    assert_int_equal(yon_run(leave_one_open, NULL), 0);
}

/* ---- times ---- */

static int try_extreme_times(void *arg)
{
    static const int64_t over[] = { 0, -1, INT64_MIN };
    static const int64_t far[] = { INT64_MAX, INT64_MAX - 1, INT64_MAX / 2 };
    struct record *r = arg;
    struct yon_limit limit;

    for (size_t i = 0; i < ARRAY_LEN(over); i++) {
        yon_limit_begin(&limit, over[i]);
        r->n_late += yon_pause() == YON_ETIMEOUT;
        r->left_ms[0] += yon_limit_left_ms();
        r->n_late += yon_limit_end(&limit) == YON_ETIMEOUT;
        yon_limit_begin_at(&limit, over[i]);
        r->n_late += yon_pause() == YON_ETIMEOUT;
        r->n_late += yon_limit_end(&limit) == YON_ETIMEOUT;
    }
    for (size_t i = 0; i < ARRAY_LEN(far); i++) {
        yon_limit_begin(&limit, far[i]);
        r->n_in_time += yon_pause() == 0;
        r->n_in_time += yon_limit_left_ms() > LONG_MS;
        yon_limit_end(&limit);
        yon_limit_begin_at(&limit, far[i]);
        r->n_in_time += yon_pause() == 0;
        yon_limit_end(&limit);
    }
    return 0;
}

static void times_of_any_size_are_taken(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(try_extreme_times, &r);
    assert_int_equal(r.n_late, 12);
    assert_int_equal(r.left_ms[0], 0);
    assert_int_equal(r.n_in_time, 9);
}

static void outside_of_coroutines_limits_do_nothing(void **state)
{
    struct yon_limit limit;

    (void)state;
    yon_limit_begin(&limit, 0);
    assert_true(yon_limit_left_ms() == INT64_MAX);
    assert_int_equal(yon_limit_end(&limit), 0);
    yon_shield_begin();
    yon_shield_end();
}

/* ---- children ---- */

static int end_own_limit(void *arg)
{
    struct record *r = arg;
    struct yon_limit limit;
    int code;

    yon_limit_begin(&limit, LONG_MS);
    r->left_ms[0] = yon_limit_left_ms();
    code = note(&r->notes, "sleep", yon_sleep(LONG_MS));
    note(&r->notes, "limit end", yon_limit_end(&limit)); /* not its own */
    return code;
}

static int spawn_in_a_limit(void *arg)
{
    struct record *r = arg;
    struct yon_limit limit;
    yon_future *within, *later;

    yon_limit_begin(&limit, 2);
    within = yon_spawn(end_own_limit, r);
    yon_limit_end(&limit);
    note(&r->notes, "await within", yon_await(within));
    yon_free(within);

    later = yon_spawn(sleep_long, r);
    yon_pause();
    note_truth(&r->notes, "is done", yon_is_done(later));
    yon_cancel(later);
    note(&r->notes, "await later", yon_await(later));
    yon_free(later);
    return 0;
}

static void a_child_keeps_the_time_it_was_spawned_with(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(spawn_in_a_limit, &r);
    assert_in_range(r.left_ms[0], 0, 2);
    assert_notes(&r.notes, "sleep: timed out\n"
                           "limit end: ok\n"
                           "await within: timed out\n"
                           "is done: no\n"
                           "await later: cancelled\n");
}

static int await_at_once(void *arg)
{
    int *code = arg;

    *code = yon_pause();
    return 0;
}

static int spawn_when_time_is_over(void *arg)
{
    struct record *r = arg;
    struct yon_limit limit;
    yon_future *f;

    yon_limit_begin(&limit, 0);
    f = yon_spawn(await_at_once, &r->first);
    yon_limit_end(&limit);
    yon_await(f);
    yon_free(f);
    return 0;
}

static void a_child_of_one_whose_time_is_over_has_none(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(spawn_when_time_is_over, &r);
    assert_int_equal(r.first, YON_ETIMEOUT);
}

static void wait_for_the_next_ms(void)
{
    int64_t now_ms = yon_now_ms();

    while (yon_now_ms() == now_ms) {
        /* the child is spawned in another one than its limit was begun in */
    }
}

static int await_late_children(void *arg)
{
    struct record *r = arg;
    struct yon_limit limit;

    for (int i = 0; i < 20; i++) {
        yon_future *f;

        yon_limit_begin(&limit, 1 + i % 3);
        wait_for_the_next_ms();
        f = yon_spawn(sleep_long, NULL);
        r->n_children_late += yon_await(f) == YON_ETIMEOUT;
        r->n_late += yon_limit_end(&limit) == YON_ETIMEOUT;
        yon_await(f);
        yon_free(f);
    }
    return 0;
}

static void a_child_is_not_late_before_its_parent(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(await_late_children, &r);
    assert_int_equal(r.n_children_late, 20);
    assert_int_equal(r.n_late, 20);
}

/* ---- shields ---- */

static int limit_within_a_shield(void *arg)
{
    struct record *r = arg;
    struct yon_limit outer, inner;

    yon_limit_begin(&outer, 0);
    yon_shield_begin();
    r->left_ms[0] = yon_limit_left_ms();
    note(&r->notes, "pause", yon_pause());
    yon_limit_begin(&inner, 0);
    note(&r->notes, "pause", yon_pause());
    note(&r->notes, "limit end", yon_limit_end(&inner));
    note(&r->notes, "pause", yon_pause());
    yon_shield_end();
    note(&r->notes, "pause", yon_pause());
    yon_limit_end(&outer);
    return 0;
}

static void a_limit_begun_behind_a_shield_acts_there(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(limit_within_a_shield, &r);
    assert_true(r.left_ms[0] == INT64_MAX);
    assert_notes(&r.notes, "pause: ok\n"
                           "pause: timed out\n"
                           "limit end: timed out\n"
                           "pause: ok\n"
                           "pause: timed out\n");
}

static int shield_twice(void *arg)
{
    struct record *r = arg;

    yon_shield_begin();
    yon_shield_begin();
    note(&r->notes, "event wait", yon_event_wait(r->event));
    yon_shield_end();
    note(&r->notes, "pause", yon_pause());
    note_truth(&r->notes, "is cancelled", yon_is_cancelled());
    yon_shield_end();
    note(&r->notes, "pause", yon_pause());
    return 0;
}

static int cancel_who_is_shielded_twice(void *arg)
{
    struct record *r = arg;
    yon_future *f;

    r->event = yon_event_new();
    f = yon_spawn(shield_twice, r);
    yon_pause();
    yon_cancel(f);
    yon_event_set(r->event);
    yon_await(f);
    yon_free(f);
    yon_event_free(r->event);
    return 0;
}

static void shields_nest(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_who_is_shielded_twice, &r);
    assert_notes(&r.notes, "event wait: ok\n"
                           "pause: ok\n"
                           "is cancelled: yes\n"
                           "pause: cancelled\n");
}

static int spawn_behind_a_shield(void *arg)
{
    struct record *r = arg;
    struct yon_limit limit;
    yon_future *f;

    yon_limit_begin(&limit, 0);
    yon_shield_begin();
    f = yon_spawn(await_at_once, &r->first);
    note(&r->notes, "await", yon_await(f));
    yon_shield_end();
    yon_limit_end(&limit);
    yon_free(f);
    return 0;
}

static void who_is_spawned_behind_a_shield_is_free_of_the_limit(void **state)
{
    struct record r = { .first = 1 };

    (void)state;
    yon_run(spawn_behind_a_shield, &r);
    assert_int_equal(r.first, 0);
    assert_notes(&r.notes, "await: ok\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inner_limit_does_not_lengthen_the_outer),
        cmocka_unit_test(an_inner_limit_ends_alone),
        cmocka_unit_test(a_limit_that_is_ended_in_time_does_nothing),
        cmocka_unit_test(a_limit_left_open_ends_with_the_coroutine),
        cmocka_unit_test(times_of_any_size_are_taken),
        cmocka_unit_test(outside_of_coroutines_limits_do_nothing),
        cmocka_unit_test(a_child_keeps_the_time_it_was_spawned_with),
        cmocka_unit_test(a_child_of_one_whose_time_is_over_has_none),
        cmocka_unit_test(a_child_is_not_late_before_its_parent),
        cmocka_unit_test(a_limit_begun_behind_a_shield_acts_there),
        cmocka_unit_test(shields_nest),
        cmocka_unit_test(who_is_spawned_behind_a_shield_is_free_of_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
