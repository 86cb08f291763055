/* SPDX-License-Identifier: MIT */
/* yon_all_ok and yon_each_of; the others of that family stand in test_await.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <yon/co.h>

#include "libcommon/check.h"
#include "libcommon/rt/co/future.h"
#include "tests/unit/rt/promise_rig.h"

#define LONG_MS 100000000

/* ---- all_ok ---- */

struct record {
    int codes[8];
    size_t which[4];
    yon_future *fs[4];
};

static int fail_at_once(void *arg)
{
    (void)arg;
    return YON_ELOST;
}

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

static int sleep_long(void *arg)
{
    (void)arg;
    return yon_sleep(LONG_MS);
}

static int await_until_one_fails(void *arg)
{
    struct record *r = arg;
    yon_future *fs[] = { yon_spawn(sleep_long, NULL), NULL,
                         yon_spawn(do_nothing, NULL),
                         yon_spawn(fail_at_once, NULL) };

    r->codes[0] = yon_all_ok(fs, 4, &r->which[0]);
    r->codes[1] = yon_is_done(fs[0]);      /* the others go on */
    r->codes[2] = yon_all_ok(fs, 4, NULL); /* has failed already */
    r->codes[3] = yon_all_ok(fs + 1, 2, &r->which[1]);
    r->codes[4] = yon_all_ok(NULL, 0, NULL);
    yon_cancel(fs[0]);
    for (size_t i = 0; i < 4; i++)
        yon_free(fs[i]);
    return 0;
}

static void all_ok_returns_at_the_first_failure(void **state)
{
    struct record r = { .codes = { 1, 1, 1, 1, 1 }, .which = { 9, 9 } };

    (void)state;
    yon_run(await_until_one_fails, &r);
    assert_int_equal(r.codes[0], YON_ELOST);
    assert_int_equal(r.which[0], 3);
    assert_int_equal(r.codes[1], 0);
    assert_int_equal(r.codes[2], YON_ELOST);
    assert_int_equal(r.codes[3], 0);
    assert_int_equal(r.which[1], 9); /* nobody failed: as it was */
    assert_int_equal(r.codes[4], 0);
}

static int await_two_that_end_well(void *arg)
{
    struct record *r = arg;
    yon_future *fs[] = { yon_spawn(do_nothing, NULL), yon_timer(1) };

    r->codes[0] = yon_all_ok(fs, 2, NULL);
    r->codes[1] = yon_is_done(fs[0]) && yon_is_done(fs[1]);
    yon_free(fs[0]);
    yon_free(fs[1]);
    return 0;
}

static void all_ok_waits_for_all_that_end_well(void **state)
{
    struct record r = { .codes = { 1 } };

    (void)state;
    yon_run(await_two_that_end_well, &r);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.codes[1], 1);
}

static int await_done_ones_when_cancelled(void *arg)
{
    struct record *r = arg;

    yon_sleep(LONG_MS);
    r->codes[0] = yon_all_ok(r->fs, 1, NULL);
    r->codes[1] = yon_each_of(0, 1, NULL, NULL, NULL);
    r->codes[2] = yon_group_leave(yon_group_enter());
    return 0;
}

static int cancel_who_awaits_done_ones(void *arg)
{
    struct record *r = arg;
    yon_future *f;

    r->fs[0] = yon_timer(0);
    yon_await(r->fs[0]);
    f = yon_spawn(await_done_ones_when_cancelled, r);
    yon_pause();
    yon_cancel(f);
    yon_await(f);
    yon_free(f);
    yon_free(r->fs[0]);
    return 0;
}

static void a_cancelled_one_is_told_so_though_nothing_is_left(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_who_awaits_done_ones, &r);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(r.codes[i], YON_ECANCELLED);
}

static int await_all_ok(void *arg)
{
    yon_future *f = arg;

    return yon_all_ok(&f, 1, NULL);
}

static void all_ok_cannot_await_another_loop(void **state)
{
    struct loop *loop = loop_new();
    int n_destroyed = 0;
    struct promise *p = promise_new(loop, &promise_kind, &n_destroyed);

    (void)state;
    assert_int_equal(yon_run(await_all_ok, &p->base), YON_ESTATE);
    yon_free(&p->base);
    loop_free(loop);
}

/* ---- each_of ---- */

enum { N = 50 };

struct stream {
    size_t window;
    size_t n_started, n_taken, n_under_way, most_under_way, n_stopped;
    size_t fails_at; /* the take of so many */
    int sum, code, wrong;
    yon_future *other; /* of another loop */
};

static int end_after_some_turns(void *arg)
{
    struct stream *s = arg;
    size_t n_turns = s->n_started % 3;

    for (size_t i = 0; i < n_turns; i++)
        yon_pause();
    return 0;
}

static yon_future *start(void *arg, size_t i)
{
    struct stream *s = arg;

    s->wrong += s->n_started != i; /* in order, each once */
    s->n_started++;
    if (i % 10 == 3)
        return NULL;
    s->n_under_way++;
    if (s->n_under_way > s->most_under_way)
        s->most_under_way = s->n_under_way;
    return i % 7 == 0 ? yon_timer(1) : yon_spawn(end_after_some_turns, s);
}

static int take(void *arg, size_t i, yon_future *f)
{
    struct stream *s = arg;

    s->n_under_way--;
    s->n_taken++;
    s->sum += (int)i;
    s->wrong += !yon_is_done(f) || i % 10 == 3;
    return s->n_taken == s->fails_at ? YON_EFAILED : 0;
}

static int stream(void *arg)
{
    struct stream *s = arg;

    s->code = yon_each_of(N, s->window, start, take, s);
    return 0;
}

static void each_of_takes_all_within_its_window(void **state)
{
    static const size_t windows[] = { 1, 2, 7, N, SIZE_MAX };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
        struct stream s = { .window = windows[i], .code = 1 };

        yon_run(stream, &s);
        assert_int_equal(s.code, 0);
        assert_int_equal(s.wrong, 0);
        assert_int_equal(s.n_started, N);
        assert_int_equal(s.n_taken, N - N / 10);
        assert_int_equal(s.sum, N * (N - 1) / 2 - (3 + 13 + 23 + 33 + 43));
        assert_true(s.most_under_way <= windows[i]);
        assert_true(s.most_under_way >= 2 || windows[i] == 1);
    }
}

static void an_error_of_take_stops_each_of(void **state)
{
    struct stream s = { .window = 4, .fails_at = 20 };

    (void)state;
    yon_run(stream, &s);
    assert_int_equal(s.code, YON_EFAILED);
    assert_int_equal(s.n_taken, 20);
    assert_true(s.n_started < N);
}

static int sleep_and_count(void *arg)
{
    struct stream *s = arg;
    int code = yon_sleep(LONG_MS);

    s->n_stopped += code == YON_ECANCELLED;
    return code;
}

static yon_future *start_sleeper(void *arg, size_t i)
{
    struct stream *s = arg;

    s->n_started++;
    return i == 0 ? yon_spawn(do_nothing, NULL) : yon_spawn(sleep_and_count, s);
}

static int exhaust(void *arg, size_t i, yon_future *f)
{
    (void)arg, (void)i, (void)f;
    return YON_EEXHAUSTED;
}

static int stop_at_the_first(void *arg)
{
    struct stream *s = arg;

    s->code = yon_each_of(N, 4, start_sleeper, exhaust, s);
    s->n_under_way = s->n_stopped;
    return 0;
}

static void those_under_way_are_cancelled_and_waited_for(void **state)
{
    struct stream s = { 0 };

    (void)state;
    yon_run(stop_at_the_first, &s);
    assert_int_equal(s.code, YON_EEXHAUSTED); /* any code stops */
    assert_int_equal(s.n_started, 4);
    assert_int_equal(s.n_under_way, 3);
}

static yon_future *start_what_is_done(void *arg, size_t i)
{
    struct stream *s = arg;
    yon_future *f = yon_timer(LONG_MS);

    (void)i;
    s->n_started++;
    yon_cancel(f);
    return f;
}

static int stop_oneself(void *arg, size_t i, yon_future *f)
{
    struct stream *s = arg;

    (void)f;
    if (i == 5)
        yon_cancel(s->other);
    return 0;
}

static int cancel_who_never_waits(void *arg)
{
    struct stream *s = arg;

    s->code = yon_each_of(N, 2, start_what_is_done, stop_oneself, s);
    return 0;
}

static int run_one_that_stops_itself(void *arg)
{
    struct stream *s = arg;

    s->other = yon_spawn(cancel_who_never_waits, s);
    yon_await(s->other);
    yon_free(s->other);
    return 0;
}

static void each_of_sees_a_cancellation_though_nothing_waits(void **state)
{
    struct stream s = { 0 };

    (void)state;
    yon_run(run_one_that_stops_itself, &s);
    assert_int_equal(s.code, YON_ECANCELLED);
    assert_in_range(s.n_started, 6, 7);
}

static yon_future *start_nothing(void *arg, size_t i)
{
    (void)arg, (void)i;
    return NULL;
}

static yon_future *start_other(void *arg, size_t i)
{
    struct stream *s = arg;

    (void)i;
    return s->other;
}

static int call_with_odd_arguments(void *arg)
{
    int *codes = arg;

    codes[0] = yon_each_of(3, 0, start_nothing, exhaust, NULL);
    codes[1] = yon_each_of(3, 1, start_nothing, exhaust, NULL);
    codes[2] = yon_each_of(0, 1, start_nothing, exhaust, NULL);
    return 0;
}

static void odd_arguments_of_each_of(void **state)
{
    int codes[] = { 1, 1, 1 };

    (void)state;
    yon_run(call_with_odd_arguments, codes);
    assert_int_equal(codes[0], YON_ERANGE);
    assert_int_equal(codes[1], 0);
    assert_int_equal(codes[2], 0);
    assert_int_equal(yon_each_of(1, 1, start_nothing, exhaust, NULL),
                     YON_ESTATE);
}

static int stream_from_another_loop(void *arg)
{
    return yon_each_of(1, 1, start_other, exhaust, arg);
}

static void each_of_cannot_take_from_another_loop(void **state)
{
    struct loop *loop = loop_new();
    int n_destroyed = 0;
    struct promise *p = promise_new(loop, &promise_kind, &n_destroyed);
    struct stream s = { .other = &p->base };

    (void)state;
    assert_int_equal(yon_run(stream_from_another_loop, &s), YON_ESTATE);
    assert_int_equal(n_destroyed, 1);
    loop_free(loop);
}

static int stream_oneself(void *arg)
{
    return yon_each_of(1, 1, start_other, exhaust, arg);
}

static int spawn_who_streams_oneself(void *arg)
{
    struct stream *s = arg;

    s->other = yon_spawn(stream_oneself, s);
    return yon_await(s->other); /* each_of has freed it */
}

static void each_of_cannot_take_its_own_coroutine(void **state)
{
    struct stream s = { 0 };

    (void)state;
    assert_int_equal(yon_run(spawn_who_streams_oneself, &s), YON_ESTATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_ok_returns_at_the_first_failure),
        cmocka_unit_test(all_ok_waits_for_all_that_end_well),
        cmocka_unit_test(a_cancelled_one_is_told_so_though_nothing_is_left),
        cmocka_unit_test(all_ok_cannot_await_another_loop),
        cmocka_unit_test(each_of_takes_all_within_its_window),
        cmocka_unit_test(an_error_of_take_stops_each_of),
        cmocka_unit_test(those_under_way_are_cancelled_and_waited_for),
        cmocka_unit_test(each_of_sees_a_cancellation_though_nothing_waits),
        cmocka_unit_test(odd_arguments_of_each_of),
        cmocka_unit_test(each_of_cannot_take_from_another_loop),
        cmocka_unit_test(each_of_cannot_take_its_own_coroutine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
