/* SPDX-License-Identifier: MIT */
/* Clients in a loop of any kind, through their descriptor: against a fake on
 * the same loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>
#include <poll.h>
#include <uv.h>

#include <yon/co.h>

#include "tests/unit/lib/fake.h"
#include "tests/unit/lib/seen.h"

#define N_CALLS 50
#define WAIT_MS 60000 /* longer than any of it takes */

struct bench {
    struct fake fake;
    yon_client *client; /* NULL: a test has closed it */
    int fd;
    size_t n_fds;
};

static int setup_alone(void **state)
{
    static struct bench b;

    memset(&b, 0, sizeof b);
    fake_init(&b.fake);
    b.n_fds = open_fds();
    if (yon_connect(b.fake.address, &b.client) != 0)
        return -1;
    b.fd = yon_fd(b.client);
    *state = &b;
    return b.fd < 0;
}

static int setup(void **state)
{
    struct bench *b;

    if (setup_alone(state) != 0)
        return -1;
    b = *state;
    fake_listen(&b->fake, b->client->loop);
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    if (b->client != NULL)
        fake_stop(&b->fake);
    yon_close(b->client);
    fake_fini(&b->fake);
    assert_fds(b->n_fds);
    return 0;
}

/* The fake lives on the loop of the client: it goes first. */
static void close_client(struct bench *b)
{
    fake_stop(&b->fake);
    yon_close(b->client);
    b->client = NULL;
}

static bool is_readable(int fd, int ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, 1, ms) == 1 && p.revents == POLLIN;
}

/* Without end while something is to come; so each wake-up is owed. */
static void run_until(struct bench *b, const int *n, int enough)
{
    while (*n < enough) {
        assert_true(is_readable(b->fd, WAIT_MS));
        assert_int_equal(yon_dispatch(b->client), 0);
    }
}

static void run_until_quiet(struct bench *b)
{
    while (is_readable(b->fd, 20))
        assert_int_equal(yon_dispatch(b->client), 0);
}

/* ---- calls ---- */

static void a_call_comes_back_within_dispatch(void **state)
{
    struct bench *b = *state;
    struct seen seen = { 0 };
    yon_future *f = yon_call(b->client, "echo", "i", 7);
    int n = 0;

    assert_int_equal(yon_then(f, note, &seen), 0);
    assert_int_equal(seen.n_calls, 0);
    run_until(b, &seen.n_calls, 1);
    run_until_quiet(b);
    ASSERT_SEEN(seen, 0);
    assert_int_equal(yon_result(f, "i", &n), 0);
    assert_int_equal(n, 7);
    yon_free(f);
}

static void count(void *arg, yon_future *f)
{
    ++*(int *)arg;
    yon_free(f);
}

static void each_of_fifty_calls_once(void **state)
{
    struct bench *b = *state;
    int n = 0;

    for (int i = 0; i < N_CALLS; i++)
        yon_then(yon_call(b->client, "echo", ""), count, &n);
    run_until(b, &n, N_CALLS);
    run_until_quiet(b);
    assert_int_equal(n, N_CALLS);
}

struct chain {
    struct bench *bench;
    int n;
};

static void call_on(void *arg, yon_future *f)
{
    struct chain *chain = arg;

    yon_free(f);
    if (++chain->n < N_CALLS)
        yon_then(yon_call(chain->bench->client, "echo", ""), call_on, chain);
}

static void a_callback_starts_the_next_call(void **state)
{
    struct bench *b = *state;
    struct chain chain = { .bench = b };

    yon_then(yon_call(b->client, "echo", ""), call_on, &chain);
    run_until(b, &chain.n, N_CALLS);
}

/* ---- when it is readable ---- */

static void it_is_quiet_while_nothing_happens(void **state)
{
    struct bench *b = *state;
    struct seen seen = { 0 }, receipt = { 0 };
    yon_future *f = yon_call(b->client, "never", "");

    yon_then(f, note, &seen);
    yon_then(yon_receipt(f), note, &receipt);
    run_until(b, &receipt.n_calls, 1);
    run_until_quiet(b); /* comes back */
    assert_int_equal(seen.n_calls, 0);
    yon_cancel(f);
    run_until(b, &seen.n_calls, 1);
    ASSERT_SEEN(seen, YON_ECANCELLED);
    yon_free(f);
}

static void what_is_started_outside_makes_it_readable(void **state)
{
    struct bench *b = *state;
    struct seen seen = { 0 };
    yon_future *f;

    f = yon_call(b->client, "echo", "[");
    run_until_quiet(b);
    yon_then(f, note, &seen);
    assert_true(is_readable(b->fd, WAIT_MS));
    assert_true(is_readable(b->fd, 0)); /* level-triggered */
    assert_int_equal(yon_dispatch(b->client), 0);
    ASSERT_SEEN(seen, YON_EFORMAT);
    yon_free(f);
    run_until_quiet(b);
    yon_free(yon_call(b->client, "echo", ""));
    assert_true(is_readable(b->fd, WAIT_MS));
}

static void time_makes_it_readable(void **state)
{
    struct bench *b = *state;
    struct seen seen = { 0 };

    yon_set_patience(b->client, 20);
    yon_then(yon_call(b->client, "echo", ""), note_and_free, &seen);
    run_until(b, &seen.n_calls, 1);
    ASSERT_SEEN(seen, YON_EUNREACHABLE);
}

static void it_can_be_polled_by_epoll_too(void **state)
{
    struct bench *b = *state;
    struct epoll_event event = { .events = EPOLLIN };
    struct seen seen = { 0 };
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, b->fd, &event), 0);
    yon_then(yon_call(b->client, "echo", ""), note_and_free, &seen);
    while (seen.n_calls == 0) {
        assert_int_equal(epoll_wait(epoll, &event, 1, WAIT_MS), 1);
        assert_int_equal(yon_dispatch(b->client), 0);
    }
    close(epoll);
    ASSERT_SEEN(seen, 0);
}

/* ---- together with awaiting ---- */

static void callbacks_come_within_awaits_too(void **state)
{
    struct bench *b = *state;
    struct seen seen = { 0 };
    yon_future *f = yon_call(b->client, "echo", "");

    yon_then(yon_call(b->client, "echo", ""), note_and_free, &seen);
    assert_int_equal(yon_await(f), 0);
    yon_free(f);
    run_until(b, &seen.n_calls, 1);
    ASSERT_SEEN(seen, 0);
}

static void close_here(void *arg, yon_future *f)
{
    struct seen *s = arg;

    note_and_free(s, f);
    close_client(s->bench);
}

static void a_callback_may_close_the_client_that_is_awaited(void **state)
{
    struct bench *b = *state;
    struct seen seen = { .bench = b }, other = { 0 };
    yon_future *f = yon_call(b->client, "never", "");

    yon_then(f, note, &other);
    yon_then(yon_call(b->client, "echo", ""), close_here, &seen);
    assert_int_equal(yon_await(f), YON_ECLOSED);
    ASSERT_SEEN(seen, 0);
    ASSERT_SEEN(other, YON_ECLOSED);
    yon_free(f);
}

/* ---- closing ---- */

static void a_callback_may_close_its_client(void **state)
{
    struct bench *b = *state;
    yon_client *c = b->client;
    struct seen seen = { .bench = b }, other = { 0 };
    int code = 0;

    yon_then(yon_call(c, "never", ""), note_and_free, &other);
    yon_then(yon_call(c, "echo", ""), close_here, &seen);
    while (seen.n_calls == 0 && is_readable(b->fd, WAIT_MS))
        code = yon_dispatch(c);
    assert_int_equal(code, YON_ECLOSED);
    ASSERT_SEEN(seen, 0);
    ASSERT_SEEN(other, YON_ECLOSED); /* before dispatch returned */
}

/* As who tries everything again whatever the error is. */
static void try_again(void *arg, yon_future *f)
{
    struct seen *s = arg;
    yon_client *c = s->bench->client;
    yon_future *again = yon_call(c, "echo", "");

    note_and_free(s, f);
    s->codes[0] = yon_await(again);
    s->codes[1] = yon_then(again, try_again, s);
    s->codes[2] = yon_dispatch(c);
    s->codes[3] = yon_fd(c);
    yon_set_patience(c, 1);
    yon_free(again);
    yon_close(c);
}

static void closing_tells_all_callbacks(void **state)
{
    struct bench *b = *state;
    struct seen seen[3] = { { .bench = b }, { .bench = b }, { 0 } };
    yon_future *kept = yon_attach(b->client, 2000, 0);

    yon_then(yon_call(b->client, "never", ""), try_again, &seen[0]);
    yon_then(yon_call(b->client, "echo", ""), try_again, &seen[1]);
    yon_then(kept, note, &seen[2]);
    fake_stop(&b->fake);
    yon_close(b->client);
    b->client = NULL;
    for (int i = 0; i < 3; i++)
        ASSERT_SEEN(seen[i], YON_ECLOSED);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(seen[i].codes[0], YON_ECLOSED);
        assert_int_equal(seen[i].codes[1], YON_ECLOSED);
        assert_int_equal(seen[i].codes[2], YON_ESTATE);
        assert_int_equal(seen[i].codes[3], YON_ESTATE);
    }
    assert_int_equal(yon_then(kept, note, &seen[2]), YON_ECLOSED);
    yon_free(kept);
}

/* ---- errors ---- */

static void dispatch_here(void *arg, yon_future *f)
{
    struct seen *s = arg;

    s->codes[0] = yon_dispatch(s->bench->client);
    s->codes[1] = yon_await(s->other);
    s->codes[2] = yon_fd(s->bench->client);
    note_and_free(s, f);
    yon_cancel(s->other);
}

static void within_a_callback_it_is_not_for_waiting(void **state)
{
    struct bench *b = *state;
    struct seen seen = { .bench = b }, other = { 0 };

    seen.other = yon_call(b->client, "never", "");
    yon_then(seen.other, note_and_free, &other);
    yon_then(yon_call(b->client, "echo", ""), dispatch_here, &seen);
    run_until(b, &other.n_calls, 1);
    ASSERT_SEEN(seen, 0);
    assert_int_equal(seen.codes[0], YON_ESTATE);
    assert_int_equal(seen.codes[1], YON_ESTATE);
    assert_int_equal(seen.codes[2], b->fd);
    ASSERT_SEEN(other, YON_ECANCELLED);
}

struct inside {
    yon_client *outer;
    int codes[4];
};

static int try_inside(void *arg)
{
    struct inside *i = arg;
    yon_client *c;

    i->codes[0] = yon_dispatch(i->outer);
    i->codes[1] = yon_connect("ipc:///tmp/yon-nobody", &c);
    i->codes[2] = yon_fd(c);
    i->codes[3] = yon_dispatch(c);
    yon_close(c);
    return 0;
}

static void clients_of_coroutines_have_none(void **state)
{
    struct bench *b = *state;
    struct inside inside = { .outer = b->client };

    assert_int_equal(yon_run(try_inside, &inside), 0);
    assert_int_equal(inside.codes[0], YON_ESTATE);
    assert_int_equal(inside.codes[1], 0);
    assert_int_equal(inside.codes[2], YON_ESTATE);
    assert_int_equal(inside.codes[3], YON_ESTATE);
}

static int connect_nowhere(yon_client **c)
{
    return yon_connect("ipc:///tmp/yon-nobody", c);
}

static int connect_in_a_coroutine(void *arg)
{
    struct rlimit *none = arg;
    yon_client *c;

    setrlimit(RLIMIT_NOFILE, none);
    return connect_nowhere(&c);
}

static void without_descriptors_it_is_an_error(void **state)
{
    struct rlimit before, none;
    yon_client *c, *other;
    int codes[4];

    (void)state;
    assert_int_equal(connect_nowhere(&c), 0);
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &none);
    codes[0] = yon_fd(c);
    codes[1] = connect_nowhere(&other);
    codes[2] = yon_run(connect_in_a_coroutine, &none);
    setrlimit(RLIMIT_NOFILE, &before);
    codes[3] = yon_run(connect_in_a_coroutine, &none);
    setrlimit(RLIMIT_NOFILE, &before);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(codes[i], YON_ELIMIT);
    assert_true(yon_fd(c) >= 0);
    yon_close(c);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define ALONE(name) cmocka_unit_test_setup_teardown(name, setup_alone, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_call_comes_back_within_dispatch),
        TEST(each_of_fifty_calls_once),
        TEST(a_callback_starts_the_next_call),
        TEST(it_is_quiet_while_nothing_happens),
        TEST(what_is_started_outside_makes_it_readable),
        ALONE(time_makes_it_readable),
        TEST(it_can_be_polled_by_epoll_too),
        TEST(callbacks_come_within_awaits_too),
        TEST(a_callback_may_close_the_client_that_is_awaited),
        TEST(a_callback_may_close_its_client),
        TEST(closing_tells_all_callbacks),
        ALONE(closing_tells_all_callbacks),
        TEST(within_a_callback_it_is_not_for_waiting),
        TEST(clients_of_coroutines_have_none),
        cmocka_unit_test(without_descriptors_it_is_an_error),
    };

    return cmocka_run_group_tests(tests, open_what_stays, NULL);
}
