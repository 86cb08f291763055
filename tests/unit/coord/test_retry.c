/* SPDX-License-Identifier: MIT */
/* Attempts that fail, crash or are lost are followed by others, or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/policy.h"
#include "tests/unit/coord/coord_rig.h"

#define CLIENT 1
#define WORKER 7
#define OTHER 8

static int setup(void **state)
{
    struct rig *r = calloc(1, sizeof *r);

    rig_init(r);
    rig_hello_client(r, CLIENT);
    rig_hello_worker(r, WORKER, "w", 1, 4, NULL, 0);
    rig_sync(r);
    rig_said(r);
    *state = r;
    return 0;
}

static int teardown(void **state)
{
    rig_fini(*state);
    free(*state);
    return 0;
}

/* A command, or n of them, awaited under req 1. */
static void submit(struct rig *r, uint32_t n, struct policy policy)
{
    rig_op(r, CLIENT,
           (struct op){ .type = OP_SUBMIT,
                        .u.submit = { .req = 1,
                                      .key = { { 1 } },
                                      .fresh = true,
                                      .await = true,
                                      .kind = KIND_COMMAND,
                                      .spec = view_str("x"),
                                      .n = n,
                                      .step = n > 0,
                                      .policy = policy } });
    rig_sync(r);
    rig_said(r);
}

/* What conn reports of the attempt epoch.n of job 1. */
static void report(struct rig *r, unsigned conn, uint32_t elem, uint64_t epoch,
                   uint64_t n, struct outcome o)
{
    o.job = 1;
    o.elem = elem;
    o.epoch = epoch;
    o.attempt = n;
    rig_op(r, conn, (struct op){ .type = OP_RESULT, .u.result = { o } });
}

static struct outcome exited(int64_t code)
{
    return (struct outcome){ .state = STATE_FAILED,
                             .reason = view_str("exit"),
                             .code = code };
}

static struct outcome crashed(void)
{
    return (struct outcome){ .state = STATE_FAILED,
                             .reason = view_str("crash"),
                             .signal = 11,
                             .message =
                                 view_str("SIGSEGV in function f: f.so+0x1") };
}

static const struct outcome done = { .state = STATE_DONE };

static void has_ended(struct rig *r, const char *how, const char *message)
{
    rig_sync(r);
    assert_non_null(strstr(rig_said(r), how));
    assert_non_null(strstr(r->message, message));
}

/* All beat in the meantime. */
static void pass(struct rig *r, int64_t ms)
{
    for (; ms > 0; ms -= 1000) {
        rig_op(r, CLIENT, (struct op){ .type = OP_BEAT });
        if (r->session[WORKER] != 0)
            rig_op(r, WORKER, (struct op){ .type = OP_BEAT });
        rig_pass(r, ms < 1000 ? ms : 1000);
    }
}

static const char *without_beats(struct rig *r)
{
    static char text[4096];
    char *line, *rest, *all = strdup(rig_said(r));

    text[0] = '\0';
    for (line = strtok_r(all, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        if (strstr(line, "BEAT_ACK") == NULL) {
            strcat(text, line);
            strcat(text, "\n");
        }
    free(all);
    return text;
}

/* ---- retries ---- */

static void a_failure_is_acked_and_tried_again_when_it_is_durable(void **state)
{
    struct rig *r = *state;

    submit(r, 0, (struct policy){ .retries = 1, .backoff_max_ms = 1 });
    report(r, WORKER, 1, 1, 2, exited(75));
    assert_string_equal(rig_said(r), "");
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n"
                                     "7 ASSIGN 1.1 fence 1.3 item ''\n");
    assert_int_equal(r->tries, 2);
    report(r, WORKER, 1, 1, 3, exited(75));
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n1 ENDED 1 1.0 failed\n");
}

static void a_retry_waits_for_its_time(void **state)
{
    struct rig *r = *state;
    struct outcome o = exited(75);

    submit(r, 0, (struct policy){ .retries = 1 });
    o.retry = RETRY_WANTED; /* exactly, not a random part */
    o.retry_ms = 5000;
    report(r, WORKER, 1, 1, 2, o);
    rig_sync(r);
    pass(r, 4999);
    assert_string_equal(without_beats(r), "7 ACK 1.1\n");
    pass(r, 1);
    assert_string_equal(without_beats(r), "7 ASSIGN 1.1 fence 1.3 item ''\n");
}

static void what_retry_on_does_not_name_is_final(void **state)
{
    struct rig *r = *state;

    submit(r, 0,
           (struct policy){ .retries = 9,
                            .backoff_max_ms = 1,
                            .retry_on = view_str("exit=75") });
    report(r, WORKER, 1, 1, 2, exited(75));
    rig_sync(r);
    report(r, WORKER, 1, 1, 3, exited(1));
    has_ended(r, "ENDED 1 1.0 failed", "");
}

static void a_policy_that_makes_no_sense_is_refused(void **state)
{
    struct rig *r = *state;

    submit(r, 0, (struct policy){ 0 });
    rig_op(r, CLIENT,
           (struct op){ .type = OP_SUBMIT,
                        .u.submit = { .req = 2,
                                      .kind = KIND_COMMAND,
                                      .spec = view_str("x"),
                                      .policy.retry_on = view_str("ex=1") } });
    assert_string_equal(rig_said(r), "1 REFUSED 2 value out of range\n");
    rig_op(r, CLIENT,
           (struct op){ .type = OP_SUBMIT,
                        .u.submit = { .req = 3,
                                      .kind = KIND_COMMAND,
                                      .spec = view_str("x"),
                                      .policy.max_fails = 1 } });
    assert_string_equal(rig_said(r), "1 REFUSED 3 value out of range\n");
}

static void a_cancel_ends_what_waits_for_its_retry(void **state)
{
    struct rig *r = *state;

    submit(r, 0, (struct policy){ .retries = 1 });
    report(r, WORKER, 1, 1, 2, exited(75));
    rig_sync(r);
    rig_said(r);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_CANCEL, .u.cancel = { 2, 1, 0, 0, { 0 } } });
    rig_sync(r);
    assert_string_equal(rig_said(r),
                        "1 ENDED 1 1.0 cancelled\n"
                        "1 CANCEL_REPLY 2 ended 1 asked 0 before 0\n");
}

static void a_cancel_comes_before_a_retry_that_is_not_durable(void **state)
{
    struct rig *r = *state;

    submit(r, 3, (struct policy){ .retries = 1, .backoff_max_ms = 1 });
    report(r, WORKER, 2, 1, 3, exited(75));
    rig_op(r, CLIENT,
           (struct op){ .type = OP_CANCEL, .u.cancel = { 2, 1, 2, 2, { 0 } } });
    rig_sync(r);
    assert_string_equal(rig_said(r),
                        "7 ACK 1.2\n"
                        "1 CANCEL_REPLY 2 ended 0 asked 1 before 0\n");
    report(r, WORKER, 1, 1, 2, done);
    report(r, WORKER, 3, 1, 4, done);
    has_ended(r, "ENDED 1 1.0 cancelled", "");
}

static void an_attempt_that_told_its_end_is_not_taken_up_again(void **state)
{
    struct rig *r = *state;
    struct attempt_key held = { 1, 1, 1, 2 };
    struct outcome o = exited(75);

    submit(r, 0, (struct policy){ .retries = 2 });
    o.retry = RETRY_WANTED;
    o.retry_ms = 60000;
    report(r, WORKER, 1, 1, 2, o);
    rig_gone(r, WORKER); /* before the ack */
    rig_sync(r);
    rig_said(r);
    rig_hello_worker(r, WORKER, "w", 1, 4, &held, 1);
    assert_string_equal(without_beats(r), "7 RECONCILE 1.1 kill\n");
    rig_crash(r); /* the same after a restart */
    rig_hello_worker(r, WORKER, "w", 1, 4, &held, 1);
    assert_string_equal(without_beats(r), "7 RECONCILE 1.1 kill\n");
}

static void failures_and_their_times_hold_over_a_restart(void **state)
{
    struct rig *r = *state;
    struct outcome o = exited(75);

    submit(r, 0, (struct policy){ .retries = 1 });
    o.retry = RETRY_WANTED;
    o.retry_ms = 5000;
    report(r, WORKER, 1, 1, 2, o);
    rig_sync(r);
    r->now_ms += 1000; /* the clocks go on */
    rig_crash(r);
    r->session[WORKER] = 0;
    rig_hello_worker(r, WORKER, "w", 1, 4, NULL, 0);
    rig_sync(r);
    rig_said(r);
    rig_op(r, WORKER, (struct op){ .type = OP_BEAT });
    rig_pass(r, 2000);
    rig_op(r, WORKER, (struct op){ .type = OP_BEAT });
    rig_pass(r, 1999);
    assert_string_equal(without_beats(r), "");
    rig_pass(r, 1);
    assert_string_equal(without_beats(r), "7 ASSIGN 1.1 fence 2.2 item ''\n");
    assert_int_equal(r->tries, 2);
    report(r, WORKER, 1, 2, 2, o); /* its second failure: no more */
    rig_sync(r);
    assert_string_equal(without_beats(r), "7 ACK 1.1\n");
}

static void retries_keep_to_the_budget_of_all(void **state)
{
    struct rig *r = *state;
    const uint32_t n = 500;
    unsigned again = 0;
    char *all, *line, *rest;

    rig_hello_worker(r, OTHER, "other", 2, n, NULL, 0);
    rig_sync(r);
    submit(r, n, (struct policy){ .retries = 1, .backoff_max_ms = 1 });
    for (uint32_t k = 1; k <= n; k++) { /* one of them has it */
        report(r, WORKER, k, 1, k + 1, exited(1));
        report(r, OTHER, k, 1, k + 1, exited(1));
    }
    rig_said(r);
    rig_sync(r);
    all = strdup(rig_said(r));
    for (line = strtok_r(all, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        again += strstr(line, "ASSIGN") != NULL;
    free(all);
    assert_int_equal(again, 100 + n / 5);
    rig_pass(r, 20); /* and a hundred a second */
    assert_string_equal(rig_said(r), "8 ASSIGN 1.201 fence 1.702 item '200'\n"
                                     "8 ASSIGN 1.202 fence 1.703 item '201'\n");
}

/* ---- max-fails ---- */

static void too_many_failures_end_the_array(void **state)
{
    struct rig *r = *state;

    submit(r, 9, (struct policy){ .max_fails = 2 });
    report(r, WORKER, 1, 1, 2, exited(1));
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ASSIGN 1.5 fence 1.6 item '4'\n"
                                     "7 ACK 1.1\n");
    report(r, WORKER, 2, 1, 3, exited(1));
    assert_string_equal(rig_said(r), "7 STOP 1.3\n7 STOP 1.4\n7 STOP 1.5\n");
    rig_sync(r);
    rig_crash(r); /* and that stays so */
    assert_string_equal(rig_said(r), "7 ACK 1.2\n");
    rig_hello_client(r, CLIENT);
    rig_hello_worker(r, WORKER, "w", 1, 4, NULL, 0);
    rig_sync(r);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT, .u.await = { .req = 2, .job = 1 } });
    rig_sync(r);
    assert_string_equal(without_beats(r), "1 ENDED 2 1.0 failed\n");
}

/* ---- crashes ---- */

static void three_crashes_of_its_own_end_it_as_poisoned(void **state)
{
    struct rig *r = *state;

    submit(r, 0, (struct policy){ 0 });
    for (uint64_t n = 2; n < 4; n++) {
        report(r, WORKER, 1, 1, n, crashed());
        rig_sync(r);
    }
    assert_int_equal(r->tries, 3);
    report(r, WORKER, 1, 1, 4, crashed());
    has_ended(r, "ENDED 1 1.0 failed",
              "3 crashes of its own, the last: SIGSEGV in function f");
    rig_op(r, CLIENT,
           (struct op){ .type = OP_ATTEMPTS, .u.attempts = { 5, 1, 0, 0, 0 } });
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 ATTEMPTS_REPLY 1:crash 1:crash\n");
}

static void crashes_are_counted_over_a_restart(void **state)
{
    struct rig *r = *state;

    submit(r, 0, (struct policy){ 0 });
    report(r, WORKER, 1, 1, 2, crashed());
    rig_sync(r);
    report(r, WORKER, 1, 1, 3, crashed());
    rig_sync(r);
    rig_crash(r);
    rig_hello_client(r, CLIENT);
    rig_hello_worker(r, WORKER, "w", 1, 4, NULL, 0);
    rig_sync(r);
    rig_said(r);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT, .u.await = { .req = 2, .job = 1 } });
    report(r, WORKER, 1, 2, 2, crashed());
    has_ended(r, "ENDED 2 1.0 failed", "3 crashes of its own");
}

static void a_crash_runs_again_with_nothing_beside_it(void **state)
{
    struct rig *r = *state;

    submit(r, 3, (struct policy){ 0 });
    report(r, WORKER, 1, 1, 2, crashed());
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n"); /* the others run there */
    report(r, WORKER, 2, 1, 3, done);
    report(r, WORKER, 3, 1, 4, done);
    assert_string_equal(rig_said(r), "7 ASSIGN 1.1 fence 1.5 item '0' alone\n");
    rig_submit(r, CLIENT, 2, 0, 0, "y", false);
    rig_sync(r);
    assert_null(strstr(rig_said(r), "ASSIGN")); /* alone */
    report(r, WORKER, 1, 1, 5, done);
    assert_string_equal(rig_said(r), "7 ASSIGN 2.1 fence 1.6 item ''\n");
}

/* ---- losses ---- */

/* Another process has taken the place of the worker, which is dead. */
static void replace(struct rig *r, uint8_t boot)
{
    r->session[WORKER] = 0;
    r->former = (uint8_t)(boot - 1);
    rig_hello_worker(r, WORKER, "w", boot, 4, NULL, 0);
    r->former = 0;
    rig_sync(r);
}

static void who_ran_there_together_runs_again_apart(void **state)
{
    struct rig *r = *state;

    submit(r, 2, (struct policy){ 0 });
    replace(r, 2);
    assert_string_equal(without_beats(r),
                        "7 ASSIGN 1.1 fence 1.4 item '0' alone\n");
    report(r, WORKER, 1, 1, 4, done);
    assert_string_equal(rig_said(r), "7 ASSIGN 1.2 fence 1.5 item '1' alone\n");
    replace(r, 3);
    assert_string_equal(without_beats(r),
                        "7 ACK 1.1\n"
                        "7 ASSIGN 1.2 fence 1.6 item '1' alone\n");
    report(r, WORKER, 2, 1, 6, done);
    has_ended(r, "ENDED 1 1.0 done", "");
}

static void who_ran_beside_the_culprit_is_no_suspect(void **state)
{
    struct rig *r = *state;
    struct attempt_key culprit = { 1, 1, 1, 2 };

    submit(r, 3, (struct policy){ 0 });
    r->session[WORKER] = 0;
    r->former = 1;
    rig_hello_worker(r, WORKER, "w", 2, 4, &culprit, 1);
    rig_sync(r); /* both at once, beside it */
    assert_string_equal(without_beats(r), "7 RECONCILE 1.1 keep\n"
                                          "7 ASSIGN 1.2 fence 1.5 item '1'\n"
                                          "7 ASSIGN 1.3 fence 1.6 item '2'\n");
}

/* It told its end, so it did not take its worker down. */
static void a_suspect_that_fails_in_peace_is_none_any_more(void **state)
{
    struct rig *r = *state;

    submit(r, 2, (struct policy){ .retries = 1, .backoff_max_ms = 1 });
    replace(r, 2);
    report(r, WORKER, 1, 1, 4, exited(1));
    rig_sync(r);
    report(r, WORKER, 2, 1, 5, done);
    rig_sync(r);
    rig_pass(r, 10);
    assert_non_null(strstr(rig_said(r), "7 ASSIGN 1.1 fence 1.6"));
    rig_submit(r, CLIENT, 2, 0, 0, "y", false);
    assert_string_equal(rig_said(r), "7 ASSIGN 2.1 fence 1.7 item ''\n");
}

static void work_goes_on_elsewhere_while_a_suspect_waits(void **state)
{
    struct rig *r = *state;

    submit(r, 2, (struct policy){ 0 });
    rig_hello_worker(r, OTHER, "other", 9, 1, NULL, 0);
    rig_sync(r);
    rig_submit(r, CLIENT, 2, 0, 0, "y", false); /* to w, which has more room */
    rig_sync(r);
    rig_said(r);
    report(r, WORKER, 1, 1, 2, crashed()); /* must not run beside 1.2, 2.1 */
    rig_sync(r);
    assert_string_equal(without_beats(r),
                        "7 ACK 1.1\n"
                        "8 ASSIGN 1.1 fence 1.5 item '0' alone\n");
    rig_submit(r, CLIENT, 3, 0, 0, "z", false);
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ASSIGN 3.1 fence 1.6 item ''\n"
                                     "1 RECEIPT 3 job 3\n");
}

static void a_worker_that_comes_back_takes_the_blame_back(void **state)
{
    struct rig *r = *state;

    submit(r, 0, (struct policy){ 0 });
    for (int i = 0; i < 4; i++) { /* four times away: no crash of its own */
        struct attempt_key held = { 1, 1, 1, (uint64_t)i + 2 };
        rig_op(r, WORKER,
               (struct op){ .type = OP_HELD, .u.held.attempts = { &held, 1 } });
        rig_pass(r, coord_config_default.lease_ms - 1);
        rig_op(r, CLIENT, (struct op){ .type = OP_BEAT });
        rig_pass(r, coord_config_default.lease_ms / 8 + 2);
        rig_sync(r);
        rig_hello_worker(r, WORKER, "w", 1, 4, NULL, 0);
        rig_sync(r);
        assert_non_null(strstr(rig_said(r), "ASSIGN"));
        assert_int_equal(r->tries, i + 2);
    }
    rig_hello_client(r, CLIENT);
    report(r, WORKER, 1, 1, 6, done);
    rig_sync(r);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_ATTEMPTS, .u.attempts = { 5, 1, 0, 0, 0 } });
    rig_sync(r);
    assert_string_equal(rig_said(r),
                        "7 ACK 1.1\n"
                        "1 ATTEMPTS_REPLY 1:lost 1:lost 1:lost 1:lost\n");
}

static void who_says_goodbye_blames_nobody(void **state)
{
    struct rig *r = *state;

    submit(r, 0, (struct policy){ 0 });
    for (uint8_t boot = 2; boot < 8; boot++) {
        rig_op(r, WORKER, (struct op){ .type = OP_BYE });
        replace(r, boot);
        assert_non_null(strstr(rig_said(r), "ASSIGN 1.1"));
    }
    rig_hello_worker(r, OTHER, "other", 9, 1, NULL, 0);
    rig_submit(r, CLIENT, 2, 0, 0, "y", false);
    rig_sync(r); /* nor must it be alone */
    assert_non_null(strstr(rig_said(r), "7 ASSIGN 2.1"));
}

#define RULE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(a_failure_is_acked_and_tried_again_when_it_is_durable),
        RULE(a_retry_waits_for_its_time),
        RULE(what_retry_on_does_not_name_is_final),
        RULE(a_policy_that_makes_no_sense_is_refused),
        RULE(a_cancel_ends_what_waits_for_its_retry),
        RULE(a_cancel_comes_before_a_retry_that_is_not_durable),
        RULE(an_attempt_that_told_its_end_is_not_taken_up_again),
        RULE(failures_and_their_times_hold_over_a_restart),
        RULE(retries_keep_to_the_budget_of_all),
        RULE(too_many_failures_end_the_array),
        RULE(three_crashes_of_its_own_end_it_as_poisoned),
        RULE(crashes_are_counted_over_a_restart),
        RULE(a_crash_runs_again_with_nothing_beside_it),
        RULE(who_ran_there_together_runs_again_apart),
        RULE(who_ran_beside_the_culprit_is_no_suspect),
        RULE(a_suspect_that_fails_in_peace_is_none_any_more),
        RULE(work_goes_on_elsewhere_while_a_suspect_waits),
        RULE(a_worker_that_comes_back_takes_the_blame_back),
        RULE(who_says_goodbye_blames_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
