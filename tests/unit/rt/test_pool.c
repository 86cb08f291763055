/* SPDX-License-Identifier: MIT */
/* Blocking code on threads. The calls block on a semaphore of the test. */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <yon/co.h>

#include "libcommon/rt/co/pool.h"
#include "libcommon/rt/co/promise.h"

enum { ALL = POOL_THREADS_MAX + POOL_QUEUE_MAX };

struct record {
    sem_t gate, entered;
    atomic_int n_inside, most_inside, n_ended;
    pthread_t loop_thread;
    int codes[8];
    yon_future *f;
    yon_promise *promise;
};

static int record_init(void **state)
{
    static struct record r;

    memset(&r, 0, sizeof r);
    sem_init(&r.gate, 0, 0);
    sem_init(&r.entered, 0, 0);
    *state = &r;
    return 0;
}

static int record_fini(void **state)
{
    struct record *r = *state;

    return sem_destroy(&r->gate) + sem_destroy(&r->entered);
}

static int block(void *arg)
{
    struct record *r = arg;
    int n = atomic_fetch_add(&r->n_inside, 1) + 1;
    int most = atomic_load(&r->most_inside);

    while (n > most && !atomic_compare_exchange_weak(&r->most_inside, &most, n))
        ;
    sem_post(&r->entered);
    sem_wait(&r->gate);
    atomic_fetch_sub(&r->n_inside, 1);
    atomic_fetch_add(&r->n_ended, 1);
    return 0;
}

static void open_gate(struct record *r, int n)
{
    for (int i = 0; i < n; i++)
        sem_post(&r->gate);
}

static void wait_for_entries(struct record *r, int n)
{
    for (int i = 0; i < n; i++)
        sem_wait(&r->entered);
}

/* ---- calls ---- */

static int look_around(void *arg)
{
    struct record *r = arg;
    sigset_t blocked;

    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    r->codes[1] = pthread_equal(pthread_self(), r->loop_thread);
    r->codes[2] = sigismember(&blocked, SIGTERM);
    return YON_ELOST;
}

static int call_once(void *arg)
{
    struct record *r = arg;

    r->loop_thread = pthread_self();
    r->f = yon_thread(look_around, r);
    r->codes[0] = yon_await(r->f);
    yon_free(r->f);
    return 0;
}

static int return_three(void *arg)
{
    (void)arg;
    return 3;
}

static int call_one_that_returns_no_code(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_thread(return_three, NULL);

    r->codes[0] = yon_await(f);
    r->codes[1] = strstr(yon_error(f), "3") != NULL;
    yon_free(f);
    return 0;
}

static void a_call_that_returns_no_code_has_failed(void **state)
{
    struct record *r = *state;

    yon_run(call_one_that_returns_no_code, r);
    assert_int_equal(r->codes[0], YON_EFAILED);
    assert_int_equal(r->codes[1], 1);
}

static int keep_from_a_call(void *arg)
{
    struct record *r = arg;

    promise_keep(r->promise, (struct buf){ 0 }, 0, NULL);
    return 0;
}

static int await_a_promise_of_a_call(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_promise_new(&r->promise);
    yon_future *call = yon_thread(keep_from_a_call, r);

    r->codes[0] = yon_await(f);
    r->codes[1] = yon_await(call);
    yon_free(f);
    yon_free(call);
    return 0;
}

static void a_call_may_keep_a_promise(void **state)
{
    struct record *r = *state;

    r->codes[0] = r->codes[1] = 1;
    yon_run(await_a_promise_of_a_call, r);
    assert_int_equal(r->codes[0], 0);
    assert_int_equal(r->codes[1], 0);
}

/* ---- bounds ---- */

static int call_more_than_all(void *arg)
{
    static yon_future *fs[ALL + 1];
    struct record *r = arg;

    for (size_t i = 0; i < ALL + 1; i++)
        fs[i] = yon_thread(block, r);
    r->codes[0] = yon_await(fs[ALL]);
    wait_for_entries(r, POOL_THREADS_MAX);
    open_gate(r, ALL);
    r->codes[1] = yon_all(fs, ALL);
    r->codes[2] = atomic_load(&r->n_ended);
    for (size_t i = 0; i < ALL + 1; i++)
        yon_free(fs[i]);

    fs[0] = yon_thread(block, r); /* there is room again */
    open_gate(r, 1);
    r->codes[3] = yon_await(fs[0]);
    yon_free(fs[0]);
    return 0;
}

static void threads_and_queue_are_bounded(void **state)
{
    struct record *r = *state;

    yon_run(call_more_than_all, r);
    assert_int_equal(r->codes[0], YON_EBUSY);
    assert_int_equal(r->codes[1], 0);
    assert_int_equal(r->codes[2], ALL);
    assert_int_equal(atomic_load(&r->most_inside), POOL_THREADS_MAX);
    assert_int_equal(r->codes[3], 0);
}

static int call_one_after_another(void *arg)
{
    struct record *r = arg;

    for (int i = 0; i < 100; i++) {
        yon_future *f = yon_thread(block, r);

        open_gate(r, 1);
        yon_await(f);
        yon_free(f);
    }
    return 0;
}

static void a_hundred_calls_in_a_row_all_end(void **state)
{
    struct record *r = *state;

    yon_run(call_one_after_another, r);
    assert_int_equal(atomic_load(&r->n_ended), 100);
    assert_int_equal(atomic_load(&r->most_inside), 1);
}

/* ---- cancellation ---- */

/* One call more than there are threads that idle, again and again. */
static int call_more_than_idle(void *arg)
{
    struct record *r = arg;
    yon_future *fs[POOL_THREADS_MAX];

    for (int n = 1; n <= POOL_THREADS_MAX; n++) {
        for (int i = 0; i < n; i++)
            fs[i] = yon_thread(block, r);
        wait_for_entries(r, n); /* nobody waits for another */
        open_gate(r, n);
        for (int i = 0; i < n; i++) {
            yon_await(fs[i]);
            yon_free(fs[i]);
        }
    }
    return 0;
}

static void an_idle_thread_serves_one_call_only(void **state)
{
    struct record *r = *state;

    assert_int_equal(yon_run(call_more_than_idle, r), 0);
    assert_int_equal(r->most_inside, POOL_THREADS_MAX);
}

static int cancel_calls(void *arg)
{
    static yon_future *fs[POOL_THREADS_MAX + 1];
    struct record *r = arg;

    for (size_t i = 0; i < POOL_THREADS_MAX + 1; i++)
        fs[i] = yon_thread(block, r);
    wait_for_entries(r, POOL_THREADS_MAX);
    yon_cancel(fs[POOL_THREADS_MAX]); /* it has not begun */
    yon_cancel(fs[POOL_THREADS_MAX]);
    r->codes[0] = yon_await(fs[POOL_THREADS_MAX]);
    yon_cancel(fs[0]); /* it runs */
    yon_pause();
    r->codes[1] = yon_is_done(fs[0]);
    open_gate(r, POOL_THREADS_MAX);
    r->codes[2] = yon_all(fs, POOL_THREADS_MAX);
    for (size_t i = 0; i < POOL_THREADS_MAX + 1; i++)
        yon_free(fs[i]);
    return 0;
}

static void only_a_queued_call_can_be_cancelled(void **state)
{
    struct record *r = *state;

    yon_run(cancel_calls, r);
    assert_int_equal(r->codes[0], YON_ECANCELLED);
    assert_int_equal(r->codes[1], 0);
    assert_int_equal(r->codes[2], 0);
    assert_int_equal(atomic_load(&r->n_ended), POOL_THREADS_MAX);
}

/* ---- the end of the loop ---- */

static int leave_calls_behind(void *arg)
{
    struct record *r = arg;

    r->f = yon_thread(block, r);
    yon_free(yon_thread(block, r));
    open_gate(r, 2);
    return 0;
}

static void the_loop_ends_after_its_calls(void **state)
{
    struct record *r = *state;

    yon_run(leave_calls_behind, r);
    assert_int_equal(atomic_load(&r->n_ended), 2);
    assert_int_equal(yon_await(r->f), 0);
    yon_free(r->f);
}

static void a_call_runs_elsewhere_without_signals(void **state)
{
    struct record *r = *state;

    r->codes[1] = 1;
    yon_run(call_once, r);
    assert_int_equal(r->codes[0], YON_ELOST);
    assert_int_equal(r->codes[1], 0);
    assert_int_equal(r->codes[2], 1);
}

static void outside_of_coroutines_nothing_is_called(void **state)
{
    struct record *r = *state;
    yon_future *f = yon_thread(block, r);

    assert_int_equal(yon_await(f), YON_ESTATE);
    yon_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define RECORDED(test) \
    cmocka_unit_test_setup_teardown(test, record_init, record_fini)
        RECORDED(a_call_runs_elsewhere_without_signals),
        RECORDED(a_call_that_returns_no_code_has_failed),
        RECORDED(a_call_may_keep_a_promise),
        RECORDED(threads_and_queue_are_bounded),
        RECORDED(a_hundred_calls_in_a_row_all_end),
        RECORDED(an_idle_thread_serves_one_call_only),
        RECORDED(only_a_queued_call_can_be_cancelled),
        RECORDED(the_loop_ends_after_its_calls),
        RECORDED(outside_of_coroutines_nothing_is_called),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
