/* SPDX-License-Identifier: MIT */
/* Callbacks, under yon_run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <yon/uv.h>

#include "libcommon/rt/co/future.h"
#include "libcommon/rt/co/promise.h"
#include "tests/support/io_rig.h"

#define N_MANY 1000

/* What a callback has seen. */
struct seen {
    int n_calls;
    int code;     /* the future ended so */
    int as_await; /* and awaiting it says so */
    bool was_coroutine;
    int order; /* it was the n-th */
    yon_event *happened;
};

struct record {
    struct seen seen[4];
    int codes[8];
    yon_promise *promise;
    yon_future *future;
    int n_called;
};

static int n_callbacks;

static void note(void *arg, yon_future *f)
{
    struct seen *s = arg;

    s->n_calls++;
    s->order = n_callbacks++;
    s->was_coroutine = coro_current() != NULL;
    s->code = -(int)f->err;
    s->as_await = yon_await(f);
    if (s->happened != NULL)
        yon_event_set(s->happened);
}

/* Let the callback come; then there is time for a second one. */
static int note_and_wait(yon_future *f, struct seen *s)
{
    int code;

    s->happened = yon_event_new();
    code = yon_then(f, note, s);
    if (s->n_calls != 0)
        code = 1; /* within the call */
    if (code == 0)
        yon_event_wait(s->happened);
    yon_pause();
    yon_pause();
    yon_event_free(s->happened);
    return code;
}

#define ASSERT_SEEN(s, ended_with)                    \
    do {                                              \
        assert_int_equal((s).n_calls, 1);             \
        assert_int_equal((s).code, (ended_with));     \
        assert_int_equal((s).as_await, (ended_with)); \
        assert_false((s).was_coroutine);              \
    } while (0)

static int setup(void **state)
{
    static struct record record;

    record = (struct record){ 0 };
    n_callbacks = 0;
    *state = &record;
    return 0;
}

/* ---- every kind ---- */

static int be_full(void *arg)
{
    (void)arg;
    return YON_EFULL;
}

static int keep(void *arg)
{
    promise_keep(arg, (struct buf){ 0 }, 0, NULL);
    return 0;
}

static yon_process *process_true(void)
{
    const char *argv[] = { "true", NULL };
    struct yon_process_options o = YON_PROCESS(.argv = argv);
    yon_process *p = NULL;

    ASSERT(yon_process_start(&o, &p) == 0);
    return p;
}

static int one_of_each_kind(void *arg)
{
    yon_process *p = process_true();
    struct seen *seen = arg;
    yon_promise *promise;
    yon_future *promised = yon_promise_new(&promise);
    yon_future *keeper = yon_thread(keep, promise);
    yon_future *fs[] = { yon_spawn(be_full, NULL), yon_timer(1),
                         yon_thread(be_full, NULL), yon_process_future(p),
                         promised };

    for (size_t i = 0; i < 5; i++)
        if (note_and_wait(fs[i], &seen[i]) != 0)
            return YON_EFAILED;
    for (size_t i = 0; i < 5; i++)
        yon_free(fs[i]);
    yon_free(keeper);
    yon_process_free(p);
    return 0;
}

static void every_kind_of_future_calls(void **state)
{
    struct seen seen[5] = { 0 };

    (void)state;
    RUN_CLEAN(one_of_each_kind, seen);
    ASSERT_SEEN(seen[0], YON_EFULL);
    ASSERT_SEEN(seen[1], 0);
    ASSERT_SEEN(seen[2], YON_EFULL);
    ASSERT_SEEN(seen[3], 0);
    ASSERT_SEEN(seen[4], 0);
}

/* ---- when ---- */

static int ask_after_the_end(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_timer(0);

    r->codes[0] = yon_await(f);
    r->codes[1] = note_and_wait(f, &r->seen[0]);
    r->codes[2] = note_and_wait(f, &r->seen[1]);
    yon_free(f);
    return 0;
}

static void what_has_ended_calls_too_but_later(void **state)
{
    struct record *r = *state;

    RUN_CLEAN(ask_after_the_end, r);
    assert_int_equal(r->codes[1], 0);
    assert_int_equal(r->codes[2], 0);
    ASSERT_SEEN(r->seen[0], 0);
    ASSERT_SEEN(r->seen[1], 0);
}

static int ask_three_times(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_promise_new(&r->promise);

    for (size_t i = 0; i < 3; i++)
        yon_then(f, note, &r->seen[i]);
    yon_cancel(f);
    for (size_t i = 0; i < 3; i++)
        r->n_called += r->seen[i].n_calls; /* not within yon_cancel */
    keep(r->promise);
    r->codes[0] = note_and_wait(f, &r->seen[3]);
    yon_free(f);
    return 0;
}

static void callbacks_come_in_the_order_of_asking(void **state)
{
    struct record *r = *state;

    RUN_CLEAN(ask_three_times, r);
    assert_int_equal(r->n_called, 0);
    for (int i = 0; i < 4; i++) {
        ASSERT_SEEN(r->seen[i], YON_ECANCELLED);
        assert_int_equal(r->seen[i].order, i);
    }
}

static int free_at_once(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_timer(1);

    r->codes[0] = yon_then(f, note, &r->seen[0]);
    yon_free(f);
    f = yon_timer(2);
    yon_await(f);
    r->codes[1] = note_and_wait(f, &r->seen[1]);
    yon_free(f);
    return 0;
}

static void a_future_that_was_freed_calls_all_the_same(void **state)
{
    struct record *r = *state;

    RUN_CLEAN(free_at_once, r);
    ASSERT_SEEN(r->seen[0], 0);
    ASSERT_SEEN(r->seen[1], 0);
}

static void count(void *arg, yon_future *f)
{
    int *n = arg;

    ++*n;
    yon_free(f);
}

static int make_many(void *arg)
{
    for (int i = 0; i < N_MANY; i++)
        yon_then(yon_timer(i % 7), count, arg);
    yon_sleep(1);
    while (*(int *)arg < N_MANY)
        yon_sleep(1);
    return 0;
}

static void each_of_many_calls_once(void **state)
{
    int n = 0;

    (void)state;
    RUN_CLEAN(make_many, &n);
    assert_int_equal(n, N_MANY);
}

/* ---- what may be done in them ---- */

static int add_one(void *arg)
{
    ++*(int *)arg;
    return 0;
}

static void try_all(void *arg, yon_future *f)
{
    yon_future *outside, *pending;
    struct record *r = arg;
    yon_promise *promise;

    r->codes[0] = yon_await(r->future);
    outside = yon_spawn(do_nothing, NULL);
    r->codes[1] = yon_await(outside);
    r->codes[2] = strstr(yon_error(outside), "yon_run") != NULL;
    r->codes[3] = yon_then(outside, note, &r->seen[0]);
    yon_free(outside);
    pending = yon_promise_new(&promise);
    r->codes[4] = yon_await(pending);
    keep(promise);
    yon_free(pending);
    r->codes[5] = yon_run(add_one, &r->n_called);
    r->codes[6] = yon_then(f, note, &r->seen[1]);
    yon_free(f);
    r->codes[7] = yon_cancel(r->future);
}

static int wait_for_the_attempts(void *arg)
{
    struct record *r = arg;

    r->future = yon_timer(24 * 3600 * 1000);
    yon_then(yon_timer(0), try_all, r);
    yon_await(r->future);
    yon_pause();
    yon_free(r->future);
    return 0;
}

static void what_would_wait_is_an_error_and_all_else_works(void **state)
{
    struct record *r = *state;

    RUN_CLEAN(wait_for_the_attempts, r);
    assert_int_equal(r->codes[0], YON_ESTATE);
    assert_int_equal(r->codes[1], YON_ESTATE);
    assert_int_equal(r->codes[2], 1);
    assert_int_equal(r->codes[3], YON_ESTATE);
    assert_int_equal(r->codes[4], YON_ESTATE);
    assert_int_equal(r->codes[5], 0);
    assert_int_equal(r->n_called, 1);
    assert_int_equal(r->codes[6], 0);
    ASSERT_SEEN(r->seen[1], 0);
    assert_int_equal(r->codes[7], 0);
    assert_int_equal(r->seen[0].n_calls, 0);
}

/* ---- the end of the loop ---- */

static int leave_some_behind(void *arg)
{
    struct record *r = arg;

    yon_future *timer = yon_timer(24 * 3600 * 1000);

    yon_then(timer, note, &r->seen[0]);
    yon_free(timer);
    r->future = yon_promise_new(&r->promise);
    yon_then(r->future, note, &r->seen[1]);
    return 0;
}

static void what_the_end_of_the_loop_cuts_off_is_told(void **state)
{
    struct record *r = *state;

    assert_int_equal(yon_run(leave_some_behind, r), 0);
    ASSERT_SEEN(r->seen[0], YON_ECLOSED);
    ASSERT_SEEN(r->seen[1], YON_ECLOSED);
    keep(r->promise);
    assert_int_equal(yon_then(r->future, note, &r->seen[2]), YON_ECLOSED);
    assert_int_equal(r->seen[2].n_calls, 0);
    yon_free(r->future);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(every_kind_of_future_calls),
        TEST(what_has_ended_calls_too_but_later),
        TEST(callbacks_come_in_the_order_of_asking),
        TEST(a_future_that_was_freed_calls_all_the_same),
        TEST(each_of_many_calls_once),
        TEST(what_would_wait_is_an_error_and_all_else_works),
        TEST(what_the_end_of_the_loop_cuts_off_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
