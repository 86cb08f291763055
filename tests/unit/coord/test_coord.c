/* SPDX-License-Identifier: MIT */
/* Jobs are accepted, given out, and end, as conversations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "proto/bounds.h"
#include "tests/unit/coord/coord_rig.h"

#define CLIENT 1
#define WORKER 7
#define OTHER 8

static void
receipt_comes_after_the_commit_and_the_assignment_before(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    assert_string_equal(rig_said(r), "7 ASSIGN 1.1 fence 1.2 item ''\n");
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 RECEIPT 1 job 1\n");
}

static void a_key_that_may_be_known_waits_for_the_commit(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 9, "x", false);
    assert_string_equal(rig_said(r), "");
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 RECEIPT 1 job 1\n"
                                     "7 ASSIGN 1.1 fence 1.2 item ''\n");
}

static void outcome_and_ack_come_after_the_commit(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    rig_sync(r);
    rig_said(r);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    assert_string_equal(rig_said(r), "");
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n1 ENDED 1 1.0 done\n");
}

static void a_second_result_of_one_attempt_is_not_recorded(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    rig_sync(r);
    rig_said(r);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_FAILED);
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n1 ENDED 1 1.0 done\n");
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_FAILED);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n");
}

static void a_stale_attempt_does_not_count(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    rig_sync(r);
    rig_said(r);
    rig_result(r, WORKER, 1, 1, 1, 1, STATE_FAILED);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n");
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n1 ENDED 1 1.0 done\n");
}

static void only_the_worker_that_has_an_attempt_may_report_it(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    rig_hello_worker(r, OTHER, "other", 2, 1, NULL, 0);
    rig_sync(r);
    rig_said(r);
    rig_result(r, OTHER, 1, 1, 1, 2, STATE_FAILED);
    assert_string_equal(rig_said(r), "8 ACK 1.1\n");
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n1 ENDED 1 1.0 done\n");
}

/* Job 1 is done, and has produced these bytes. */
static void report_body(struct rig *r, struct view body)
{
    struct op op = { .type = OP_RESULT };

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    rig_sync(r);
    op.u.result.outcome = (struct outcome){ .job = 1,
                                            .elem = 1,
                                            .epoch = 1,
                                            .attempt = 2,
                                            .state = STATE_DONE,
                                            .body = body };
    rig_op(r, WORKER, op);
    rig_said(r);
    rig_sync(r);
}

/* Of a worker that keeps to no limits. */
static void a_body_beyond_its_limit_is_a_failure(void **state)
{
    static const uint8_t much[BODY_LEN_MAX + 1];
    struct rig *r = *state;

    report_body(r, view_of(much, sizeof much));
    assert_non_null(strstr(rig_said(r), ".0 failed\n"));
    assert_non_null(strstr(r->message, "larger than a result may be"));
    assert_int_equal(r->body.len, 0);
}

/* It is not for the coordinator to know what it is. */
static void a_body_is_passed_on_as_it_came(void **state)
{
    static uint8_t much[BODY_LEN_MAX];
    struct rig *r = *state;

    memset(much, 0xc1, sizeof much);
    report_body(r, view_of(much, sizeof much));
    assert_non_null(strstr(rig_said(r), ".0 done\n"));
    assert_true(view_equal(buf_view(&r->body), view_of(much, sizeof much)));
}

static void a_range_beyond_the_integers_is_refused(void **state)
{
    struct rig *r = *state;

    rig_op(r, CLIENT,
           (struct op){ .type = OP_SUBMIT,
                        .u.submit = { .req = 1,
                                      .kind = KIND_COMMAND,
                                      .spec = view_str("x"),
                                      .n = 3,
                                      .first = INT64_MAX - 1,
                                      .step = 1 } });
    assert_string_equal(rig_said(r), "1 REFUSED 1 value out of range\n");
}

static void an_array_is_given_out_by_slots(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 3, 0, "x", true);
    assert_string_equal(rig_said(r), "7 ASSIGN 1.1 fence 1.2 item '1'\n"
                                     "7 ASSIGN 1.2 fence 1.3 item '2'\n");
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    assert_string_equal(rig_said(r), "7 ASSIGN 1.3 fence 1.4 item '3'\n");
    rig_result(r, WORKER, 1, 2, 1, 3, STATE_FAILED);
    rig_result(r, WORKER, 1, 3, 1, 4, STATE_DONE);
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 RECEIPT 1 job 1\n"
                                     "1 ENDED 1 1.0 failed\n"
                                     "7 ACK 1.1\n7 ACK 1.2\n7 ACK 1.3\n");
}

static void the_same_key_is_the_same_job(void **state)
{
    struct rig *r = *state;

    rig_submit(r, CLIENT, 1, 0, 9, "x", false);
    rig_submit(r, CLIENT, 2, 0, 9, "x", false);
    rig_submit(r, CLIENT, 3, 0, 9, "y", false);
    rig_sync(r);
    assert_string_equal(rig_said(r),
                        "1 RECEIPT 1 job 1\n"
                        "1 RECEIPT 2 job 1 existed\n"
                        "1 REFUSED 3 conflicts with an existing one\n");
}

static struct op submit_with_last_byte(uint64_t req, uint8_t last)
{
    struct op op = { .type = OP_SUBMIT,
                     .u.submit = { .req = req,
                                   .fresh = req == last,
                                   .kind = KIND_COMMAND,
                                   .spec = view_str("x") } };

    op.u.submit.key.bytes[15] = last;
    return op;
}

/* Clients count their keys up: all but the last bytes are the same. */
static void keys_that_differ_in_their_end_are_told_apart(void **state)
{
    struct rig *r = *state;

    for (uint8_t i = 1; i <= 3; i++)
        rig_op(r, CLIENT, submit_with_last_byte(i, i));
    rig_op(r, CLIENT, submit_with_last_byte(4, 2));
    rig_op(r, CLIENT, (struct op){ .type = OP_STATUS, .u.status.req = 5 });
    rig_sync(r);
    assert_string_equal(rig_said(r),
                        "1 STATUS_REPLY 3 jobs\n1 RECEIPT 1 job 1\n"
                        "1 RECEIPT 2 job 2\n"
                        "1 RECEIPT 3 job 3\n"
                        "1 RECEIPT 4 job 2 existed\n");
}

static void the_key_of_an_ended_job_is_known_to_the_store(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 9, "x", false);
    rig_sync(r);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_sync(r);
    rig_said(r);
    rig_submit(r, CLIENT, 2, 0, 9, "x", true);
    rig_submit(r, CLIENT, 3, 0, 9, "y", true);
    rig_sync(r);
    assert_string_equal(rig_said(r),
                        "1 RECEIPT 2 job 1 existed\n"
                        "1 REFUSED 3 conflicts with an existing one\n"
                        "1 ENDED 2 1.0 done\n");
}

static void a_full_disk_refuses_submits_and_records_outcomes(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    rig_sync(r);
    rig_said(r);
    store_memory_fail(r->store, true, false);
    rig_submit(r, CLIENT, 2, 0, 0, "y", true);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ASSIGN 2.1 fence 1.3 item ''\n"
                                     "7 RECONCILE 2.1 kill\n"
                                     "7 ACK 1.1\n"
                                     "1 REFUSED 2 no space left\n"
                                     "1 ENDED 1 1.0 done\n");
    rig_submit(r, CLIENT, 3, 0, 0, "z", true);
    assert_string_equal(rig_said(r), "1 REFUSED 3 no space left\n");
    store_memory_fail(r->store, false, false);
    rig_pass(r, 1001);
    rig_submit(r, CLIENT, 4, 0, 0, "z", false);
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ASSIGN 3.1 fence 1.4 item ''\n"
                                     "1 RECEIPT 4 job 3\n");
}

static void a_function_nobody_offers_holds_up_nobody_else(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_call(r, CLIENT, 1, "g");
    rig_call(r, CLIENT, 2, "f");
    assert_string_equal(rig_said(r), "7 ASSIGN 2.1 fence 1.2 item ''\n");
}

static void a_call_of_cpu_takes_a_slot(void **state)
{
    struct rig *r = *state;
    struct attempt_key mine = { 1, 1, 1, 2 };

    rig_hello_worker(r, WORKER, "w", 1, 1, NULL, 0);
    rig_sync(r);
    rig_call(r, CLIENT, 1, "c");
    rig_call(r, CLIENT, 2, "c");
    rig_submit(r, CLIENT, 3, 0, 0, "x", false); /* a command */
    rig_call(r, CLIENT, 4, "f");
    assert_string_equal(rig_said(r), "7 ASSIGN 1.1 fence 1.2 item ''\n"
                                     "7 ASSIGN 4.1 fence 1.3 item ''\n");
    /* Also in a new session of the process that has it. */
    rig_hello_worker(r, OTHER, "w", 1, 1, &mine, 1);
    rig_sync(r);
    rig_said(r);
    rig_result(r, OTHER, 1, 1, 1, 2, STATE_DONE);
    rig_sync(r);
    assert_string_equal(rig_said(r), "8 ASSIGN 2.1 fence 1.5 item ''\n"
                                     "8 ACK 1.1\n");
}

/* Each side may send what is its own, and neither what the coordinator says. */
static void an_operation_of_the_other_side_is_refused(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_op(r, WORKER, (struct op){ .type = OP_STATUS, .u.status.req = 9 });
    rig_op(r, CLIENT, (struct op){ .type = OP_DRAINING });
    rig_op(r, CLIENT, (struct op){ .type = OP_ASSIGN });
    assert_string_equal(rig_said(r), "7 REFUSED 0 malformed input\n"
                                     "1 REFUSED 0 malformed input\n"
                                     "1 REFUSED 0 malformed input\n");
    rig_op(r, CLIENT, (struct op){ .type = OP_STATUS, .u.status.req = 9 });
    assert_non_null(strstr(rig_said(r), "STATUS_REPLY"));
}

static void work_that_was_handed_back_goes_to_another(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_said(r);
    rig_op(r, WORKER, (struct op){ .type = OP_DRAINING });
    rig_hello_worker(r, OTHER, "other", 2, 1, NULL, 0);
    rig_sync(r);
    rig_result(r, WORKER, 1, 1, 1, 2, (enum state)STATE_HANDED_BACK);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n"
                                     "8 ASSIGN 1.1 fence 1.3 item ''\n");
}

static void a_drain_says_goodbye_when_all_is_durable(void **state)
{
    struct rig *r = *state;

    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_drain(r);
    assert_string_equal(rig_said(r), "");
    rig_submit(r, CLIENT, 2, 0, 0, "x", false);
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 REFUSED 2 busy, try again for now\n"
                                     "1 RECEIPT 1 job 1\n1 BYE\n");
}

static void a_drain_does_not_wait_for_a_full_disk(void **state)
{
    struct rig *r = *state;

    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_drain(r);
    assert_string_equal(rig_said(r), "");
    rig_full(r);
    assert_string_equal(rig_said(r), "1 BYE\n");
}

#define RULE(name) \
    cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(receipt_comes_after_the_commit_and_the_assignment_before),
        RULE(a_key_that_may_be_known_waits_for_the_commit),
        RULE(outcome_and_ack_come_after_the_commit),
        RULE(a_second_result_of_one_attempt_is_not_recorded),
        RULE(a_stale_attempt_does_not_count),
        RULE(only_the_worker_that_has_an_attempt_may_report_it),
        RULE(a_body_beyond_its_limit_is_a_failure),
        RULE(a_body_is_passed_on_as_it_came),
        RULE(a_range_beyond_the_integers_is_refused),
        RULE(an_array_is_given_out_by_slots),
        RULE(the_same_key_is_the_same_job),
        RULE(keys_that_differ_in_their_end_are_told_apart),
        RULE(the_key_of_an_ended_job_is_known_to_the_store),
        RULE(a_full_disk_refuses_submits_and_records_outcomes),
        RULE(a_function_nobody_offers_holds_up_nobody_else),
        RULE(a_call_of_cpu_takes_a_slot),
        RULE(an_operation_of_the_other_side_is_refused),
        RULE(work_that_was_handed_back_goes_to_another),
        RULE(a_drain_says_goodbye_when_all_is_durable),
        RULE(a_drain_does_not_wait_for_a_full_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
