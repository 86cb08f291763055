/* SPDX-License-Identifier: MIT */
/* Awaits inside coroutines, which record what they see; the assertions stand on
 * the main stack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <yon/co.h>

#include "libcommon/rt/co/any_check.h"
#include "tests/unit/rt/promise_rig.h"

#define N 5

struct record {
    int codes[8];
    size_t order[N];
    size_t n;
    yon_future *f;
    int n_destroyed;
};

/* Where each of N sleepers stands in the order of their ends. */
static size_t turn_of[N] = { 4, 2, 0, 1, 3 };

static int yield_many_times(void *arg)
{
    for (size_t i = 0; i < 10 * *(size_t *)arg; i++)
        yon_sleep(0);
    return 0;
}

static int each_of_many(void *arg)
{
    struct record *r = arg;
    yon_future *fs[N], *taken;
    size_t which;

    for (size_t i = 0; i < N; i++)
        fs[i] = yon_spawn(yield_many_times, &turn_of[i]);
    while (yon_each(fs, N, &which, &taken) == 0) {
        r->order[turn_of[which]] = r->n++;
        yon_free(taken);
    }
    return 0;
}

static void each_gives_them_as_they_end(void **state)
{
    struct record r = { 0 };

    (void)state;
    assert_int_equal(yon_run(each_of_many, &r), 0);
    assert_int_equal(r.n, N);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(r.order[i], i);
}

static int sleep_for(void *arg)
{
    return yon_sleep(*(int64_t *)arg);
}

/* A long time between the two, against a loaded machine. */
static int any_of_two_sleepers(void *arg)
{
    static int64_t ms[] = { 1000000, 1 };
    yon_future *fs[] = { yon_spawn(sleep_for, &ms[0]),
                         yon_spawn(sleep_for, &ms[1]) };
    size_t which = 0;

    yon_any(fs, 2, &which);
    *(size_t *)arg = which;
    yon_cancel(fs[0]);
    yon_free(fs[0]);
    yon_free(fs[1]);
    return 0;
}

static void the_shorter_sleep_ends_first(void **state)
{
    size_t which = 0;

    (void)state;
    yon_run(any_of_two_sleepers, &which);
    assert_int_equal(which, 1);
}

struct tick {
    int codes[2];
    int64_t late_ms;
};

static int sleep_until_times(void *arg)
{
    struct tick *t = arg;
    int64_t at_ms = yon_now_ms() + 3;

    t->codes[0] = yon_sleep_until(at_ms);
    t->late_ms = yon_now_ms() - at_ms;
    t->codes[1] = yon_sleep_until(INT64_MIN); /* over long ago */
    return 0;
}

static void a_sleep_may_end_at_a_time(void **state)
{
    struct tick t = { .codes = { 1, 1 } };

    (void)state;
    assert_int_equal(yon_run(sleep_until_times, &t), 0);
    assert_int_equal(t.codes[0], 0);
    assert_int_equal(t.codes[1], 0);
    assert_true(t.late_ms >= 0);
}

static int fail_as_told(void *arg)
{
    yon_sleep(1);
    return *(int *)arg;
}

static int all_of_failing(void *arg)
{
    static int codes[] = { 0, YON_ELOST, YON_EFAILED };
    struct record *r = arg;
    yon_future *fs[3];

    for (size_t i = 0; i < 3; i++)
        fs[i] = yon_spawn(fail_as_told, &codes[i]);
    r->codes[0] = yon_all(fs, 3);
    r->codes[1] = yon_all(fs, 1);
    for (size_t i = 0; i < 3; i++)
        yon_free(fs[i]);
    return 0;
}

static void all_tells_the_first_error_in_order(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(all_of_failing, &r);
    assert_int_equal(r.codes[0], YON_ELOST);
    assert_int_equal(r.codes[1], 0);
}

static int return_a_positive_number(void *arg)
{
    (void)arg;
    return 3;
}

static int await_a_positive_number(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_spawn(return_a_positive_number, NULL);

    r->codes[0] = yon_await(f);
    r->codes[1] = strstr(yon_error(f), "3") != NULL;
    yon_free(f);
    return 0;
}

static void a_positive_code_does_not_pass_for_success(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(await_a_positive_number, &r);
    assert_int_equal(r.codes[0], YON_EFAILED);
    assert_int_equal(r.codes[1], 1);
}

static int await_with_limits(void *arg)
{
    struct record *r = arg;
    yon_future *late = yon_timer(INT64_MAX), *soon = yon_timer(3);

    r->codes[0] = yon_await_for(late, 0);
    r->codes[1] = yon_await_for(late, 3);
    r->codes[2] = yon_await_for(late, -5);
    r->codes[3] = yon_await_for(soon, INT64_MAX - 1);
    r->codes[4] = yon_await_for(soon, 0);
    r->codes[5] = yon_is_done(late);
    yon_free(late);
    yon_free(soon);
    return 0;
}

static void await_for_ends_in_time_and_the_future_goes_on(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(await_with_limits, &r);
    assert_int_equal(r.codes[0], YON_ETIMEOUT);
    assert_int_equal(r.codes[1], YON_ETIMEOUT);
    assert_int_equal(r.codes[2], YON_ETIMEOUT);
    assert_int_equal(r.codes[3], 0);
    assert_int_equal(r.codes[4], 0);
    assert_int_equal(r.codes[5], 0);
}

static int await_recorded(void *arg)
{
    struct record *r = arg;
    int code = yon_await(r->f);

    r->codes[r->n++] = code;
    return code;
}

static int await_one_by_three(void *arg)
{
    struct record *r = arg;
    yon_future *fs[3];

    r->f = yon_timer(2);
    for (size_t i = 0; i < 3; i++)
        fs[i] = yon_spawn(await_recorded, r);
    r->codes[3] = yon_all(fs, 3);
    for (size_t i = 0; i < 3; i++)
        yon_free(fs[i]);
    yon_free(r->f);
    return 0;
}

static void any_number_may_await_one_future(void **state)
{
    struct record r = { .codes = { 1, 1, 1, 1 } };

    (void)state;
    yon_run(await_one_by_three, &r);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(r.codes[i], 0);
}

static int cancel_a_timer(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_timer(1000000);

    yon_cancel(f);
    r->codes[0] = yon_await(f);
    yon_free(f);
    yon_free(yon_timer(1000000)); /* abandoned: keeps nothing waiting */
    return 0;
}

static void a_timer_can_be_cancelled_and_abandoned(void **state)
{
    struct record r = { 0 };

    (void)state;
    assert_int_equal(yon_run(cancel_a_timer, &r), 0);
    assert_int_equal(r.codes[0], YON_ECANCELLED);
}

static int cancel_who_awaits(void *arg)
{
    struct record *r = arg;
    yon_future *waiter;

    r->f = yon_timer(20);
    waiter = yon_spawn(await_recorded, r);
    yon_sleep(0);
    yon_cancel(waiter);
    r->codes[1] = yon_await(waiter);
    r->codes[2] = yon_await(r->f);
    yon_free(waiter);
    yon_free(r->f);
    return 0;
}

static void cancelling_an_await_leaves_the_future_alone(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_who_awaits, &r);
    assert_int_equal(r.codes[0], YON_ECANCELLED);
    assert_int_equal(r.codes[1], YON_ECANCELLED);
    assert_int_equal(r.codes[2], 0);
}

static int await_all_kinds(void *arg)
{
    struct record *r = arg;
    yon_future *done[] = { yon_timer(0), yon_timer(0) }, *taken;
    size_t which;

    yon_await(done[0]);
    r->codes[0] = yon_sleep(1000000); /* here it is cancelled */
    r->codes[1] = yon_await(done[0]);
    r->codes[2] = yon_await_for(done[0], 5);
    r->codes[3] = yon_all(done, 2);
    r->codes[4] = yon_any(done, 2, &which);
    r->codes[5] = yon_each(done, 2, &which, &taken);
    yon_free(done[0]);
    yon_free(done[1]);
    return 0;
}

static int cancel_all_kinds(void *arg)
{
    yon_future *f = yon_spawn(await_all_kinds, arg);

    yon_sleep(5);
    yon_cancel(f);
    yon_await(f);
    yon_free(f);
    return 0;
}

static void every_await_of_a_cancelled_coroutine_says_so(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_all_kinds, &r);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(r.codes[i], YON_ECANCELLED);
}

static int free_while_awaited(void *arg)
{
    struct record *r = arg;
    struct promise *p =
        promise_new(loop_current(), &promise_kind, &r->n_destroyed);
    yon_future *waiter;

    future_ref(&p->base); /* an owner inside, as those have that end later */
    r->f = &p->base;
    waiter = yon_spawn(await_recorded, r);
    yon_sleep(0);
    yon_free(&p->base);
    r->codes[1] = p->n_abandons; /* somebody still waits */
    future_end(&p->base, ERR_NONE, NULL);
    future_unref(&p->base);
    r->codes[2] = r->n_destroyed;
    yon_await(waiter);
    r->codes[3] = r->n_destroyed;
    yon_free(waiter);
    return 0;
}

static void a_future_lives_while_someone_awaits_it(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(free_while_awaited, &r);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.codes[1], 0);
    assert_int_equal(r.codes[2], 0);
    assert_int_equal(r.codes[3], 1);
}

static int free_then_cancel_who_awaits(void *arg)
{
    struct record *r = arg;
    struct promise *p =
        promise_new(loop_current(), &promise_kind, &r->n_destroyed);
    yon_future *waiter;

    future_ref(&p->base);
    r->f = &p->base;
    waiter = yon_spawn(await_recorded, r);
    yon_sleep(0);
    yon_free(&p->base);
    yon_cancel(waiter);
    yon_await(waiter);
    r->codes[1] = p->n_abandons;
    future_unref(&p->base);
    yon_free(waiter);
    return 0;
}

static void the_last_one_who_leaves_abandons_it(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(free_then_cancel_who_awaits, &r);
    assert_int_equal(r.codes[0], YON_ECANCELLED);
    assert_int_equal(r.codes[1], 1);
    assert_int_equal(r.n_destroyed, 1);
}

static int await_the_loop_outside(void *arg)
{
    return yon_await(arg);
}

static void a_coroutine_cannot_await_another_loop(void **state)
{
    struct loop *loop = loop_new();
    int n_destroyed = 0;
    struct promise *p = promise_new(loop, &promise_kind, &n_destroyed);

    (void)state;
    assert_int_equal(yon_run(await_the_loop_outside, &p->base), YON_ESTATE);
    yon_free(&p->base);
    loop_free(loop);
}

/* ---- many ---- */

#define MANY 1000

/* ---- oneself ---- */

static int await_oneself(void *arg)
{
    struct record *r = arg;
    yon_future *fs[] = { yon_timer(1000000), r->f }, *taken;
    size_t which;

    r->codes[0] = yon_await(r->f);
    r->codes[1] = yon_await_for(r->f, 1000000);
    r->codes[2] = yon_all(fs, 2);
    r->codes[3] = yon_all_ok(fs, 2, NULL);
    r->codes[4] = yon_any(fs, 2, &which);
    r->codes[5] = yon_each(fs, 2, &which, &taken);
    r->codes[6] = yon_pause();
    yon_free(fs[0]);
    return 0;
}

static int spawn_who_awaits_oneself(void *arg)
{
    struct record *r = arg;
    int code;

    r->f = yon_spawn(await_oneself, r);
    code = yon_await(r->f);
    yon_free(r->f);
    return code;
}

static void a_coroutine_cannot_await_itself(void **state)
{
    struct record r = { .codes = { [6] = 1 } };

    (void)state;
    assert_int_equal(yon_run(spawn_who_awaits_oneself, &r), 0);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(r.codes[i], YON_ESTATE);
    assert_int_equal(r.codes[6], 0);
}

/* ---- many ---- */

static int take_many(void *arg)
{
    static yon_future *fs[MANY];
    static int zero;
    yon_future *taken;
    size_t which;
    int *n = arg;

    for (size_t i = 0; i < MANY; i++)
        fs[i] = yon_spawn(fail_as_told, &zero);
    while (yon_each(fs, MANY, &which, &taken) == 0) {
        yon_free(taken);
        ++*n;
    }
    return 0;
}

static void each_takes_a_thousand(void **state)
{
    int n = 0;

    (void)state;
    yon_run(take_many, &n);
    assert_int_equal(n, MANY);
}

/* Far more than a call may look at. */
enum { CROWD = 30000 };
static yon_future *crowd[CROWD];

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* Takes all of them; the slots that were looked at for it. */
static int count_the_looks(void *arg)
{
    uint64_t *n_looks = arg, before = any_n_looks();
    yon_future *taken;
    size_t which, n = 0;

    for (size_t i = 0; i < CROWD; i++)
        crowd[i] = yon_spawn(nothing, NULL);
    while (yon_each(crowd, CROWD, &which, &taken) == 0) {
        yon_free(taken);
        n++;
    }
    *n_looks = any_n_looks() - before;
    return n == CROWD ? 0 : 1;
}

/* 64 a call, in the mean; how fast that is: tests/bench/gather.c. */
static void each_of_many_looks_at_a_few(void **state)
{
    uint64_t n_looks = 0;

    (void)state;
    assert_int_equal(yon_run(count_the_looks, &n_looks), 0);
    assert_in_range(n_looks, CROWD, 70 * CROWD);
}

/* ---- large arrays that change while they are taken from ---- */

static int refill_a_window(void *arg)
{
    static yon_future *fs[100];
    size_t which, n_begun = 0;
    yon_future *taken;
    int *n = arg;

    for (; n_begun < 100; n_begun++)
        fs[n_begun] = yon_timer(0);
    while (yon_each(fs, 100, &which, &taken) == 0) {
        yon_free(taken);
        ++*n;
        if (n_begun++ < 1000)
            fs[which] = yon_timer((int64_t)(n_begun % 3));
    }
    return 0;
}

static void slots_of_a_large_array_are_filled_again(void **state)
{
    int n = 0;

    (void)state;
    assert_int_equal(yon_run(refill_a_window, &n), 0);
    assert_int_equal(n, 1000);
}

/* Moves all that is left to the other end; the program never says so. */
static int move_them(void *arg)
{
    static yon_future *fs[2000];
    yon_future *taken;
    size_t which;
    int *n = arg;

    for (size_t i = 0; i < 200; i++)
        fs[i] = yon_timer((int64_t)(i / 20));
    while (yon_each(fs, 2000, &which, &taken) == 0) {
        yon_free(taken);
        ++*n;
        for (size_t i = 0; i < 1000; i++) {
            taken = fs[i];
            fs[i] = fs[1999 - i];
            fs[1999 - i] = taken;
        }
    }
    return 0;
}

static void futures_of_a_large_array_may_move(void **state)
{
    int n = 0;

    (void)state;
    assert_int_equal(yon_run(move_them, &n), 0);
    assert_int_equal(n, 200);
}

static int wait_for_itself_in_a_crowd(void *arg)
{
    yon_future **fs = arg;
    size_t which;

    return yon_any(fs, 100, &which);
}

static int misuse_a_crowd(void *arg)
{
    static yon_future *fs[100];
    struct record *r = arg;
    size_t which;

    fs[99] = yon_spawn(wait_for_itself_in_a_crowd, fs);
    r->codes[0] = yon_await(fs[99]);
    r->codes[1] = yon_any(fs, 100, &which);
    yon_free(fs[99]);
    fs[99] = NULL;
    r->codes[2] = yon_any(fs, 100, &which);
    /* A future that is let go leaves the array as if it had been taken. */
    for (size_t i = 0; i < 100; i++)
        fs[i] = yon_timer(i == 0 ? 0 : 1000000);
    r->codes[3] = yon_any(fs, 100, &which);
    for (size_t i = 0; i < 99; i++) {
        yon_free(fs[i]);
        fs[i] = NULL;
    }
    yon_cancel(fs[99]);
    r->codes[4] = yon_any(fs, 100, &which);
    r->n = which;
    yon_free(fs[99]);
    return 0;
}

static void a_large_array_is_waited_for_as_a_small_one(void **state)
{
    struct record r = { 0 };

    (void)state;
    assert_int_equal(yon_run(misuse_a_crowd, &r), 0);
    assert_int_equal(r.codes[0], YON_ESTATE);
    assert_int_equal(r.codes[1], 0);
    assert_int_equal(r.codes[2], YON_EEXHAUSTED);
    assert_int_equal(r.codes[3], 0);
    assert_int_equal(r.codes[4], 0);
    assert_int_equal(r.n, 99);
}

/* ---- shared ---- */

static int share_of_many(void *arg)
{
    struct record *r = arg;
    static yon_future *fs[N];
    yon_future *taken;
    size_t which;

    if (r->f == NULL) {
        for (size_t i = 0; i < N; i++)
            fs[i] = yon_timer((int64_t)i);
        r->f = fs[0]; /* made */
    }
    while (yon_each(fs, N, &which, &taken) == 0) {
        r->n++;
        yon_free(taken);
    }
    return 0;
}

static int share_each(void *arg)
{
    yon_future *fs[] = { yon_spawn(share_of_many, arg),
                         yon_spawn(share_of_many, arg) };
    int code = yon_all(fs, 2);

    yon_free(fs[0]);
    yon_free(fs[1]);
    return code;
}

static void two_may_share_one_each(void **state)
{
    struct record r = { 0 };

    (void)state;
    assert_int_equal(yon_run(share_each, &r), 0);
    assert_int_equal(r.n, N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_gives_them_as_they_end),
        cmocka_unit_test(the_shorter_sleep_ends_first),
        cmocka_unit_test(a_sleep_may_end_at_a_time),
        cmocka_unit_test(all_tells_the_first_error_in_order),
        cmocka_unit_test(a_positive_code_does_not_pass_for_success),
        cmocka_unit_test(await_for_ends_in_time_and_the_future_goes_on),
        cmocka_unit_test(any_number_may_await_one_future),
        cmocka_unit_test(a_timer_can_be_cancelled_and_abandoned),
        cmocka_unit_test(cancelling_an_await_leaves_the_future_alone),
        cmocka_unit_test(every_await_of_a_cancelled_coroutine_says_so),
        cmocka_unit_test(a_future_lives_while_someone_awaits_it),
        cmocka_unit_test(the_last_one_who_leaves_abandons_it),
        cmocka_unit_test(a_coroutine_cannot_await_another_loop),
        cmocka_unit_test(a_coroutine_cannot_await_itself),
        cmocka_unit_test(each_takes_a_thousand),
        cmocka_unit_test(each_of_many_looks_at_a_few),
        cmocka_unit_test(slots_of_a_large_array_are_filled_again),
        cmocka_unit_test(futures_of_a_large_array_may_move),
        cmocka_unit_test(a_large_array_is_waited_for_as_a_small_one),
        cmocka_unit_test(two_may_share_one_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
