/* SPDX-License-Identifier: MIT */
/* A client of "local:": the functions of this process, called as on a worker.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <yon/job.h>

static int add(yon_job *job)
{
    int a, b, err = yon_args(job, "[ii]", &a, &b);

    return err != 0 ? err : yon_return(job, "i", a + b);
}

static int refuse(yon_job *job)
{
    return yon_fail(job, "not on a %s", "Sunday");
}

static int sleep_long(yon_job *job)
{
    (void)job;
    return yon_sleep(3600 * 1000);
}

static int add_by_call(yon_job *job)
{
    yon_future *f = yon_call(yon_job_client(job), "add", "[ii]", 1, 2);
    int sum = 0, err = yon_await(f);

    if (err == 0)
        err = yon_result(f, "i", &sum);
    yon_free(f);
    return err != 0 ? err : yon_return(job, "i", sum);
}

/* Returns the code of what failed, and says nothing itself. */
static int pass_on(yon_job *job)
{
    yon_future *f = yon_call(yon_job_client(job), "refuse", "");
    int err = yon_await(f);

    yon_free(f);
    return err;
}

static int read_badly(yon_job *job)
{
    yon_future *f = yon_call(yon_job_client(job), "add", "[ii]", 1, 2);
    const char *text;
    int err = yon_await(f);

    if (err == 0)
        err = yon_result(f, "s", &text);
    yon_free(f);
    return err;
}

static int explain(yon_job *job)
{
    (void)job;
    return yon_explain(YON_EBUSY, "locked by %s", "anna");
}

static int fail_after_another(yon_job *job)
{
    int err = yon_fail(job, "mine");

    pass_on(job); /* clean-up, which fails with the same code */
    return err;
}

static int count(yon_job *job)
{
    yon_progress(job, 1, 3, "one");
    yon_progress(job, 2, 3, NULL); /* nobody hears the one before */
    yon_pause();
    yon_pause();
    yon_progress(job, 3, 3, "three");
    yon_pause();
    return 0;
}

static const struct yon_module module = {
    YON_MODULE_ABI,
    0,
    (const struct yon_function[]){ { "add", add, 0 },
                                   { "count", count, 0 },
                                   { "refuse", refuse, 0 },
                                   { "pass_on", pass_on, 0 },
                                   { "read_badly", read_badly, 0 },
                                   { "explain", explain, 0 },
                                   { "fail_after", fail_after_another, 0 },
                                   { "sleep", sleep_long, 0 },
                                   { "add_by_call", add_by_call, 0 },
                                   { 0, 0, 0 } },
};

/* What was seen inside the coroutine; asserted outside of it. */
struct seen {
    int code;
    int value;
    uint64_t id;
    char text[128];
};
static struct seen seen;

static void look(yon_future *f)
{
    seen.code = yon_await(f);
    yon_result(f, "i", &seen.value);
    seen.id = yon_id(f);
    strncpy(seen.text, yon_error(f), sizeof seen.text - 1);
    yon_free(f);
}

static void run(yon_fn *fn)
{
    memset(&seen, 0, sizeof seen);
    assert_int_equal(yon_run(fn, NULL), 0);
}

static yon_client *client(void)
{
    yon_client *c = NULL;

    if (yon_connect("local:", &c) == 0)
        yon_offer(c, &module);
    return c;
}

static int call_add(void *arg)
{
    yon_client *c = client();

    (void)arg;
    look(yon_call(c, "add", "[ii]", 2, 3));
    yon_close(c);
    return 0;
}

static void a_call_has_arguments_and_a_result(void **state)
{
    (void)state;
    run(call_add);
    assert_int_equal(seen.code, 0);
    assert_int_equal(seen.value, 5);
    assert_int_equal(seen.id, 0);
}

static int call_add_wrongly(void *arg)
{
    yon_client *c = client();

    (void)arg;
    look(yon_call(c, "add", "s", "two"));
    yon_close(c);
    return 0;
}

static void wrong_arguments_fail_with_the_text_of_yon_args(void **state)
{
    (void)state;
    run(call_add_wrongly);
    assert_int_equal(seen.code, YON_EFAILED);
    assert_non_null(strstr(seen.text, "array"));
}

static int watch_count(void *arg)
{
    yon_client *c = client();
    yon_future *f = yon_call(c, "count", "");
    struct yon_advance a = YON_ADVANCE();

    (void)arg;
    while ((seen.code = yon_await_progress(f, &a)) == 0) {
        seen.value = seen.value * 10 + (int)a.done;
        strncat(seen.text, a.doing, sizeof seen.text - strlen(seen.text) - 1);
    }
    yon_free(f);
    f = yon_timer(0);
    seen.id = (uint64_t)-yon_await_progress(f, &a);
    yon_free(f);
    yon_close(c);
    return 0;
}

static void its_words_on_how_far_it_is_are_heard(void **state)
{
    (void)state;
    run(watch_count);
    assert_int_equal(seen.code, YON_EEXHAUSTED);
    assert_int_equal(seen.value, 23);
    assert_string_equal(seen.text, "three");
    assert_int_equal(seen.id, -YON_ETYPE);
}

static int call_refuse(void *arg)
{
    yon_client *c = client();

    (void)arg;
    look(yon_call(c, "refuse", ""));
    yon_close(c);
    return 0;
}

static void yon_fail_says_why(void **state)
{
    (void)state;
    run(call_refuse);
    assert_int_equal(seen.code, YON_EFAILED);
    assert_string_equal(seen.text, "not on a Sunday");
}

static int call_nobody(void *arg)
{
    yon_client *c = client();

    (void)arg;
    look(yon_call(c, "nobody", ""));
    yon_close(c);
    return 0;
}

static void an_unknown_function_is_absent(void **state)
{
    (void)state;
    run(call_nobody);
    assert_int_equal(seen.code, YON_EABSENT);
    assert_non_null(strstr(seen.text, "nobody"));
}

static int call_and_cancel(void *arg)
{
    yon_client *c = client();
    yon_future *f = yon_call(c, "sleep", "");

    (void)arg;
    yon_pause();
    yon_cancel(f);
    yon_cancel(f);
    look(f);
    yon_close(c);
    return 0;
}

static void a_call_can_be_cancelled(void **state)
{
    (void)state;
    run(call_and_cancel);
    assert_int_equal(seen.code, YON_ECANCELLED);
}

static int call_that_calls(void *arg)
{
    yon_client *c = client();

    (void)arg;
    look(yon_call(c, "add_by_call", ""));
    yon_close(c);
    return 0;
}

static void a_function_calls_others_of_its_client(void **state)
{
    (void)state;
    run(call_that_calls);
    assert_int_equal(seen.code, 0);
    assert_int_equal(seen.value, 3);
}

static int close_early(void *arg)
{
    yon_client *c = client();
    yon_future *f = yon_call(c, "add_by_call", "");

    (void)arg;
    yon_close(c);
    look(f);
    return 0;
}

static void closing_ends_futures_and_lets_calls_go_on(void **state)
{
    (void)state;
    run(close_early);
    assert_int_equal(seen.code, YON_ECLOSED);
}

static int let_go(void *arg)
{
    yon_client *c = client();

    (void)arg;
    yon_free(yon_call(c, "add", "[ii]", 1, 1));
    look(yon_call(c, "add", "[ii]", 2, 2));
    yon_close(c);
    return 0;
}

static void a_future_can_be_let_go(void **state)
{
    (void)state;
    run(let_go);
    assert_int_equal(seen.value, 4);
}

static int ask_for_more(void *arg)
{
    const char *const argv[] = { "true", NULL };
    yon_client *c = client();

    (void)arg;
    yon_set_patience(c, 10);
    look(yon_command(c, argv));
    if (seen.code == YON_ESTATE)
        look(yon_attach(c, 1, 0));
    yon_close(c);
    return 0;
}

static void commands_and_jobs_of_others_are_refused(void **state)
{
    (void)state;
    run(ask_for_more);
    assert_int_equal(seen.code, YON_ESTATE);
    assert_non_null(strstr(seen.text, "local"));
}

static int offer_twice(void *arg)
{
    const struct yon_module newer = { YON_MODULE_ABI + 1, 0, module.functions };
    yon_client *c = client();

    (void)arg;
    seen.code = yon_offer(c, &module);
    seen.value = yon_offer(c, &newer);
    yon_close(c);
    return 0;
}

static void offers_that_do_not_fit_are_refused(void **state)
{
    yon_client *c = NULL;

    (void)state;
    run(offer_twice);
    assert_int_equal(seen.code, YON_EEXISTS);
    assert_int_equal(seen.value, YON_EVERSION);
    assert_int_equal(yon_connect("local:", &c), YON_ESTATE);
    assert_int_equal(yon_connect("ipc:///tmp/nobody-is-here", &c), 0);
    assert_int_equal(yon_offer(c, &module), YON_ESTATE);
    yon_close(c);
}

static int call_by_name(void *arg)
{
    yon_client *c = client();

    look(yon_call(c, arg, ""));
    yon_close(c);
    return 0;
}

static void expect_text(const char *function, const char *text)
{
    memset(&seen, 0, sizeof seen);
    yon_run(call_by_name, (void *)(uintptr_t)function);
    assert_int_equal(seen.code, YON_EFAILED);
    assert_string_equal(seen.text, text);
}

static void the_text_of_a_code_that_is_returned_goes_with_it(void **state)
{
    (void)state;
    expect_text("pass_on", "not on a Sunday");
    expect_text("read_badly", "result: expected string, got integer");
    expect_text("explain", "locked by anna");
    expect_text("fail_after", "mine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_has_arguments_and_a_result),
        cmocka_unit_test(wrong_arguments_fail_with_the_text_of_yon_args),
        cmocka_unit_test(its_words_on_how_far_it_is_are_heard),
        cmocka_unit_test(yon_fail_says_why),
        cmocka_unit_test(an_unknown_function_is_absent),
        cmocka_unit_test(a_call_can_be_cancelled),
        cmocka_unit_test(a_function_calls_others_of_its_client),
        cmocka_unit_test(closing_ends_futures_and_lets_calls_go_on),
        cmocka_unit_test(a_future_can_be_let_go),
        cmocka_unit_test(commands_and_jobs_of_others_are_refused),
        cmocka_unit_test(the_text_of_a_code_that_is_returned_goes_with_it),
        cmocka_unit_test(offers_that_do_not_fit_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
