/* SPDX-License-Identifier: MIT */
/* The library against a real yond and yon-worker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <yon/co.h>

#include "client/lib/request.h"
#include "tests/support/cluster.h"

static struct cluster cluster;
static yon_client *client;

static int group_setup(void **state)
{
    (void)state;
    cluster_start(&cluster);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    cluster_stop(&cluster);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    return yon_connect(cluster.address, &client);
}

static int teardown(void **state)
{
    (void)state;
    yon_close(client);
    return 0;
}

static yon_future *call_add(yon_client *c, int64_t a, int64_t b)
{
    return yon_call(c, "add", "{sIsI}", "a", a, "b", b);
}

/* A call that ends when it is cancelled, and not before. */
static yon_future *call_forever(yon_client *c)
{
    return yon_call(c, "sleep", "{sI}", "ms", (int64_t)24 * 3600 * 1000);
}

/* ---- calls ---- */

static void a_call_returns_its_value(void **state)
{
    yon_future *f = call_add(client, 2, 3);
    int64_t sum = 0;

    (void)state;
    assert_int_equal(yon_await(f), 0);
    assert_int_equal(yon_result(f, "I", &sum), 0);
    assert_int_equal(sum, 5);
    assert_string_equal(yon_error(f), "");
    assert_int_equal(yon_exit_code(f), -1);
    yon_free(f);
}

static void a_call_that_fails_says_why(void **state)
{
    yon_future *f = yon_call(client, "fail", "{ss}", "why", "no reason");

    (void)state;
    assert_int_equal(yon_await(f), YON_EFAILED);
    assert_non_null(strstr(yon_error(f), "no reason"));
    yon_free(f);
}

static void a_call_is_tried_again_as_its_policy_says(void **state)
{
    struct yon_policy once_more = YON_POLICY(.retries = 1);
    yon_future *good = yon_call_with(client, &once_more, "flaky", "{sIsI}",
                                     "times", (int64_t)1, "ms", (int64_t)1);
    yon_future *bad = yon_call_with(client, &once_more, "flaky", "{sIsI}",
                                    "times", (int64_t)2, "ms", (int64_t)1);
    int64_t tries = 0;

    (void)state;
    assert_int_equal(yon_await(good), 0);
    assert_int_equal(yon_result(good, "I", &tries), 0);
    assert_int_equal(tries, 2);
    assert_int_equal(yon_await(bad), YON_EFAILED);
    assert_non_null(strstr(yon_error(bad), "start 2"));
    yon_free(good);
    yon_free(bad);
}

static void arguments_of_the_wrong_type_are_named(void **state)
{
    yon_future *f =
        yon_call(client, "add", "{sssI}", "a", "two", "b", (int64_t)3);

    (void)state;
    assert_int_equal(yon_await(f), YON_EFAILED);
    assert_string_equal(yon_error(f), "args.a: expected integer, got string");
    yon_free(f);
}

static void any_bytes_come_back_as_they_are(void **state)
{
    static uint8_t bytes[200000];
    yon_future *f;
    const void *back = NULL;
    size_t len = 0;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7919 >> 3);
    f = yon_call(client, "echo", "B", bytes, sizeof bytes);
    assert_int_equal(yon_await(f), 0);
    assert_int_equal(yon_result(f, "B", &back, &len), 0);
    assert_int_equal(len, sizeof bytes);
    assert_memory_equal(back, bytes, len);
    yon_free(f);
}

/* ---- commands ---- */

static yon_future *shell(const char *script)
{
    const char *const argv[] = { "sh", "-c", script, NULL };

    return yon_command(client, argv);
}

static void a_command_has_its_output_and_code(void **state)
{
    yon_future *f = shell("echo out; echo err >&2; exit 3");
    size_t len = 0;
    const void *bytes;

    (void)state;
    assert_int_equal(yon_await(f), YON_EFAILED);
    assert_int_equal(yon_exit_code(f), 3);
    bytes = yon_output(f, 1, &len);
    assert_int_equal(len, 4);
    assert_memory_equal(bytes, "out\n", 4);
    bytes = yon_output(f, 2, &len);
    assert_int_equal(len, 4);
    assert_memory_equal(bytes, "err\n", 4);
    yon_free(f);
}

static void a_command_that_succeeds_has_code_0(void **state)
{
    yon_future *f = shell("true");
    size_t len = 7;

    (void)state;
    assert_int_equal(yon_await(f), 0);
    assert_int_equal(yon_exit_code(f), 0);
    assert_null(yon_output(f, 1, &len));
    assert_int_equal(len, 0);
    yon_free(f);
}

static void a_command_runs_where_the_caller_is(void **state)
{
    yon_future *f = shell("pwd");
    char *here = getcwd(NULL, 0);
    size_t len = 0;
    const char *bytes;

    (void)state;
    assert_int_equal(yon_await(f), 0);
    bytes = yon_output(f, 1, &len);
    assert_int_equal(len, strlen(here) + 1);
    assert_memory_equal(bytes, here, len - 1);
    free(here);
    yon_free(f);
}

static void a_signal_counts_from_128(void **state)
{
    yon_future *f = shell("kill -9 $$");

    (void)state;
    assert_int_equal(yon_await(f), YON_EFAILED);
    assert_int_equal(yon_exit_code(f), 137);
    yon_free(f);
}

static void a_program_that_is_not_there_has_no_code(void **state)
{
    const char *const argv[] = { "no-such-program-anywhere", NULL };
    yon_future *f = yon_command(client, argv);

    (void)state;
    assert_int_equal(yon_await(f), YON_EFAILED);
    assert_int_equal(yon_exit_code(f), -1);
    assert_non_null(strstr(yon_error(f), "no-such-program-anywhere"));
    yon_free(f);
}

/* ---- arrays, keys, attaching ---- */

static yon_future *submit_items(const char *script)
{
    static const void *const items[] = { "a b", "c'\n\xff", "3" };
    static const size_t lens[] = { 3, 4, 1 };
    const char *const argv[] = { "sh", "-c", script, "sh", "{}", NULL };
    struct yon_submit what = YON_SUBMIT(.argv = argv, .items = items,
                                        .item_lens = lens, .n_items = 3);

    return yon_submit(client, &what);
}

static void an_array_ends_with_its_last_element(void **state)
{
    yon_future *f = submit_items("printf %s \"$1\"");
    yon_future *element;
    size_t len = 0;
    const void *bytes;

    (void)state;
    assert_int_equal(yon_await(f), 0);
    element = yon_attach(client, yon_id(f), 2);
    assert_int_equal(yon_await(element), 0);
    bytes = yon_output(element, 1, &len);
    assert_int_equal(len, 4);
    assert_memory_equal(bytes, "c'\n\xff", 4);
    yon_free(element);
    yon_free(f);
}

static void an_array_says_how_many_failed(void **state)
{
    yon_future *f = submit_items("test \"$1\" = 3");

    (void)state;
    assert_int_equal(yon_await(f), YON_EFAILED);
    assert_string_equal(yon_error(f), "3 elements: 2 failed");
    yon_free(f);
}

static void a_job_is_there_for_other_clients(void **state)
{
    yon_client *other = NULL;
    yon_future *f = call_forever(client), *attached;
    uint64_t job = 0;

    (void)state;
    assert_int_equal(yon_await_id(f, &job), 0);
    assert_int_equal(yon_connect(cluster.address, &other), 0);
    attached = yon_attach(other, job, 0);
    assert_int_equal(yon_cancel(attached), 0);
    assert_int_equal(yon_await(attached), YON_ECANCELLED);
    assert_int_equal(yon_await(f), YON_ECANCELLED);
    yon_free(attached);
    yon_free(f);
    yon_close(other);
}

static void a_job_that_never_was_is_absent(void **state)
{
    yon_future *f = yon_attach(client, 123456789, 0);

    (void)state;
    assert_int_equal(yon_await(f), YON_EABSENT);
    yon_free(f);
}

static void the_same_key_is_the_same_job(void **state)
{
    struct yon_submit what = YON_SUBMIT(.fn = "who", .key = "only once");
    yon_future *first = yon_submit(client, &what), *second;
    uint64_t job = 0;

    (void)state;
    assert_int_equal(yon_await(first), 0);
    second = yon_submit(client, &what);
    assert_int_equal(yon_await_id(second, &job), 0);
    assert_int_equal(job, yon_id(first));
    assert_int_equal(yon_await(second), 0);
    what.fn = "echo";
    yon_free(second);
    second = yon_submit(client, &what);
    assert_int_equal(yon_await(second), YON_ECONFLICT);
    yon_free(second);
    yon_free(first);
}

/* ---- several at once ---- */

static void the_first_of_many_is_found(void **state)
{
    yon_future *fs[3] = { call_forever(client), NULL, call_add(client, 1, 1) };
    size_t which = 9;

    (void)state;
    assert_int_equal(yon_any(fs, 3, &which), 0);
    assert_int_equal(which, 2);
    yon_cancel(fs[0]);
    assert_int_equal(yon_all(fs, 3), YON_ECANCELLED);
    yon_free(fs[0]);
    yon_free(fs[2]);
}

static void fifty_come_as_they_complete(void **state)
{
    yon_future *fs[50], *f = NULL;
    bool seen[50] = { false };
    size_t which;
    int64_t sum;

    (void)state;
    for (size_t i = 0; i < 50; i++)
        fs[i] = call_add(client, (int64_t)i, 1000);
    for (size_t n = 0; n < 50; n++) {
        assert_int_equal(yon_each(fs, 50, &which, &f), 0);
        assert_int_equal(yon_result(f, "I", &sum), 0);
        assert_int_equal(sum, 1000 + (int64_t)which);
        assert_false(seen[which]);
        seen[which] = true;
        yon_free(f);
    }
    assert_int_equal(yon_each(fs, 50, &which, &f), YON_EEXHAUSTED);
}

static void an_await_gives_up_and_the_job_goes_on(void **state)
{
    yon_future *f = call_forever(client);

    (void)state;
    assert_int_equal(yon_await_for(f, 10), YON_ETIMEOUT);
    assert_false(yon_is_done(f));
    assert_int_equal(yon_cancel(f), 0);
    assert_int_equal(yon_await(f), YON_ECANCELLED);
    yon_free(f);
}

struct load {
    uint32_t calls_used;
};

static void read_load(void *arg, const struct op *op, bool last)
{
    (void)last;
    ((struct load *)arg)->calls_used = op->u.status_reply.calls_used;
}

static uint32_t calls_used(void)
{
    struct op op = { .type = OP_STATUS };
    struct load load = { 0 };
    yon_future *f = request_new(client, &op, read_load, &load);

    assert_int_equal(yon_await(f), 0);
    yon_free(f);
    return load.calls_used;
}

/* They end only when they are cancelled: so they did not run one after the
 * other. */
static void a_thousand_calls_run_at_once(void **state)
{
    enum { N = 1000 };
    static yon_future *fs[N];

    (void)state;
    for (size_t i = 0; i < N; i++)
        fs[i] = call_forever(client);
    while (calls_used() < N)
        ;
    for (size_t i = 0; i < N; i++)
        yon_cancel(fs[i]);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(yon_await(fs[i]), YON_ECANCELLED);
        yon_free(fs[i]);
    }
}

static void expect_half_way(const char *fn)
{
    yon_future *f = yon_call(client, fn, "");
    struct yon_advance a = YON_ADVANCE();

    assert_int_equal(yon_await_progress(f, &a), 0);
    assert_int_equal(a.done, 1);
    assert_int_equal(a.total, 2);
    assert_string_equal(a.doing, "getting nowhere");
    assert_true(a.per_second < 0 && a.left_ms < 0); /* of one word */
    yon_cancel(f);
    assert_int_equal(yon_await_progress(f, &a), YON_EEXHAUSTED);
    assert_int_equal(yon_await(f), YON_ECANCELLED);
    assert_int_equal(yon_await_progress(f, &a), YON_EEXHAUSTED);
    yon_free(f);
}

static void a_call_says_how_far_it_is(void **state)
{
    (void)state;
    expect_half_way("half_way");
    expect_half_way("cpu_half_way");
}

static void others_see_how_far_it_is(void **state)
{
    yon_future *f = yon_call(client, "half_way", ""), *same;
    struct yon_advance a = YON_ADVANCE();
    uint64_t id = 0;

    (void)state;
    assert_int_equal(yon_await_id(f, &id), 0);
    same = yon_attach(client, id, 0);
    assert_int_equal(yon_await_progress(same, &a), 0);
    assert_int_equal(a.done, 1);
    yon_free(same); /* with its watch */
    same = yon_attach(client, id, 1);
    assert_int_equal(yon_await_progress(same, &a), 0);
    assert_int_equal(a.total, 2);
    yon_cancel(same);
    assert_int_equal(yon_await(f), YON_ECANCELLED);
    yon_free(same);
    yon_free(f);
}

static void who_says_nothing_is_awaited_to_the_end(void **state)
{
    yon_future *f = call_add(client, 2, 3);
    struct yon_advance a = YON_ADVANCE();

    (void)state;
    assert_int_equal(yon_await_progress(f, &a), YON_EEXHAUSTED);
    assert_int_equal(yon_await(f), 0);
    yon_free(f);
    f = yon_attach(client, 123456789, 0);
    assert_int_equal(yon_await_progress(f, &a), YON_EEXHAUSTED);
    assert_int_equal(yon_await(f), YON_EABSENT);
    yon_free(f);
}

/* ---- in coroutines ---- */

struct scene {
    int64_t sum;
    int n_errors;
};

static int add_some(void *arg)
{
    struct scene *s = arg;
    yon_client *c = NULL;
    yon_future *f;
    int64_t sum = 0;

    if (yon_connect(cluster.address, &c) != 0)
        return YON_ESTATE;
    f = call_add(c, 1, 1);
    if (yon_await(f) != 0 || yon_result(f, "I", &sum) != 0)
        s->n_errors++;
    s->sum += sum;
    yon_free(f);
    yon_close(c);
    return 0;
}

static int ten_coroutines(void *arg)
{
    struct scene *s = arg;
    yon_future *fs[10];
    int code;

    for (size_t i = 0; i < 10; i++)
        fs[i] = yon_spawn(add_some, s);
    code = yon_all(fs, 10);
    for (size_t i = 0; i < 10; i++)
        yon_free(fs[i]);
    return code;
}

static void coroutines_await_each_with_its_own_client(void **state)
{
    struct scene s = { 0 };

    (void)state;
    assert_int_equal(yon_run(ten_coroutines, &s), 0);
    assert_int_equal(s.n_errors, 0);
    assert_int_equal(s.sum, 20);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_call_returns_its_value),
        TEST(a_call_that_fails_says_why),
        TEST(a_call_is_tried_again_as_its_policy_says),
        TEST(arguments_of_the_wrong_type_are_named),
        TEST(any_bytes_come_back_as_they_are),
        TEST(a_command_has_its_output_and_code),
        TEST(a_command_that_succeeds_has_code_0),
        TEST(a_command_runs_where_the_caller_is),
        TEST(a_signal_counts_from_128),
        TEST(a_program_that_is_not_there_has_no_code),
        TEST(an_array_ends_with_its_last_element),
        TEST(an_array_says_how_many_failed),
        TEST(a_job_is_there_for_other_clients),
        TEST(a_job_that_never_was_is_absent),
        TEST(the_same_key_is_the_same_job),
        TEST(the_first_of_many_is_found),
        TEST(fifty_come_as_they_complete),
        TEST(an_await_gives_up_and_the_job_goes_on),
        TEST(a_thousand_calls_run_at_once),
        TEST(a_call_says_how_far_it_is),
        TEST(others_see_how_far_it_is),
        TEST(who_says_nothing_is_awaited_to_the_end),
        cmocka_unit_test(coroutines_await_each_with_its_own_client),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
