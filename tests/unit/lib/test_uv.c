/* SPDX-License-Identifier: MIT */
/* Clients on a libuv loop of the user: against a fake on the same loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include <yon/io.h>
#include <yon/uv.h>

#include "fake.h"
#include "future.h"
#include "io_rig.h"

#define N_CALLS 50
#define LONG_MS (24 * 3600 * 1000)

struct bench {
    uv_loop_t uv;
    struct fake fake;
    yon_client *client; /* NULL: a test has closed it */
    size_t n_fds;
};

/* What a callback has seen, and what it is to do. */
struct seen {
    int n_calls;
    int code;
    struct bench *bench;
    yon_future *other;
    int codes[8];
    uint64_t id;
};

/* ---- the loop ---- */

static void assert_quiet(struct bench *b)
{
    assert_int_equal(uv_run(&b->uv, UV_RUN_DEFAULT), 0);
}

/* ZeroMQ closes descriptors on a thread of its own; some may have been under
 * way when they were counted. */
static void assert_fds(size_t n)
{
    for (int i = 0; i < 5000 && open_fds() > n; i++)
        usleep(1000);
    assert_true(open_fds() <= n);
}

static void close_client(struct bench *b)
{
    yon_close(b->client);
    b->client = NULL;
}

/* The first client of a process opens what ZeroMQ keeps. */
static int group_setup(void **state)
{
    yon_client *c;

    (void)state;
    if (yon_connect("ipc:///tmp/yon-nobody", &c) != 0)
        return -1;
    yon_close(c);
    return 0;
}

/* Nobody listens yet. */
static int setup(void **state)
{
    static struct bench b;

    memset(&b, 0, sizeof b);
    fake_init(&b.fake);
    b.n_fds = open_fds();
    uv_loop_init(&b.uv);
    if (yon_uv_connect(&b.uv, b.fake.address, &b.client) != 0)
        return -1;
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    yon_close(b->client);
    fake_stop(&b->fake);
    assert_quiet(b);
    assert_int_equal(uv_loop_close(&b->uv), 0);
    assert_fds(b->n_fds);
    fake_fini(&b->fake);
    return 0;
}

/* The fake does not keep the loop alive: only the client may. */
static void listen_now(struct bench *b)
{
    fake_listen(&b->fake, loop_at(&b->uv));
    sock_keep_loop(b->fake.sock, false);
}

static int setup_listening(void **state)
{
    if (setup(state) != 0)
        return -1;
    listen_now(*state);
    return 0;
}

static void note(void *arg, yon_future *f)
{
    struct seen *s = arg;

    s->n_calls++;
    s->code = -(int)f->err;
    s->id = yon_id(f);
}

static void note_and_free(void *arg, yon_future *f)
{
    note(arg, f);
    yon_free(f);
}

#define ASSERT_SEEN(s, ended_with)                \
    do {                                          \
        assert_int_equal((s).n_calls, 1);         \
        assert_int_equal((s).code, (ended_with)); \
    } while (0)

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
    ASSERT_SEEN(end, YON_ECANCELED);
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
    ASSERT_SEEN(other, YON_ECANCELED);
    yon_free(seen.other);
}

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

/* ---- coroutines on the loop of the user ---- */

static int give_four(void *arg)
{
    (void)arg;
    return yon_value("i", 4);
}

static int any_mixture(void *arg)
{
    struct bench *b = arg;
    const char *argv[] = { "true", NULL };
    struct yon_process_options o = { .argv = argv };
    yon_process *p = NULL;
    yon_future *fs[5];
    int code = yon_process_start(&o, &p);

    if (code != 0)
        return code;
    fs[0] = yon_call(b->client, "echo", "i", 3);
    fs[1] = yon_spawn(give_four, NULL);
    fs[2] = yon_timer(1);
    fs[3] = yon_thread(do_nothing, NULL);
    fs[4] = yon_process_future(p);
    code = yon_all(fs, 5);
    for (int i = 0; i < 5; i++)
        yon_free(fs[i]);
    yon_process_free(p);
    return code != 0 ? code : yon_value("i", 12);
}

static void a_coroutine_waits_for_any_mixture(void **state)
{
    struct bench *b = *state;
    struct seen seen = { 0 };
    yon_future *f = yon_uv_spawn(&b->uv, any_mixture, b);
    int n = 0;

    yon_then(f, note, &seen);
    assert_quiet(b);
    ASSERT_SEEN(seen, 0);
    assert_int_equal(yon_result(f, "i", &n), 0);
    assert_int_equal(n, 12);
    yon_free(f);
}

static int wait_long(void *arg)
{
    (void)arg;
    return yon_sleep(LONG_MS);
}

static void cancel_other(void *arg, yon_future *f)
{
    struct seen *s = arg;

    note_and_free(s, f);
    yon_cancel(s->other);
}

static void coroutines_need_no_client(void **state)
{
    struct seen seen[2] = { 0 };
    yon_future *f;
    uv_loop_t uv;

    (void)state;
    uv_loop_init(&uv);
    seen[0].other = f = yon_uv_spawn(&uv, wait_long, NULL);
    yon_then(f, note, &seen[1]);
    yon_then(yon_uv_spawn(&uv, do_nothing, NULL), cancel_other, &seen[0]);
    assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
    ASSERT_SEEN(seen[0], 0);
    ASSERT_SEEN(seen[1], YON_ECANCELED);
    assert_int_equal(uv_loop_close(&uv), 0); /* f is not freed yet */
    yon_free(f);
}

static int leave_a_timer(void *arg)
{
    yon_future *timer = yon_timer(2);

    yon_then(timer, note, arg);
    yon_free(timer);
    return 0;
}

static void what_a_coroutine_leaves_behind_still_comes(void **state)
{
    struct seen seen = { 0 };
    uv_loop_t uv;

    (void)state;
    uv_loop_init(&uv);
    yon_free(yon_uv_spawn(&uv, leave_a_timer, &seen));
    assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
    ASSERT_SEEN(seen, 0);
    assert_int_equal(uv_loop_close(&uv), 0);
}

static int client_of_its_own(void *arg)
{
    struct bench *b = arg;
    yon_client *c;
    yon_future *f;
    int code = yon_connect(b->fake.address, &c);

    if (code != 0)
        return code;
    f = yon_call(c, "echo", "");
    code = yon_await(f);
    yon_free(f);
    yon_close(c);
    return code;
}

static void a_coroutine_may_have_a_client_of_its_own(void **state)
{
    struct bench *b = *state;
    struct seen seen = { 0 };

    yon_then(yon_uv_spawn(&b->uv, client_of_its_own, b), note_and_free, &seen);
    assert_quiet(b);
    ASSERT_SEEN(seen, 0);
}

static void
without_a_loop_spawning_is_an_error_that_says_what_to_do(void **state)
{
    struct seen seen = { 0 };
    yon_future *f = yon_spawn(do_nothing, NULL);

    (void)state;
    assert_int_equal(yon_await(f), YON_ESTATE);
    assert_non_null(strstr(yon_error(f), "yon_uv_spawn"));
    assert_int_equal(yon_then(f, note, &seen), YON_ESTATE);
    assert_int_equal(seen.n_calls, 0);
    yon_free(f);
}

static int run_the_loop_inside(void *arg)
{
    struct bench *b = arg;
    struct seen seen = { 0 }, co = { 0 };
    int code;

    yon_then(yon_call(b->client, "echo", ""), note_and_free, &seen);
    yon_then(yon_uv_spawn(&b->uv, do_nothing, NULL), note_and_free, &co);
    code = uv_run(&b->uv, UV_RUN_DEFAULT); /* it blocks this coroutine's loop */
    if (code != 0 || seen.n_calls != 1 || co.n_calls != 1)
        return YON_EFAILED;
    return yon_pause();
}

static void a_coroutine_of_yon_run_may_run_the_loop(void **state)
{
    assert_int_equal(yon_run(run_the_loop_inside, *state), 0);
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, setup_listening, teardown)
#define ALONE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
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
        TEST(a_coroutine_waits_for_any_mixture),
        cmocka_unit_test(coroutines_need_no_client),
        cmocka_unit_test(what_a_coroutine_leaves_behind_still_comes),
        TEST(a_coroutine_may_have_a_client_of_its_own),
        cmocka_unit_test(
            without_a_loop_spawning_is_an_error_that_says_what_to_do),
        TEST(a_coroutine_of_yon_run_may_run_the_loop),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
