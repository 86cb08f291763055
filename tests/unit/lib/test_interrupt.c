/* SPDX-License-Identifier: MIT */
/* A wait is ended from a signal handler, and from another thread. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <uv.h>

#include <yon/uv.h>

#include "tests/unit/lib/fake.h"

struct bench {
    struct fake fake;
    yon_client *client;
};

static yon_client *target;
static int code_of_interrupt;

/* Nobody listens yet. */
static int setup(void **state)
{
    static struct bench b;

    fake_init(&b.fake);
    if (yon_connect(b.fake.address, &b.client) != 0)
        return -1;
    yon_set_patience(b.client, 0); /* for ever */
    target = b.client;
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    fake_stop(&b->fake);
    yon_close(b->client);
    fake_fini(&b->fake);
    return 0;
}

static void handle(int number)
{
    (void)number;
    code_of_interrupt = yon_interrupt(target);
}

static pthread_t main_thread;

static void *send_signal(void *arg)
{
    yon_sleep(5); /* it most likely waits; it need not */
    pthread_kill(main_thread, SIGUSR1);
    return arg;
}

static void *interrupt(void *arg)
{
    yon_sleep(5);
    code_of_interrupt = yon_interrupt(target);
    return arg;
}

/* The code of a wait that the other thread ends. */
static void assert_is_ended(void *(*other)(void *arg), int (*wait)(void *arg),
                            void *arg)
{
    pthread_t thread;

    code_of_interrupt = 1;
    main_thread = pthread_self();
    assert_int_equal(pthread_create(&thread, NULL, other, NULL), 0);
    assert_int_equal(wait(arg), YON_EINTERRUPTED);
    pthread_join(thread, NULL);
    assert_int_equal(code_of_interrupt, 0);
}

#define N_MANY 100

static int wait_for_one(void *f)
{
    return yon_await(f);
}

static int wait_for_one_for_long(void *f)
{
    return yon_await_for(f, INT32_MAX);
}

static int wait_for_all(void *f)
{
    yon_future *fs[] = { f, NULL };

    return yon_all(fs, 2);
}

static int wait_for_any_of_many(void *f)
{
    yon_future *fs[N_MANY] = { f };
    size_t which;

    return yon_any(fs, N_MANY, &which);
}

static int wait_for_each(void *f)
{
    yon_future *fs[] = { f, NULL }, *taken;
    size_t which;

    return yon_each(fs, 2, &which, &taken);
}

static int wait_for_id(void *f)
{
    uint64_t id;

    return yon_await_id(f, &id);
}

static int wait_for_progress(void *f)
{
    return yon_await_progress(f, &YON_ADVANCE());
}

static int (*const waits[])(void *f) = {
    wait_for_one,         wait_for_one_for_long, wait_for_all,
    wait_for_any_of_many, wait_for_each,         wait_for_id,
    wait_for_progress
};

static void every_wait_is_ended_by_a_thread(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_call(b->client, "echo", "");

    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++)
        assert_is_ended(interrupt, waits[i], f);
    yon_free(f);
}

static void a_signal_handler_ends_a_wait(void **state)
{
    struct sigaction ours = { .sa_handler = handle, .sa_flags = SA_RESTART };
    struct bench *b = *state;
    yon_future *f = yon_call(b->client, "echo", "");

    sigaction(SIGUSR1, &ours, NULL);
    assert_is_ended(send_signal, wait_for_one, f);
    yon_free(f);
    signal(SIGUSR1, SIG_DFL);
}

static void what_was_awaited_goes_on(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_call(b->client, "echo", "i", 7);
    int n = 0;

    assert_int_equal(yon_interrupt(b->client), 0);
    assert_int_equal(yon_interrupt(b->client), 0); /* counts once */
    assert_int_equal(yon_await(f), YON_EINTERRUPTED);
    assert_int_equal(yon_is_done(f), 0);
    fake_listen(&b->fake, b->client->loop);
    assert_int_equal(yon_await(f), 0);
    assert_int_equal(yon_result(f, "i", &n), 0);
    assert_int_equal(n, 7);
    yon_free(f);
}

static void an_end_that_is_there_is_no_wait(void **state)
{
    struct bench *b = *state;
    yon_future *f, *never;

    fake_listen(&b->fake, b->client->loop);
    f = yon_call(b->client, "echo", "");
    never = yon_call(b->client, "never", "");
    assert_int_equal(yon_await(f), 0);
    assert_int_equal(yon_interrupt(b->client), 0);
    assert_int_equal(yon_await(f), 0);
    assert_int_equal(yon_await(never), YON_EINTERRUPTED);
    yon_free(never);
    yon_free(f);
}

/* ---- elsewhere ---- */

static int wait_in_a_coroutine(void *arg)
{
    struct bench *b = arg;
    yon_client *c = NULL;
    yon_future *f;
    pthread_t thread;
    int code = yon_connect(b->fake.address, &c);

    if (code != 0)
        return code;
    target = c;
    f = yon_call(c, "echo", "");
    pthread_create(&thread, NULL, interrupt, NULL);
    code = yon_await(f);
    pthread_join(thread, NULL);
    yon_interrupt(c); /* twice is harmless */
    yon_free(f);
    yon_close(c);
    return code;
}

static void under_yon_run_the_first_coroutine_is_cancelled(void **state)
{
    code_of_interrupt = 1;
    assert_int_equal(yon_run(wait_in_a_coroutine, *state), YON_ECANCELLED);
    assert_int_equal(code_of_interrupt, 0);
}

static void nothing_waits_on_a_loop_of_yours(void **state)
{
    struct bench *b = *state;
    yon_client *c = NULL;
    uv_loop_t uv;

    uv_loop_init(&uv);
    assert_int_equal(yon_uv_connect(&uv, b->fake.address, &c), 0);
    assert_int_equal(yon_interrupt(c), YON_ESTATE);
    yon_close(c);
    uv_run(&uv, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&uv), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_wait_is_ended_by_a_thread),
        TEST(a_signal_handler_ends_a_wait),
        TEST(what_was_awaited_goes_on),
        TEST(an_end_that_is_there_is_no_wait),
        TEST(under_yon_run_the_first_coroutine_is_cancelled),
        TEST(nothing_waits_on_a_loop_of_yours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
