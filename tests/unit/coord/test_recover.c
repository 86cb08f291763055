/* SPDX-License-Identifier: MIT */
/* What a new life of the coordinator finds, and who still works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "tests/unit/coord/coord_rig.h"

#define CLIENT 1
#define WORKER 7
#define OTHER 8

static void running_work_outlives_the_coordinator(void **state)
{
    struct rig *r = *state;
    struct attempt_key mine = rig_held(1, 1, 1, 2);

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 2, 0, "x", false);
    rig_sync(r);
    rig_crash(r);
    rig_said(r);
    rig_hello_worker(r, OTHER, "other", 2, 2, NULL, 0);
    rig_sync(r);
    assert_string_equal(rig_said(r), ""); /* "w" may be at work still */
    rig_hello_worker(r, WORKER, "w", 1, 1, &mine, 1);
    assert_string_equal(rig_said(r), "7 RECONCILE 1.1 keep\n"
                                     "8 ASSIGN 1.2 fence 2.2 item '2'\n");
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n");
}

static void nobody_claims_it_and_it_runs_again_after_one_lease(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_crash(r);
    rig_hello_worker(r, OTHER, "other", 2, 1, NULL, 0);
    rig_sync(r);
    rig_said(r);
    rig_pass(r, coord_config_default.lease_ms - 1);
    rig_op(r, OTHER, (struct op){ .type = OP_BEAT });
    assert_string_equal(rig_said(r), "");
    rig_pass(r, 1);
    assert_string_equal(rig_said(r), "8 ASSIGN 1.1 fence 2.2 item ''\n");
}

/* The boot that came between may never have been heard. */
static void after_a_restart_a_dead_boot_is_not_waited_for(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_crash(r);
    rig_said(r);
    r->former = 1;
    rig_hello_worker(r, OTHER, "w", 2, 1, NULL, 0);
    rig_sync(r);
    assert_string_equal(rig_said(r), "8 ASSIGN 1.1 fence 2.2 item ''\n");
}

static void a_job_that_was_not_durable_is_unknown_after_a_crash(void **state)
{
    struct rig *r = *state;
    struct attempt_key mine = rig_held(1, 1, 1, 2);

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false); /* given out, not durable */
    rig_crash(r);
    rig_said(r);
    rig_hello_worker(r, WORKER, "w", 1, 1, &mine, 1);
    assert_string_equal(rig_said(r), "7 RECONCILE 1.1 kill\n");
    rig_hello_client(r, CLIENT);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 RECEIPT 1 job 257\n"
                                     "7 ASSIGN 257.1 fence 2.2 item ''\n");
}

/* Two workers name attempts of a former life, the older one first: the newer
 * was given out when the older had been given up, and goes on. */
static void the_newest_attempt_of_a_former_life_counts(void **state)
{
    struct rig *r = *state;
    struct attempt_key older = rig_held(1, 1, 1, 2),
                       newer = rig_held(1, 1, 1, 3);

    rig_hello_worker(r, 7, "v", 1, 1, NULL, 0);
    rig_hello_worker(r, 8, "w", 2, 1, NULL, 0);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_crash(r);
    rig_said(r);
    rig_hello_worker(r, 7, "v", 1, 1, &older, 1);
    assert_string_equal(rig_said(r), "7 RECONCILE 1.1 keep\n");
    rig_hello_worker(r, 8, "w", 2, 1, &newer, 1);
    assert_string_equal(rig_said(r), "8 RECONCILE 1.1 keep\n");
    rig_result(r, 7, 1, 1, 1, 2, STATE_FAILED);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n"); /* stale */
    rig_result(r, 8, 1, 1, 1, 3, STATE_DONE);
    rig_sync(r);
    assert_string_equal(rig_said(r), "8 ACK 1.1\n");
}

/* The same, but the older one has told that it failed, which is not on disk
 * yet: nothing is started beside the newer one, which is heard when it asks
 * again. */
static void a_newer_attempt_waits_for_the_word_of_the_older(void **state)
{
    struct rig *r = *state;
    struct attempt_key older = rig_held(1, 1, 1, 2),
                       newer = rig_held(1, 1, 1, 3);

    rig_hello_worker(r, 7, "v", 1, 1, NULL, 0);
    rig_hello_worker(r, 8, "w", 2, 1, NULL, 0);
    r->policy.retries = 3;
    r->policy.backoff_max_ms = 1;
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_crash(r);
    rig_said(r);
    rig_hello_worker(r, 7, "v", 1, 1, &older, 1);
    rig_op(r, 7,
           (struct op){ .type = OP_RESULT,
                        .u.result.outcome = { .job = 1,
                                              .elem = 1,
                                              .epoch = 1,
                                              .attempt = 2,
                                              .state = STATE_FAILED,
                                              .reason = view_str("exit") } });
    rig_said(r);
    rig_hello_worker(r, 8, "w", 2, 1, &newer, 1);
    assert_string_equal(rig_said(r), "");
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n");
    rig_pass(r, 100); /* the back-off is long over */
    assert_string_equal(rig_said(r), "");
    rig_op(r, 8,
           (struct op){ .type = OP_HELD, .u.held = { 3, { &newer, 1 }, 0 } });
    assert_string_equal(rig_said(r), "8 RECONCILE 1.1 keep\n");
}

/* What it says of it is lost, but it is heard: its lease holds. */
static void a_newer_attempt_is_waited_for_while_its_worker_lives(void **state)
{
    struct rig *r = *state;
    struct attempt_key older = rig_held(1, 1, 1, 2),
                       newer = rig_held(1, 1, 1, 3);
    struct op beat = { .type = OP_BEAT };

    rig_hello_worker(r, 7, "v", 1, 1, NULL, 0);
    rig_hello_worker(r, 8, "w", 2, 1, NULL, 0);
    r->policy.retries = 3;
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_crash(r);
    rig_hello_worker(r, 7, "v", 1, 1, &older, 1);
    rig_op(r, 7,
           (struct op){ .type = OP_RESULT,
                        .u.result.outcome = { .job = 1,
                                              .elem = 1,
                                              .epoch = 1,
                                              .attempt = 2,
                                              .state = STATE_FAILED,
                                              .reason = view_str("exit") } });
    rig_hello_worker(r, 8, "w", 2, 1, &newer, 1);
    rig_sync(r);
    rig_said(r);
    for (int i = 0; i < 10; i++) {
        rig_pass(r, coord_config_default.beat_ms);
        rig_op(r, 7, beat);
        rig_op(r, 8, beat);
        assert_string_equal(rig_said(r), "");
    }
    for (int i = 0; i < 10; i++) {
        rig_pass(r, coord_config_default.beat_ms);
        rig_op(r, 7, beat);
    }
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ASSIGN 1.1 fence 2.2 item ''\n");
}

static void a_clean_end_leaves_no_gap_in_the_ids(void **state)
{
    struct rig *r = *state;

    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_drain(r);
    rig_sync(r);
    rig_crash(r);
    rig_hello_client(r, CLIENT);
    rig_said(r);
    rig_submit(r, CLIENT, 2, 0, 0, "y", false);
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 RECEIPT 2 job 2\n");
}

/* A coordinator that does not know yet that it was replaced. */
static void what_a_later_life_gave_out_is_not_taken_over(void **state)
{
    struct rig *r = *state;
    struct attempt_key later = rig_held(1, 1, 9, 2);

    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_said(r);
    rig_hello_worker(r, WORKER, "w", 1, 1, &later, 1);
    assert_string_equal(rig_said(r), "7 RECONCILE 1.1 kill\n");
}

/* `upto` counts the attempts of this life: those of a former one are meant
 * whatever it says. */
static void what_was_taken_over_and_is_not_named_any_more_is_lost(void **state)
{
    struct rig *r = *state;
    struct attempt_key mine = rig_held(1, 1, 1, 2);

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_crash(r);
    rig_hello_worker(r, WORKER, "w", 1, 1, &mine, 1);
    rig_sync(r);
    rig_said(r);
    rig_op(r, WORKER, (struct op){ .type = OP_HELD, .u.held.upto = 1 });
    assert_string_equal(rig_said(r), "7 ASSIGN 1.1 fence 2.2 item ''\n");
}

#define RULE(name) \
    cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(running_work_outlives_the_coordinator),
        RULE(nobody_claims_it_and_it_runs_again_after_one_lease),
        RULE(after_a_restart_a_dead_boot_is_not_waited_for),
        RULE(a_job_that_was_not_durable_is_unknown_after_a_crash),
        RULE(the_newest_attempt_of_a_former_life_counts),
        RULE(a_newer_attempt_waits_for_the_word_of_the_older),
        RULE(a_newer_attempt_is_waited_for_while_its_worker_lives),
        RULE(what_a_later_life_gave_out_is_not_taken_over),
        RULE(what_was_taken_over_and_is_not_named_any_more_is_lost),
        RULE(a_clean_end_leaves_no_gap_in_the_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
