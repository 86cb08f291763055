/* SPDX-License-Identifier: MIT */
/* Clients on a libuv loop of the user: against a fake on the same loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/lib/uv_rig.h"

#define N_CALLS 50

/* ---- calls ---- */

static void a_call_comes_back_within_uv_run(void **state)
{
    struct bench *b = *state;
    struct seen seen = { 0 };
    yon_future *f = yon_call(b->client, "echo", "i", 7);
    int n = 0;

    assert_int_equal(yon_then(f, note, &seen), 0);
    assert_int_equal(seen.n_calls, 0);
    assert_quiet(b); /* returns, though the client is open */
    ASSERT_SEEN(seen, 0);
    assert_int_equal(yon_result(f, "i", &n), 0);
    assert_int_equal(n, 7);
    yon_free(f);
}

static void an_idle_client_does_not_keep_the_loop_alive(void **state)
{
    struct bench *b = *state;

    assert_quiet(b);
    for (int i = 0; i < 3; i++) {
        struct seen seen = { 0 };

        assert_false(uv_loop_alive(&b->uv));
        yon_then(yon_call(b->client, "echo", ""), note_and_free, &seen);
        assert_true(uv_loop_alive(&b->uv));
        assert_quiet(b);
        ASSERT_SEEN(seen, 0);
    }
}

static void a_call_that_is_wrong_calls_too_but_later(void **state)
{
    struct bench *b = *state;
    struct seen seen = { 0 };
    yon_future *f = yon_call(b->client, "echo", "[");

    assert_true(yon_is_done(f));
    assert_int_equal(yon_then(f, note_and_free, &seen), 0);
    assert_int_equal(seen.n_calls, 0);
    assert_quiet(b);
    ASSERT_SEEN(seen, YON_EFORMAT);
}

static void each_of_fifty_calls_once(void **state)
{
    struct bench *b = *state;
    struct seen seen[N_CALLS] = { 0 };

    for (int i = 0; i < N_CALLS; i++)
        yon_then(yon_call(b->client, i % 2 ? "echo" : "fail", ""),
                 note_and_free, &seen[i]);
    assert_quiet(b);
    for (int i = 0; i < N_CALLS; i++)
        ASSERT_SEEN(seen[i], i % 2 ? 0 : YON_EFAILED);
}

static void what_was_freed_calls_all_the_same(void **state)
{
    struct bench *b = *state;
    struct seen seen = { 0 };
    yon_future *f = yon_call(b->client, "echo", "");

    yon_then(f, note, &seen);
    yon_free(f);
    assert_quiet(b);
    ASSERT_SEEN(seen, 0);
}

static void the_receipt_calls_before_the_end(void **state)
{
    struct bench *b = *state;
    struct seen receipt = { 0 }, end = { 0 };
    yon_future *f = yon_call(b->client, "never", "");

    yon_then(yon_receipt(f), note, &receipt);
    yon_then(f, note, &end);
    while (receipt.n_calls == 0)
        uv_run(&b->uv, UV_RUN_ONCE);
    assert_int_equal(receipt.id, yon_id(f));
    assert_true(receipt.id != 0);
    assert_int_equal(end.n_calls, 0);
    yon_cancel(f);
    yon_free(f);
    assert_quiet(b);
    ASSERT_SEEN(receipt, 0);
    ASSERT_SEEN(end, YON_ECANCELLED);
}

static void a_receipt_outlives_its_job(void **state)
{
    struct bench *b = *state;
    struct seen seen = { 0 };
    yon_future *f = yon_call(b->client, "never", "");

    yon_then(yon_receipt(f), note, &seen);
    yon_free(f);
    assert_quiet(b);
    ASSERT_SEEN(seen, 0);
    assert_true(seen.id != 0);
    f = yon_call(b->client, "refuse", "");
    yon_then(yon_receipt(f), note, &seen);
    yon_free(f);
    assert_quiet(b);
    assert_int_equal(seen.n_calls, 2);
    assert_int_equal(seen.code, YON_ECONFLICT);
}

/* ---- within callbacks ---- */

static void call_on(void *arg, yon_future *f)
{
    struct seen *s = arg;
    yon_client *c = s->bench->client;

    yon_free(f);
    if (++s->n_calls < N_CALLS)
        yon_then(yon_call(c, "echo", ""), call_on, s);
}

static void a_callback_starts_the_next_call(void **state)
{
    struct bench *b = *state;
    struct seen seen = { .bench = b };

    yon_then(yon_call(b->client, "echo", ""), call_on, &seen);
    assert_quiet(b);
    assert_int_equal(seen.n_calls, N_CALLS);
}

static int sleep_a_bit(void *arg)
{
    *(int *)arg = yon_sleep(1);
    return YON_EFULL;
}

static void try_all(void *arg, yon_future *f)
{
    struct seen *s = arg;
    yon_client *blocking;
    uint64_t id;

    note(s, f);
    s->codes[0] = yon_await(s->other);
    s->codes[1] = yon_await_for(s->other, 1);
    s->codes[2] = yon_await_id(s->other, &id);
    s->codes[3] = yon_run(sleep_a_bit, &s->codes[4]);
    yon_connect("ipc:///tmp/yon-nobody", &blocking);
    yon_close(blocking);
    s->codes[5] = yon_fd(s->bench->client);
    s->codes[6] = yon_dispatch(s->bench->client);
    yon_set_patience(s->bench->client, 1000);
    yon_free(f);
    s->codes[7] = yon_cancel(s->other);
}

static void what_would_wait_is_an_error_and_all_else_works(void **state)
{
    struct bench *b = *state;
    struct seen seen = { .bench = b }, other = { 0 };

    seen.other = yon_call(b->client, "never", "");
    yon_then(seen.other, note, &other);
    assert_int_equal(yon_await(seen.other), YON_ESTATE); /* nor outside */
    yon_then(yon_call(b->client, "echo", ""), try_all, &seen);
    assert_quiet(b);
    ASSERT_SEEN(seen, 0);
    assert_int_equal(seen.codes[0], YON_ESTATE);
    assert_int_equal(seen.codes[1], YON_ESTATE);
    assert_int_equal(seen.codes[2], 0); /* it had its id before */
    assert_int_equal(seen.codes[3], YON_EFULL);
    assert_int_equal(seen.codes[4], 0);
    assert_int_equal(seen.codes[5], YON_ESTATE);
    assert_int_equal(seen.codes[6], YON_ESTATE);
    assert_int_equal(seen.codes[7], 0);
    ASSERT_SEEN(other, YON_ECANCELLED);
    yon_free(seen.other);
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, setup_listening, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_call_comes_back_within_uv_run),
        TEST(an_idle_client_does_not_keep_the_loop_alive),
        TEST(a_call_that_is_wrong_calls_too_but_later),
        TEST(each_of_fifty_calls_once),
        TEST(what_was_freed_calls_all_the_same),
        TEST(the_receipt_calls_before_the_end),
        TEST(a_receipt_outlives_its_job),
        TEST(a_callback_starts_the_next_call),
        TEST(what_would_wait_is_an_error_and_all_else_works),
    };

    return cmocka_run_group_tests(tests, open_what_stays, NULL);
}
