/* SPDX-License-Identifier: MIT */
/* The future of a job, from its receipt to its end: against a fake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <yon/co.h>

#include "client/lib/request.h"
#include "tests/unit/lib/fake.h"

struct bench {
    struct fake fake;
    yon_client *client;
};

static int setup(void **state)
{
    static struct bench bench;

    fake_init(&bench.fake);
    if (yon_connect(bench.fake.address, &bench.client) != 0)
        return -1;
    fake_listen(&bench.fake, bench.client->loop);
    *state = &bench;
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

/* Ask something else and wait for its answer: what was asked before it has
 * arrived then. */
static void settle(struct bench *b)
{
    struct op op = { .type = OP_STATUS };
    yon_future *f = request_new(b->client, &op, NULL, NULL);

    assert_int_equal(yon_await(f), 0);
    yon_free(f);
}

static void the_id_is_known_with_the_receipt(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_call(b->client, "never", "");
    uint64_t job = 0;

    assert_int_equal(yon_id(f), 0);
    assert_int_equal(yon_await_id(f, &job), 0);
    assert_int_equal(job, 100);
    assert_int_equal(yon_id(f), 100);
    assert_int_equal(yon_await_id(f, &job), 0);
    assert_false(yon_is_done(f));
    yon_free(f);
}

static void a_failed_call_says_why(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_call(b->client, "fail", "");
    int number;

    assert_int_equal(yon_await(f), YON_EFAILED);
    assert_string_equal(yon_error(f), "it broke");
    assert_int_equal(yon_result(f, "i", &number), YON_EFAILED);
    assert_int_equal(yon_exit_code(f), -1);
    yon_free(f);
}

static void a_failure_is_told_with_its_text_and_id(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_call(b->client, "fail", "");

    assert_int_equal(yon_await(f), YON_EFAILED);
    assert_string_equal(yon_why(YON_EFAILED), "job 100: it broke");
    assert_string_equal(yon_why(YON_ELOST), yon_strerror(YON_ELOST));
    yon_free(f);
    assert_string_equal(yon_why(YON_EFAILED), "job 100: it broke");
}

static void a_command_has_its_code_and_output(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_call(b->client, "exit", "");
    size_t len = 0;

    assert_int_equal(yon_await(f), YON_EFAILED);
    assert_string_equal(yon_error(f), "exit code 3");
    assert_int_equal(yon_exit_code(f), 3);
    assert_memory_equal(yon_output(f, 1, &len), "out", 3);
    assert_int_equal(len, 3);
    assert_memory_equal(yon_output(f, 2, &len), "err", 3);
    assert_null(yon_output(f, 3, &len));
    yon_free(f);
}

static void a_signal_is_told_as_shells_do(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_call(b->client, "signal", "");

    assert_int_equal(yon_await(f), YON_EFAILED);
    assert_string_equal(yon_error(f), "ended by signal 9");
    assert_int_equal(yon_exit_code(f), 137);
    yon_free(f);
}

static void an_array_tells_how_many_failed(void **state)
{
    struct bench *b = *state;
    struct yon_submit what =
        YON_SUBMIT(.fn = "fail", .first = 1, .last = 9, .step = 1);
    yon_future *f = yon_submit(b->client, &what);

    assert_int_equal(yon_await(f), YON_EFAILED);
    assert_string_equal(yon_error(f), "9 elements: 1 failed, 2 lost");
    assert_int_equal(yon_exit_code(f), -1);
    yon_free(f);
}

static void a_refused_submit_has_the_code_and_the_text(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_call(b->client, "refuse", "");
    uint64_t job = 0;

    assert_int_equal(yon_await(f), YON_ECONFLICT);
    assert_string_equal(yon_error(f), "not this one");
    assert_int_equal(yon_await_id(f, &job), YON_ECONFLICT);
    yon_free(f);
}

static void a_job_can_be_attached(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_attach(b->client, 42, 0);
    int number = 0;

    assert_int_equal(yon_id(f), 42);
    assert_int_equal(yon_await(f), 0);
    assert_int_equal(yon_result(f, "i", &number), 0);
    assert_int_equal(number, 42);
    yon_free(f);
}

static void a_job_that_is_not_there_says_so(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_attach(b->client, 5000, 3);

    assert_int_equal(yon_await(f), YON_EABSENT);
    assert_string_equal(yon_error(f), "no such job");
    yon_free(f);
    f = yon_attach(b->client, 0, 0);
    assert_true(yon_is_done(f));
    assert_int_equal(yon_await(f), YON_ERANGE);
    yon_free(f);
}

static void cancelling_ends_with_the_outcome(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_call(b->client, "never", "");
    uint64_t job = 0;

    assert_int_equal(yon_await_id(f, &job), 0);
    assert_int_equal(yon_cancel(f), 0);
    assert_false(yon_is_done(f));
    assert_int_equal(yon_await(f), YON_ECANCELLED);
    assert_string_equal(fake_log(&b->fake), "SUBMIT CANCEL:1-16777215");
    assert_int_equal(yon_cancel(f), 0);
    yon_free(f);
}

static void cancelling_waits_for_the_receipt(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_call(b->client, "never", "");

    assert_int_equal(yon_cancel(f), 0);
    assert_int_equal(yon_await(f), YON_ECANCELLED);
    assert_string_equal(fake_log(&b->fake), "SUBMIT CANCEL:1-16777215");
    yon_free(f);
}

static void a_result_that_came_first_stays(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_call(b->client, "echo", "i", 7);
    int number = 0;

    assert_int_equal(yon_await(f), 0);
    assert_int_equal(yon_cancel(f), 0);
    assert_int_equal(yon_result(f, "i", &number), 0);
    assert_int_equal(number, 7);
    yon_free(f);
}

static void an_element_is_cancelled_alone(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_attach(b->client, 7, 3);

    assert_int_equal(yon_cancel(f), 0);
    settle(b);
    assert_string_equal(fake_log(&b->fake), "AWAIT CANCEL:3-3 STATUS");
    yon_free(f);
}

static void what_is_freed_at_once_is_submitted_and_then_forgotten(void **state)
{
    struct bench *b = *state;

    yon_free(yon_call(b->client, "never", ""));
    settle(b);
    settle(b);
    assert_string_equal(fake_log(&b->fake), "SUBMIT STATUS FORGET STATUS");
}

static void what_is_freed_after_its_receipt_is_forgotten(void **state)
{
    struct bench *b = *state;
    yon_future *f = yon_call(b->client, "never", "");
    uint64_t job = 0;

    assert_int_equal(yon_await_id(f, &job), 0);
    yon_free(f);
    settle(b);
    assert_string_equal(fake_log(&b->fake), "SUBMIT FORGET STATUS");
}

static void each_comes_as_it_completes(void **state)
{
    struct bench *b = *state;
    yon_future *fs[3] = { yon_call(b->client, "never", ""),
                          yon_call(b->client, "echo", "i", 1),
                          yon_call(b->client, "echo", "i", 2) };
    yon_future *f = NULL;
    size_t which = 9;

    assert_int_equal(yon_any(fs, 3, &which), 0);
    assert_int_equal(which, 1);
    assert_int_equal(yon_each(fs, 3, &which, &f), 0);
    assert_int_equal(which, 1);
    yon_free(f);
    assert_int_equal(yon_each(fs, 3, &which, &f), 0);
    assert_int_equal(which, 2);
    yon_free(f);
    yon_cancel(fs[0]);
    assert_int_equal(yon_each(fs, 3, &which, &f), 0);
    assert_int_equal(which, 0);
    assert_int_equal(yon_await(f), YON_ECANCELLED);
    yon_free(f);
    assert_int_equal(yon_each(fs, 3, &which, &f), YON_EEXHAUSTED);
}

static void a_new_coordinator_is_asked_again(void **state)
{
    struct bench *b = *state;
    yon_future *mute = yon_call(b->client, "mute", "");
    yon_future *f = yon_call(b->client, "never", "");
    uint64_t job = 0;

    assert_int_equal(yon_await_id(f, &job), 0);
    assert_string_equal(fake_log(&b->fake), "SUBMIT SUBMIT");
    fake_restart(&b->fake);
    settle(b); /* is answered with WHO, and asked again */
    assert_int_equal(yon_await(f), 0);
    assert_string_equal(fake_log(&b->fake), "SUBMIT(again) AWAIT STATUS");
    yon_free(f);
    yon_free(mute);
}

/* ---- in coroutines ---- */

struct scene {
    struct fake fake;
    yon_client *client;
    yon_future *call;
    int codes[4];
    uint64_t job;
};

static int await_id(void *arg)
{
    struct scene *s = arg;
    uint64_t job = 0;
    int code = yon_await_id(s->call, &job);

    s->job = job;
    return code;
}

static int both_flavours_of_waiting(void *arg)
{
    struct scene *s = arg;
    yon_future *waiter, *fs[2];
    size_t which;

    s->codes[0] = yon_connect(s->fake.address, &s->client);
    fake_listen(&s->fake, loop_current());
    s->call = yon_call(s->client, "never", "");
    waiter = yon_spawn(await_id, s);
    s->codes[1] = yon_await(waiter);
    fs[0] = s->call;
    fs[1] = yon_timer(1);
    s->codes[2] = yon_any(fs, 2, &which) == 0 ? (int)which : -1;
    yon_cancel(s->call);
    s->codes[3] = yon_await(s->call);
    yon_free(fs[1]);
    yon_free(waiter);
    yon_free(s->call);
    fake_stop(&s->fake);
    yon_close(s->client);
    return 0;
}

static void coroutines_wait_for_jobs_and_timers_alike(void **state)
{
    struct scene s = { 0 };

    (void)state;
    fake_init(&s.fake);
    assert_int_equal(yon_run(both_flavours_of_waiting, &s), 0);
    fake_fini(&s.fake);
    assert_int_equal(s.codes[0], 0);
    assert_int_equal(s.codes[1], 0);
    assert_int_equal(s.job, 100);
    assert_int_equal(s.codes[2], 1);
    assert_int_equal(s.codes[3], YON_ECANCELLED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_id_is_known_with_the_receipt),
        TEST(a_failed_call_says_why),
        TEST(a_failure_is_told_with_its_text_and_id),
        TEST(a_command_has_its_code_and_output),
        TEST(a_signal_is_told_as_shells_do),
        TEST(an_array_tells_how_many_failed),
        TEST(a_refused_submit_has_the_code_and_the_text),
        TEST(a_job_can_be_attached),
        TEST(a_job_that_is_not_there_says_so),
        TEST(cancelling_ends_with_the_outcome),
        TEST(cancelling_waits_for_the_receipt),
        TEST(a_result_that_came_first_stays),
        TEST(an_element_is_cancelled_alone),
        TEST(what_is_freed_at_once_is_submitted_and_then_forgotten),
        TEST(what_is_freed_after_its_receipt_is_forgotten),
        TEST(each_comes_as_it_completes),
        TEST(a_new_coordinator_is_asked_again),
        cmocka_unit_test(coroutines_wait_for_jobs_and_timers_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
