/* SPDX-License-Identifier: MIT */
/* The rules of the coordinator, as conversations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check.h"
#include "rig.h"

#define CLIENT 1
#define WORKER 7
#define OTHER 8

static int set_up(void **state)
{
    static struct rig rig;

    rig_init(&rig);
    rig_hello_client(&rig, CLIENT);
    rig_said(&rig);
    *state = &rig;
    return 0;
}

static int tear_down(void **state)
{
    rig_fini(*state);
    return 0;
}

static void worker(struct rig *r)
{
    rig_hello_worker(r, WORKER, "w", 1, 2, NULL, 0);
    rig_sync(r);
    rig_said(r);
}

static struct held held(uint64_t job, uint32_t elem, uint64_t epoch, uint64_t n)
{
    return (struct held){ job, elem, epoch, n };
}

static void
receipt_comes_after_the_commit_and_the_assignment_before(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    assert_string_equal(rig_said(r), "7 ASSIGN 1.1 fence 1.2 item ''\n");
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 RECEIPT 1 job 1\n");
}

static void a_key_that_may_be_known_waits_for_the_commit(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 9, "x", false);
    assert_string_equal(rig_said(r), "");
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 RECEIPT 1 job 1\n"
                                     "7 ASSIGN 1.1 fence 1.2 item ''\n");
}

static void outcome_and_ack_come_after_the_commit(void **state)
{
    struct rig *r = *state;

    worker(r);
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

    worker(r);
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

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    rig_sync(r);
    rig_said(r);
    rig_result(r, WORKER, 1, 1, 1, 1, STATE_FAILED);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n");
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n1 ENDED 1 1.0 done\n");
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
    assert_string_equal(rig_said(r), "1 REFUSED 1 value outside its limits\n");
}

static void an_array_is_given_out_by_slots(void **state)
{
    struct rig *r = *state;

    worker(r);
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
                        "1 REFUSED 3 in conflict with what exists\n");
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
    assert_string_equal(rig_said(r), "1 STATUS_IS 3 jobs\n1 RECEIPT 1 job 1\n"
                                     "1 RECEIPT 2 job 2\n"
                                     "1 RECEIPT 3 job 3\n"
                                     "1 RECEIPT 4 job 2 existed\n");
}

static void the_key_of_an_ended_job_is_known_to_the_store(void **state)
{
    struct rig *r = *state;

    worker(r);
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
                        "1 REFUSED 3 in conflict with what exists\n"
                        "1 ENDED 2 1.0 done\n");
}

static void a_silent_worker_loses_its_work_after_the_lease(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_pass(r, coord_config_default.lease_ms - 1);
    rig_hello_worker(r, OTHER, "other", 2, 1, NULL, 0);
    rig_sync(r);
    rig_said(r);
    rig_pass(r, 2);
    rig_pass(r, coord_config_default.lease_ms / 8 + 2);
    assert_string_equal(rig_said(r), "8 ASSIGN 1.1 fence 1.3 item ''\n");
}

static void
a_worker_gets_work_only_when_the_next_life_would_wait_for_it(void **state)
{
    struct rig *r = *state;

    rig_hello_worker(r, WORKER, "w", 1, 1, NULL, 0);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    assert_string_equal(rig_said(r), "");
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 RECEIPT 1 job 1\n"
                                     "7 ASSIGN 1.1 fence 1.2 item ''\n");
}

static void a_sleep_of_the_coordinator_is_nobodys_silence(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_hello_worker(r, OTHER, "other", 2, 1, NULL, 0);
    rig_sync(r);
    rig_said(r);
    rig_sleep(r, 3 * coord_config_default.lease_ms);
    assert_string_equal(rig_said(r), "");
    rig_pass(r, coord_config_default.lease_ms - 1);
    assert_string_equal(rig_said(r), "");
}

static void what_a_dead_boot_ran_is_lost_when_the_next_one_comes(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_said(r);
    r->former = 1;
    rig_hello_worker(r, OTHER, "w", 2, 1, NULL, 0);
    rig_sync(r);
    assert_string_equal(rig_said(r), "8 ASSIGN 1.1 fence 1.3 item ''\n");
    rig_hello_worker(r, WORKER, "w", 1, 1, NULL, 0);
    assert_string_equal(rig_said(r), "7 REFUSED 0 refused\n7 WHO\n");
}

/* Nobody says that it is dead: it may run what it was given. */
static void another_worker_of_the_name_gets_it_after_the_lease(void **state)
{
    struct rig *r = *state;
    struct op beat = { .type = OP_BEAT };

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_hello_worker(r, OTHER, "w", 2, 1, NULL, 0);
    rig_sync(r);
    rig_said(r);
    rig_op(r, WORKER, beat);
    assert_string_equal(rig_said(r), "7 WHO\n");
    rig_pass(r, coord_config_default.lease_ms - 1);
    rig_op(r, OTHER, beat);
    assert_string_equal(rig_said(r), "");
    rig_pass(r, coord_config_default.lease_ms / 4);
    assert_string_equal(rig_said(r), "8 ASSIGN 1.1 fence 1.3 item ''\n");
}

static void a_late_hello_of_a_dead_boot_takes_nothing_back(void **state)
{
    struct rig *r = *state;
    struct held crashed[] = { held(1, 1, 1, 2) };

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    rig_sync(r);
    r->former = 1;
    rig_hello_worker(r, OTHER, "w", 2, 2, crashed, 1);
    rig_sync(r);
    rig_said(r);
    r->former = 0;
    r->hello_seq = 100;
    rig_hello_worker(r, WORKER, "w", 1, 1, crashed, 1);
    assert_string_equal(rig_said(r), "7 REFUSED 0 refused\n7 WHO\n");
    rig_result(r, OTHER, 1, 1, 1, 2, STATE_FAILED);
    rig_sync(r);
    assert_string_equal(rig_said(r), "8 ACK 1.1\n1 ENDED 1 1.0 failed\n");
}

/* The boot that came between may never have been heard. */
static void after_a_restart_a_dead_boot_is_not_waited_for(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_crash(r);
    rig_said(r);
    r->former = 1;
    rig_hello_worker(r, OTHER, "w", 2, 1, NULL, 0);
    rig_sync(r);
    assert_string_equal(rig_said(r), "8 ASSIGN 1.1 fence 2.2 item ''\n");
}

static void a_boot_reports_how_one_ended_in_the_former(void **state)
{
    struct rig *r = *state;
    struct held crashed[] = { held(1, 1, 1, 2) };

    worker(r);
    rig_submit(r, CLIENT, 1, 2, 0, "x", true);
    rig_sync(r);
    rig_said(r);
    r->former = 1;
    rig_hello_worker(r, OTHER, "w", 2, 2, crashed, 1);
    rig_sync(r);
    assert_string_equal(rig_said(r), "8 SETTLE 1.1 keep\n"
                                     "8 ASSIGN 1.2 fence 1.4 item '2'\n");
    rig_result(r, OTHER, 1, 1, 1, 2, STATE_FAILED);
    rig_result(r, OTHER, 1, 2, 1, 4, STATE_DONE);
    rig_sync(r);
    assert_string_equal(rig_said(r),
                        "8 ACK 1.1\n8 ACK 1.2\n1 ENDED 1 1.0 failed\n");
}

static void a_worker_of_another_name_cannot_claim(void **state)
{
    struct rig *r = *state;
    struct held others[] = { held(1, 1, 1, 2) };

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    rig_sync(r);
    rig_said(r);
    r->former = 1;
    rig_hello_worker(r, OTHER, "v", 2, 2, others, 1);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_sync(r);
    assert_string_equal(rig_said(r), "8 SETTLE 1.1 kill\n7 ACK 1.1\n"
                                     "1 ENDED 1 1.0 done\n");
}

static void a_late_hello_of_a_dead_worker_takes_nothing(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    rig_sync(r);
    rig_said(r);
    rig_hello_late(r, OTHER, "w", 3);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n1 ENDED 1 1.0 done\n");
}

static void a_late_hello_of_a_living_worker_takes_nothing(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    rig_sync(r);
    rig_said(r);
    rig_hello_late(r, OTHER, "w",
                   1); /* the same boot; it says it holds nothing */
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n1 ENDED 1 1.0 done\n");
}

static void a_late_word_of_a_dead_worker_takes_nothing(void **state)
{
    struct rig *r = *state;
    struct op beat = { .type = OP_BEAT };

    /* The first dies when it has answered its WELCOME; the second comes. */
    rig_hello_late(r, WORKER, "w", 1);
    rig_hello_late(r, OTHER, "w", 2);
    rig_op(r, WORKER, beat);
    rig_op(r, OTHER, beat);
    assert_string_equal(rig_said(r), "");
    rig_op(r, WORKER, beat);
    assert_string_equal(rig_said(r), "7 WHO\n");
}

static void a_reconnect_keeps_what_is_named_and_requeues_the_rest(void **state)
{
    struct rig *r = *state;
    struct held mine[] = { held(1, 1, 1, 2), held(9, 1, 1, 5) };

    worker(r);
    rig_submit(r, CLIENT, 1, 2, 0, "x", false);
    rig_sync(r);
    rig_said(r);
    rig_hello_worker(r, OTHER, "w", 1, 2, mine, 2);
    assert_string_equal(rig_said(r), "8 SETTLE 1.1 keep\n8 SETTLE 9.1 kill\n"
                                     "8 ASSIGN 1.2 fence 1.4 item '2'\n");
    rig_op(r, WORKER, (struct op){ .type = OP_BEAT });
    assert_string_equal(rig_said(r), "7 WHO\n");
}

static void running_work_outlives_the_coordinator(void **state)
{
    struct rig *r = *state;
    struct held mine = held(1, 1, 1, 2);

    worker(r);
    rig_submit(r, CLIENT, 1, 2, 0, "x", false);
    rig_sync(r);
    rig_crash(r);
    rig_said(r);
    rig_hello_worker(r, OTHER, "other", 2, 2, NULL, 0);
    rig_sync(r);
    assert_string_equal(rig_said(r), ""); /* "w" may be at work still */
    rig_hello_worker(r, WORKER, "w", 1, 1, &mine, 1);
    assert_string_equal(rig_said(r), "7 SETTLE 1.1 keep\n"
                                     "8 ASSIGN 1.2 fence 2.2 item '2'\n");
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n");
}

static void nobody_claims_it_and_it_runs_again_after_one_lease(void **state)
{
    struct rig *r = *state;

    worker(r);
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

static void a_job_that_was_not_durable_is_unknown_after_a_crash(void **state)
{
    struct rig *r = *state;
    struct held mine = held(1, 1, 1, 2);

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false); /* given out, not durable */
    rig_crash(r);
    rig_said(r);
    rig_hello_worker(r, WORKER, "w", 1, 1, &mine, 1);
    assert_string_equal(rig_said(r), "7 SETTLE 1.1 kill\n");
    rig_hello_client(r, CLIENT);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 RECEIPT 1 job 257\n"
                                     "7 ASSIGN 257.1 fence 2.2 item ''\n");
}

static void who_watches_hears_the_last_before_the_end(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_op(
        r, CLIENT,
        (struct op){ .type = OP_AWAIT,
                     .u.await = { .req = 2, .job = 1, .progress_ms = 1000 } });
    rig_said(r);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_FAILED);
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n"
                                     "1 PROGRESS\n1 ENDED 2 1.0 failed\n");
}

static void cancel_ends_what_waits_and_asks_what_runs(void **state)
{
    struct rig *r = *state;
    struct op cancel = { .type = OP_CANCEL,
                         .u.cancel = { .req = 2, .job = 1 } };

    worker(r);
    rig_submit(r, CLIENT, 1, 5, 0, "x", true);
    rig_sync(r);
    rig_said(r);
    rig_op(r, CLIENT, cancel);
    assert_string_equal(rig_said(r), "7 STOP 1.1\n7 STOP 1.2\n");
    rig_sync(r);
    assert_string_equal(rig_said(r),
                        "1 CANCELLED 2 ended 3 asked 2 before 0\n");
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_CANCELLED);
    rig_result(r, WORKER, 1, 2, 1, 3, STATE_DONE); /* it was faster */
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n7 ACK 1.2\n"
                                     "1 ENDED 1 1.0 cancelled\n");
    rig_op(r, CLIENT,
           (struct op){ .type = OP_FETCH, .u.fetch = { .req = 3, .job = 1 } });
    rig_sync(r);
    assert_string_equal(rig_said(r),
                        "1 OUTCOMES 1:cancelled 2:done 3:cancelled "
                        "4:cancelled 5:cancelled next 0\n");
}

static void a_lost_stop_is_said_again_with_each_beat(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_op(
        r, CLIENT,
        (struct op){ .type = OP_CANCEL, .u.cancel = { .req = 2, .job = 1 } });
    rig_sync(r);
    rig_said(r);
    rig_op(r, WORKER, (struct op){ .type = OP_BEAT });
    assert_string_equal(rig_said(r), "7 STOP 1.1\n");
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_CANCELLED);
    rig_op(r, WORKER, (struct op){ .type = OP_BEAT });
    assert_string_equal(rig_said(r), "");
}

static void a_cancel_holds_over_a_restart(void **state)
{
    struct rig *r = *state;
    struct op cancel = { .type = OP_CANCEL,
                         .u.cancel = { .req = 2, .job = 1 } };
    struct held mine = held(1, 1, 1, 2);

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_op(r, CLIENT, cancel);
    rig_sync(r);
    rig_crash(r);
    rig_said(r);
    rig_hello_worker(r, WORKER, "w", 1, 1, &mine, 1);
    /* ... and once more with the beat that follows. */
    assert_string_equal(rig_said(r), "7 SETTLE 1.1 keep\n7 STOP 1.1\n"
                                     "7 STOP 1.1\n");
}

/* Two workers name attempts of a former life, the older one first: the newer
 * was given out when the older had been given up, and goes on. */
static void the_newest_attempt_of_a_former_life_counts(void **state)
{
    struct rig *r = *state;
    struct held older = held(1, 1, 1, 2), newer = held(1, 1, 1, 3);

    rig_hello_worker(r, 7, "v", 1, 1, NULL, 0);
    rig_hello_worker(r, 8, "w", 2, 1, NULL, 0);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_crash(r);
    rig_said(r);
    rig_hello_worker(r, 7, "v", 1, 1, &older, 1);
    assert_string_equal(rig_said(r), "7 SETTLE 1.1 keep\n");
    rig_hello_worker(r, 8, "w", 2, 1, &newer, 1);
    assert_string_equal(rig_said(r), "8 SETTLE 1.1 keep\n");
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
    struct held older = held(1, 1, 1, 2), newer = held(1, 1, 1, 3);

    rig_hello_worker(r, 7, "v", 1, 1, NULL, 0);
    rig_hello_worker(r, 8, "w", 2, 1, NULL, 0);
    r->policy.retries = 3;
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
    rig_op(r, 8,
           (struct op){ .type = OP_HELD, .u.held = { 3, { &newer, 1 } } });
    assert_string_equal(rig_said(r), "8 SETTLE 1.1 keep\n");
}

/* What it says of it is lost, but it is heard: its lease holds. */
static void a_newer_attempt_is_waited_for_while_its_worker_lives(void **state)
{
    struct rig *r = *state;
    struct held older = held(1, 1, 1, 2), newer = held(1, 1, 1, 3);
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
    for (int i = 0; i < 5; i++) {
        rig_pass(r, coord_config_default.beat_ms);
        rig_op(r, 7, beat);
        rig_op(r, 8, beat);
        assert_string_equal(rig_said(r), "");
    }
    for (int i = 0; i < 6; i++) {
        rig_pass(r, coord_config_default.beat_ms);
        rig_op(r, 7, beat);
    }
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ASSIGN 1.1 fence 2.2 item ''\n");
}

/* Whether it waited or ran then is not written down, and who awaits it may have
 * been told that it was cancelled. */
static void what_is_cancelled_of_an_array_is_not_adopted(void **state)
{
    struct rig *r = *state;
    struct op cancel = { .type = OP_CANCEL,
                         .u.cancel = { .req = 2, .job = 1 } };
    struct held mine = held(1, 1, 1, 2);

    worker(r);
    rig_submit(r, CLIENT, 1, 3, 0, "x", false);
    rig_op(r, CLIENT, cancel);
    rig_sync(r);
    rig_crash(r);
    rig_said(r);
    rig_hello_worker(r, WORKER, "w", 1, 1, &mine, 1);
    assert_string_equal(rig_said(r), "7 SETTLE 1.1 kill\n");
    rig_hello_client(r, CLIENT);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT, .u.await = { 1, 1, 1, 0 } });
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 ENDED 1 1.1 cancelled\n");
}

static void a_full_disk_refuses_submits_and_records_outcomes(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    rig_sync(r);
    rig_said(r);
    store_memory_fail(r->store, true, false);
    rig_submit(r, CLIENT, 2, 0, 0, "y", true);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ASSIGN 2.1 fence 1.3 item ''\n"
                                     "7 SETTLE 2.1 kill\n"
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

    worker(r);
    rig_call(r, CLIENT, 1, "g");
    rig_call(r, CLIENT, 2, "f");
    assert_string_equal(rig_said(r), "7 ASSIGN 2.1 fence 1.2 item ''\n");
}

static void a_call_of_cpu_takes_a_slot(void **state)
{
    struct rig *r = *state;
    struct held mine = { 1, 1, 1, 2 };

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

static void how_often_a_loop_was_held_is_told_with_its_worker(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_op(r, WORKER,
           (struct op){ .type = OP_BEAT,
                        .u.beat = { .n_holds = 3, .hold_max_ms = 250 } });
    rig_said(r);
    rig_op(r, CLIENT, (struct op){ .type = OP_WORKERS, .u.workers.req = 1 });
    assert_string_equal(rig_said(r),
                        "1 WORKERS_ARE 1 w held 3 times, 250 ms\n");
}

static void advance(struct rig *r, unsigned conn, uint64_t attempt,
                    uint64_t done)
{
    struct advance a = { .job = 1,
                         .elem = 1,
                         .epoch = 1,
                         .attempt = attempt,
                         .done = done,
                         .total = 9,
                         .doing = view_str("work") };

    rig_op(
        r, conn,
        (struct op){ .type = OP_ADVANCED, .u.advanced.advances = { &a, 1 } });
}

static void how_far_an_attempt_is_is_told_to_who_watches(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_call(r, CLIENT, 1, "f");
    rig_sync(r);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT,
                        .u.await = { .req = 2, .job = 1, .progress_ms = 10 } });
    rig_said(r);
    rig_pass(r, 10);
    advance(r, WORKER, 2, 3);
    assert_string_equal(rig_said(r), "1 PROGRESS, 3 of 9 work\n");
    /* Not more often than that, and the last word only. */
    advance(r, WORKER, 2, 4);
    advance(r, WORKER, 2, 5);
    assert_string_equal(rig_said(r), "");
    rig_pass(r, 10);
    assert_string_equal(rig_said(r), "1 PROGRESS, 5 of 9 work\n");
    rig_pass(r, 10);
    assert_string_equal(rig_said(r), "");
}

static void progress_is_lost_with_its_attempt(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_call(r, CLIENT, 1, "f");
    rig_sync(r);
    advance(r, WORKER, 2, 3);
    rig_gone(r, WORKER);
    r->former = 1;
    rig_hello_worker(r, OTHER, "w", 2, 1, NULL, 0);
    rig_sync(r);
    advance(r, OTHER, 2, 4); /* is current no more */
    rig_said(r);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT,
                        .u.await = { .req = 2, .job = 1, .progress_ms = 10 } });
    assert_string_equal(rig_said(r), "1 PROGRESS\n");
}

static void work_that_was_handed_back_goes_to_another(void **state)
{
    struct rig *r = *state;

    worker(r);
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

static void awaiting_an_ended_job_is_answered_from_the_store(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_FAILED);
    rig_sync(r);
    rig_said(r);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT, .u.await = { .req = 2, .job = 1 } });
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT, .u.await = { .req = 3, .job = 4 } });
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 ENDED 2 1.0 failed\n"
                                     "1 REFUSED 3 no such thing\n");
}

static void lists_show_the_active_and_the_ended(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_submit(r, CLIENT, 2, 9, 0, "y", false);
    rig_sync(r);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_sync(r);
    rig_said(r);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_LIST,
                        .u.list = { .req = 3, .what = LIST_RECENT } });
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 JOBS 2:running 1:done\n");
}

static void lists_show_an_end_only_when_it_is_durable(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_said(r);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_LIST,
                        .u.list = { .req = 3, .what = LIST_LAST } });
    rig_read(r);
    assert_string_equal(rig_said(r), "1 JOBS 1:running\n");
}

static void
a_cancel_that_comes_late_waits_for_the_end_to_be_durable(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_said(r);
    rig_op(
        r, CLIENT,
        (struct op){ .type = OP_CANCEL, .u.cancel = { .req = 2, .job = 1 } });
    rig_read(r);
    assert_string_equal(rig_said(r), "");
    rig_sync(r);
    assert_string_equal(rig_said(r),
                        "7 ACK 1.1\n"
                        "1 CANCELLED 2 ended 0 asked 0 before 1\n");
}

static void a_beat_heals_a_lost_assignment(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_said(r);
    /* The worker never got it, and says so up to the attempt that BEAT_ACK
     * named. */
    rig_op(r, WORKER, (struct op){ .type = OP_HELD, .u.held.upto = 2 });
    assert_string_equal(rig_said(r), "7 ASSIGN 1.1 fence 1.3 item ''\n");
}

static void what_was_assigned_after_the_beat_is_not_taken_for_lost(void **state)
{
    struct rig *r = *state;

    worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_said(r);
    rig_op(r, WORKER, (struct op){ .type = OP_HELD, .u.held.upto = 1 });
    assert_string_equal(rig_said(r), "");
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

#define RULE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(receipt_comes_after_the_commit_and_the_assignment_before),
        RULE(a_key_that_may_be_known_waits_for_the_commit),
        RULE(outcome_and_ack_come_after_the_commit),
        RULE(a_second_result_of_one_attempt_is_not_recorded),
        RULE(a_stale_attempt_does_not_count),
        RULE(a_range_beyond_the_integers_is_refused),
        RULE(an_array_is_given_out_by_slots),
        RULE(the_same_key_is_the_same_job),
        RULE(keys_that_differ_in_their_end_are_told_apart),
        RULE(the_key_of_an_ended_job_is_known_to_the_store),
        RULE(a_silent_worker_loses_its_work_after_the_lease),
        RULE(a_worker_gets_work_only_when_the_next_life_would_wait_for_it),
        RULE(a_sleep_of_the_coordinator_is_nobodys_silence),
        RULE(what_a_dead_boot_ran_is_lost_when_the_next_one_comes),
        RULE(another_worker_of_the_name_gets_it_after_the_lease),
        RULE(a_late_hello_of_a_dead_boot_takes_nothing_back),
        RULE(after_a_restart_a_dead_boot_is_not_waited_for),
        RULE(a_boot_reports_how_one_ended_in_the_former),
        RULE(a_worker_of_another_name_cannot_claim),
        RULE(a_late_hello_of_a_dead_worker_takes_nothing),
        RULE(a_late_hello_of_a_living_worker_takes_nothing),
        RULE(a_late_word_of_a_dead_worker_takes_nothing),
        RULE(a_reconnect_keeps_what_is_named_and_requeues_the_rest),
        RULE(running_work_outlives_the_coordinator),
        RULE(nobody_claims_it_and_it_runs_again_after_one_lease),
        RULE(a_job_that_was_not_durable_is_unknown_after_a_crash),
        RULE(who_watches_hears_the_last_before_the_end),
        RULE(cancel_ends_what_waits_and_asks_what_runs),
        RULE(a_lost_stop_is_said_again_with_each_beat),
        RULE(a_cancel_holds_over_a_restart),
        RULE(what_is_cancelled_of_an_array_is_not_adopted),
        RULE(the_newest_attempt_of_a_former_life_counts),
        RULE(a_newer_attempt_waits_for_the_word_of_the_older),
        RULE(a_newer_attempt_is_waited_for_while_its_worker_lives),
        RULE(a_full_disk_refuses_submits_and_records_outcomes),
        RULE(a_function_nobody_offers_holds_up_nobody_else),
        RULE(a_call_of_cpu_takes_a_slot),
        RULE(how_often_a_loop_was_held_is_told_with_its_worker),
        RULE(how_far_an_attempt_is_is_told_to_who_watches),
        RULE(progress_is_lost_with_its_attempt),
        RULE(work_that_was_handed_back_goes_to_another),
        RULE(awaiting_an_ended_job_is_answered_from_the_store),
        RULE(lists_show_the_active_and_the_ended),
        RULE(lists_show_an_end_only_when_it_is_durable),
        RULE(a_cancel_that_comes_late_waits_for_the_end_to_be_durable),
        RULE(a_beat_heals_a_lost_assignment),
        RULE(what_was_assigned_after_the_beat_is_not_taken_for_lost),
        RULE(a_drain_says_goodbye_when_all_is_durable),
        RULE(a_drain_does_not_wait_for_a_full_disk),
        RULE(a_clean_end_leaves_no_gap_in_the_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
