/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "proto/bounds.h"
#include "proto/policy.h"

static struct policy retries(uint32_t n, const char *on)
{
    return (struct policy){ .retries = n, .retry_on = view_str(on) };
}

static struct outcome ended(const char *reason, int64_t code, int64_t signal,
                            const char *message)
{
    return (struct outcome){ .state = STATE_FAILED,
                             .reason = view_str(reason),
                             .code = code,
                             .signal = signal,
                             .message = view_str(message) };
}

static bool names(const char *on, struct outcome o)
{
    struct policy p = retries(1, on);

    assert_int_equal(policy_check(&p, NULL), ERR_NONE);
    return policy_retries(&p, &o, 1);
}

static enum err check(struct policy p, char *errmsg)
{
    return policy_check(&p, errmsg);
}

static void terms_name_what_they_say(void **state)
{
    (void)state;
    assert_true(names("exit=75", ended("exit", 75, 0, "")));
    assert_false(names("exit=75", ended("exit", 76, 0, "")));
    assert_false(names("exit=75", ended("error", 75, 0, "")));
    assert_true(names("exit=1-5", ended("exit", 1, 0, "")));
    assert_true(names("exit=1-5", ended("exit", 5, 0, "")));
    assert_false(names("exit=1-5", ended("exit", 6, 0, "")));
    assert_true(names("exit", ended("exit", 6, 0, "")));
    assert_true(names("signal=9", ended("signal", 0, 9, "")));
    assert_false(names("signal=9", ended("signal", 9, 15, "")));
    assert_true(names("lost,run-timeout", ended("run-timeout", 0, 0, "")));
    assert_false(names("lost,run-timeout", ended("exit", 1, 0, "")));
    assert_true(names("exit=1,exit=3", ended("exit", 3, 0, "")));
}

static void an_error_is_named_by_its_code_or_its_text(void **state)
{
    (void)state;
    assert_true(names("error=EBUSY", ended("error", YON_EBUSY, 0, "")));
    assert_true(names("error=YON_EBUSY", ended("error", YON_EBUSY, 0, "")));
    assert_false(names("error=BUSY", ended("error", YON_EBUSY, 0, "")));
    assert_true(names("error=EAGAIN",
                      ended("error", YON_EFAILED, 0, "read: EAGAIN (11)")));
    assert_true(
        names("error=(11)", ended("error", YON_EFAILED, 0, "EAGAIN (11)")));
    assert_false(names("error=EAGAIN", ended("error", YON_EFAILED, 0, "EAG")));
    assert_false(names("error=EAGAIN", ended("error", YON_EFAILED, 0, "")));
    assert_false(names("error=EAGAIN", ended("exit", 1, 0, "EAGAIN")));
    assert_true(names("error", ended("error", -4000, 0, "")));
}

static void what_is_no_term_is_refused_by_name(void **state)
{
    static const char *const wrong[] = {
        ",",
        "exit=",
        "exit=x",
        "exit=5-1",
        "exit=1-",
        "exit=-1",
        "exit=1-2-3",
        "signal=KILL",
        "error=",
        "start=1",
        "exit=1,,exit=2",
        "exits",
        "exit=1000000",
        "exit=0",
        "exit=0-5",
        "signal=0",
        "exit=256",
        "exit=1-300",
        "signal=65",
        "poisoned",
        "lost=1",
    };
    char errmsg[ERRMSG_LEN];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_equal(check(retries(1, wrong[i]), errmsg), ERR_FORMAT);
    assert_non_null(strstr(errmsg, "\"lost=1\""));
    assert_int_equal(check(retries(1, "exit=1-255,signal=64"), errmsg),
                     ERR_NONE);
    assert_int_equal(check(retries(1, "signal=SIGTERM"), errmsg), ERR_FORMAT);
    assert_non_null(strstr(errmsg, "a number from 1 to 64"));
    assert_int_equal(check(retries(1, "exit=300"), errmsg), ERR_FORMAT);
    assert_non_null(strstr(errmsg, "a number from 1 to 255"));
}

static void policies_out_of_range_are_refused(void **state)
{
    static char list[TEXT_LEN_MAX + 2];

    (void)state;
    for (size_t i = 0; i < TEXT_LEN_MAX + 1; i++)
        list[i] = "lost,"[i % 5];
    assert_int_equal(check((struct policy){ 0 }, NULL), ERR_NONE);
    assert_int_equal(check(retries(POLICY_RETRIES_MAX + 1, ""), NULL),
                     ERR_RANGE);
    assert_int_equal(
        check((struct policy){ .retries = 1, .at_most_once = true }, NULL),
        ERR_RANGE);
    assert_int_equal(
        check((struct policy){ .backoff_min_ms = 2, .backoff_max_ms = 1 },
              NULL),
        ERR_RANGE);
    assert_int_equal(
        check((struct policy){ .backoff_max_ms = POLICY_DELAY_MAX_MS + 1 },
              NULL),
        ERR_RANGE);
    assert_int_equal(check((struct policy){ .max_fails_percent = 101 }, NULL),
                     ERR_RANGE);
    assert_int_equal(check(retries(1, list), NULL), ERR_LIMIT);
}

static void retries_are_counted(void **state)
{
    struct outcome o = ended("exit", 1, 0, "");
    struct policy p = retries(2, "");

    (void)state;
    assert_true(policy_retries(&p, &o, 2));
    assert_false(policy_retries(&p, &o, 3));
    p = retries(0, "");
    assert_false(policy_retries(&p, &o, 1));
}

static void a_job_may_ask_for_a_retry_or_refuse_all(void **state)
{
    struct outcome o = ended("error", YON_EFAILED, 0, "");
    struct policy p = retries(2, "exit=75");

    (void)state;
    o.retry = RETRY_WANTED;
    assert_true(policy_retries(&p, &o, 2)); /* whatever retry_on says */
    assert_false(policy_retries(&p, &o, 3));
    p = retries(0, "");
    assert_true(policy_retries(&p, &o, POLICY_RETRIES_ASKED));
    assert_false(policy_retries(&p, &o, POLICY_RETRIES_ASKED + 1));
    p.at_most_once = true;
    assert_false(policy_retries(&p, &o, 1));
    p = retries(2, "");
    o.retry = RETRY_REFUSED;
    assert_false(policy_retries(&p, &o, 1));
}

static void back_off_doubles_up_to_its_maximum(void **state)
{
    struct policy p = { .backoff_min_ms = 100, .backoff_max_ms = 350 };
    struct policy at_once = { .backoff_max_ms = 1 };
    struct policy none = { 0 };

    (void)state;
    assert_int_equal(policy_backoff_ms(&p, 1), 100);
    assert_int_equal(policy_backoff_ms(&p, 2), 200);
    assert_int_equal(policy_backoff_ms(&p, 3), 350);
    assert_int_equal(policy_backoff_ms(&p, UINT32_MAX), 350);
    assert_int_equal(policy_backoff_ms(&at_once, 9), 0);
    assert_int_equal(policy_backoff_ms(&none, 1), POLICY_BACKOFF_MIN_MS);
    assert_int_equal(policy_backoff_ms(&none, 99), POLICY_BACKOFF_MAX_MS);
}

static void max_fails_takes_the_smaller_of_number_and_part(void **state)
{
    struct policy p = { .max_fails_percent = 5 };

    (void)state;
    assert_int_equal(policy_max_fails(&p, 100), 5);
    assert_int_equal(policy_max_fails(&p, 101), 6); /* at least 5 % */
    assert_int_equal(policy_max_fails(&p, 1), 1);
    assert_int_equal(policy_max_fails(&p, 16777215), 838861);
    p.max_fails = 3;
    assert_int_equal(policy_max_fails(&p, 100), 3);
    assert_int_equal(policy_max_fails(&p, 20), 1);
    p.max_fails_percent = 0;
    assert_int_equal(policy_max_fails(&p, 20), 3);
    p.max_fails = 0;
    assert_int_equal(policy_max_fails(&p, 20), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms_name_what_they_say),
        cmocka_unit_test(an_error_is_named_by_its_code_or_its_text),
        cmocka_unit_test(what_is_no_term_is_refused_by_name),
        cmocka_unit_test(policies_out_of_range_are_refused),
        cmocka_unit_test(retries_are_counted),
        cmocka_unit_test(a_job_may_ask_for_a_retry_or_refuse_all),
        cmocka_unit_test(back_off_doubles_up_to_its_maximum),
        cmocka_unit_test(max_fails_takes_the_smaller_of_number_and_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
