/* SPDX-License-Identifier: MIT */
/* Closing clients on a libuv loop of the user, in every state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/lib/uv_rig.h"

/* ---- closing ---- */

static void closing_at_once_leaves_nothing(void **state)
{
    struct bench *b = *state;

    close_client(b);
    assert_quiet(b);
}

static void closing_tells_all_callbacks(void **state)
{
    struct bench *b = *state;
    struct seen seen[4] = { 0 };
    yon_future *never = yon_call(b->client, "never", "");
    yon_future *kept;

    yon_then(yon_receipt(never), note, &seen[0]);
    while (b->fake.sock != NULL && seen[0].n_calls == 0)
        uv_run(&b->uv, UV_RUN_ONCE);
    yon_then(never, note_and_free, &seen[1]);
    kept = yon_attach(b->client, 2000, 0);
    yon_then(kept, note, &seen[2]);
    yon_then(yon_call(b->client, "echo", ""), note_and_free, &seen[3]);
    close_client(b);
    for (int i = 1; i < 4; i++)
        assert_int_equal(seen[i].n_calls, 0); /* not within yon_close */
    assert_quiet(b);
    for (int i = 1; i < 4; i++)
        ASSERT_SEEN(seen[i], YON_ECLOSED);
    assert_int_equal(yon_then(kept, note, &seen[0]), YON_ECLOSED);
    assert_non_null(strstr(yon_error(kept), "closed"));
    yon_free(kept);
}

static void close_here(void *arg, yon_future *f)
{
    struct seen *s = arg;

    note_and_free(s, f);
    yon_close(s->bench->client);
    yon_close(s->bench->client); /* harmless */
    s->bench->client = NULL;
}

static void a_callback_may_close_its_client(void **state)
{
    struct bench *b = *state;
    struct seen seen = { .bench = b }, other = { 0 };

    yon_then(yon_call(b->client, "never", ""), note_and_free, &other);
    yon_then(yon_call(b->client, "echo", ""), close_here, &seen);
    assert_quiet(b);
    ASSERT_SEEN(seen, 0);
    ASSERT_SEEN(other, YON_ECLOSED);
}

/* As who tries again whatever the error is. */
static void try_again(void *arg, yon_future *f)
{
    struct seen *s = arg;
    yon_future *again;

    note_and_free(s, f);
    again = yon_call(s->bench->client, "echo", "");
    s->codes[0] = yon_await(again);
    s->codes[1] = yon_then(again, try_again, s);
    s->codes[2] = yon_cancel(again);
    yon_free(again);
    yon_close(s->bench->client);
}

static void calls_on_a_closed_client_end_at_once(void **state)
{
    struct bench *b = *state;
    struct seen seen = { .bench = b };

    yon_then(yon_call(b->client, "never", ""), try_again, &seen);
    yon_close(b->client);
    assert_quiet(b);
    b->client = NULL;
    ASSERT_SEEN(seen, YON_ECLOSED);
    assert_int_equal(seen.codes[0], YON_ECLOSED);
    assert_int_equal(seen.codes[1], YON_ECLOSED);
    assert_int_equal(seen.codes[2], 0);
}

static void a_dead_coordinator_does_not_hold_up_closing(void **state)
{
    struct bench *b = *state;
    struct seen receipt = { 0 }, end = { 0 };
    yon_future *f = yon_call(b->client, "never", "");

    yon_then(yon_receipt(f), note, &receipt);
    yon_then(f, note, &end);
    while (receipt.n_calls == 0)
        uv_run(&b->uv, UV_RUN_ONCE);
    fake_stop(&b->fake);
    uv_run(&b->uv, UV_RUN_NOWAIT);
    close_client(b);
    assert_quiet(b);
    ASSERT_SEEN(end, YON_ECLOSED);
    yon_free(f);
}

static void patience_calls_as_well(void **state)
{
    struct bench *b = *state;
    struct seen seen = { 0 };

    yon_set_patience(b->client, 20);
    yon_then(yon_call(b->client, "echo", ""), note_and_free, &seen);
    assert_quiet(b);
    ASSERT_SEEN(seen, YON_EUNREACHABLE);
}

static void a_bad_address_leaves_nothing_on_the_loop(void **state)
{
    yon_client *c = NULL;
    uv_loop_t uv;

    (void)state;
    uv_loop_init(&uv);
    assert_int_equal(yon_uv_connect(&uv, "http://x", &c), YON_EFORMAT);
    assert_int_equal(yon_uv_connect(&uv, "local:", &c), YON_EFORMAT);
    assert_null(c);
    assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&uv), 0);
}

/* ---- several clients ---- */

static void two_clients_share_a_loop(void **state)
{
    struct bench *b = *state, second = *b;
    struct seen seen[2] = { { .bench = &second }, { 0 } };

    assert_int_equal(yon_uv_connect(&b->uv, b->fake.address, &second.client),
                     0);
    yon_then(yon_call(second.client, "never", ""), note_and_free, &seen[1]);
    yon_then(yon_call(b->client, "echo", ""), close_here, &seen[0]);
    assert_quiet(b);
    ASSERT_SEEN(seen[0], 0);
    ASSERT_SEEN(seen[1], YON_ECLOSED);
    memset(seen, 0, sizeof seen);
    yon_then(yon_call(b->client, "echo", ""), note_and_free, &seen[0]);
    assert_quiet(b);
    ASSERT_SEEN(seen[0], 0);
}

static void after_the_last_one_the_loop_can_be_used_again(void **state)
{
    struct bench *b = *state;

    for (int i = 0; i < 3; i++) {
        struct seen seen = { 0 };

        close_client(b);
        if (i == 1)
            assert_quiet(b); /* or not: a new one beside what is closing */
        assert_int_equal(yon_uv_connect(&b->uv, b->fake.address, &b->client),
                         0);
        yon_then(yon_call(b->client, "echo", ""), note_and_free, &seen);
        assert_quiet(b);
        ASSERT_SEEN(seen, 0);
    }
}

static void close_by_timer(uv_timer_t *timer)
{
    struct seen *s = timer->data;

    close_client(s->bench);
    uv_close((uv_handle_t *)timer, NULL);
}

static void a_callback_of_the_user_may_close_it(void **state)
{
    struct bench *b = *state;
    struct seen seen = { .bench = b };
    uv_timer_t timer;

    yon_then(yon_call(b->client, "never", ""), note_and_free, &seen);
    uv_timer_init(&b->uv, &timer);
    timer.data = &seen;
    uv_timer_start(&timer, close_by_timer, 1, 0);
    assert_quiet(b);
    ASSERT_SEEN(seen, YON_ECLOSED);
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, setup_listening, teardown)
#define ALONE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(closing_at_once_leaves_nothing),
        ALONE(closing_at_once_leaves_nothing),
        TEST(closing_tells_all_callbacks),
        ALONE(closing_tells_all_callbacks),
        TEST(a_callback_may_close_its_client),
        TEST(calls_on_a_closed_client_end_at_once),
        ALONE(calls_on_a_closed_client_end_at_once),
        TEST(a_dead_coordinator_does_not_hold_up_closing),
        ALONE(patience_calls_as_well),
        cmocka_unit_test(a_bad_address_leaves_nothing_on_the_loop),
        TEST(two_clients_share_a_loop),
        TEST(after_the_last_one_the_loop_can_be_used_again),
        TEST(a_callback_of_the_user_may_close_it),
    };

    return cmocka_run_group_tests(tests, open_what_stays, NULL);
}
