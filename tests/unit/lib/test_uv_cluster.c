/* SPDX-License-Identifier: MIT */
/* Callbacks on a libuv loop, against a real yond and yon-worker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uv.h>

#include <yon/uv.h>

#include "tests/support/cluster.h"
#include "tests/unit/lib/seen.h"

#define N_CALLS 50
#define LONG_MS (24 * 3600 * 1000)

struct bench {
    struct cluster cluster;
    uv_loop_t uv;
    yon_client *client;
    yon_future *calls[N_CALLS];
    int n_receipts, n_ended, n_good;
    void (*all_are_received)(struct bench *b);
};

static int setup(void **state)
{
    static struct bench b;

    memset(&b, 0, sizeof b);
    cluster_start(&b.cluster);
    uv_loop_init(&b.uv);
    *state = &b;
    return yon_uv_connect(&b.uv, b.cluster.address, &b.client);
}

static int teardown(void **state)
{
    struct bench *b = *state;

    yon_close(b->client);
    assert_int_equal(uv_run(&b->uv, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&b->uv), 0);
    cluster_stop(&b->cluster);
    return 0;
}

static void receipt_came(void *arg, yon_future *f)
{
    struct bench *b = arg;

    assert_int_equal(yon_await(f), 0);
    if (++b->n_receipts == N_CALLS && b->all_are_received != NULL)
        b->all_are_received(b);
}

static void call_ended(void *arg, yon_future *f)
{
    struct bench *b = arg;

    b->n_ended++;
    b->n_good += yon_await(f) == 0;
    yon_free(f);
}

/* Fifty that end after ms. */
static void call_many(struct bench *b, int64_t ms)
{
    for (int i = 0; i < N_CALLS; i++) {
        b->calls[i] = yon_call(b->client, "sleep", "{sI}", "ms", ms);
        yon_then(yon_receipt(b->calls[i]), receipt_came, b);
        yon_then(b->calls[i], call_ended, b);
    }
    assert_int_equal(uv_run(&b->uv, UV_RUN_DEFAULT), 0);
    assert_int_equal(b->n_ended, N_CALLS);
}

static void fifty_come_as_they_complete(void **state)
{
    struct bench *b = *state;

    call_many(b, 1);
    assert_int_equal(b->n_receipts, N_CALLS);
    assert_int_equal(b->n_good, N_CALLS);
}

static void restart_yond(struct bench *b)
{
    cluster_kill_yond(&b->cluster);
    cluster_start_yond(&b->cluster);
}

static void callbacks_outlive_the_coordinator(void **state)
{
    struct bench *b = *state;

    b->all_are_received = restart_yond;
    call_many(b, 50);
    assert_int_equal(b->n_good, N_CALLS);
}

static void kill_yond_and_close(struct bench *b)
{
    cluster_kill_yond(&b->cluster);
    yon_close(b->client);
    b->client = NULL;
}

static void closing_after_the_death_of_the_coordinator_tells_all(void **state)
{
    struct bench *b = *state;

    b->all_are_received = kill_yond_and_close;
    call_many(b, LONG_MS);
    assert_int_equal(b->n_good, 0);
}

static void cancel_all(struct bench *b)
{
    for (int i = 0; i < N_CALLS; i++)
        yon_cancel(b->calls[i]);
}

static void callbacks_may_cancel(void **state)
{
    struct bench *b = *state;

    b->all_are_received = cancel_all;
    call_many(b, LONG_MS);
    assert_int_equal(b->n_good, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(fifty_come_as_they_complete),
        TEST(callbacks_outlive_the_coordinator),
        TEST(closing_after_the_death_of_the_coordinator_tells_all),
        TEST(callbacks_may_cancel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
