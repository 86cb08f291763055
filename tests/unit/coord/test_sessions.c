/* SPDX-License-Identifier: MIT */
/* Workers come, go silent, come back, and die. */
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

static void a_silent_worker_loses_its_work_after_the_lease(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_pass(r, coord_config_default.lease_ms - 1);
    rig_hello_worker(r, OTHER, "other", 2, 1, NULL, 0);
    rig_sync(r);
    rig_said(r);
    rig_pass(r, 2);
    rig_pass(r, coord_config_default.lease_ms / 8 + 2);
    assert_string_equal(rig_said(r), "8 ASSIGN 1.1 fence 1.3 item '' alone\n");
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

    rig_worker(r);
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

/* It may have lost its lease meanwhile; its frames lie unread. */
static void after_a_sleep_a_worker_first_says_what_it_holds(void **state)
{
    struct rig *r = *state;
    struct attempt_key other = rig_held(1, 2, 1, 3);
    struct op held = { .type = OP_HELD, .u.held.attempts = { &other, 1 } };

    rig_worker(r); /* it has two slots */
    rig_submit(r, CLIENT, 1, 3, 0, "x", false);
    rig_sync(r);
    rig_said(r);
    rig_sleep(r, coord_config_default.lease_ms / 2);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE); /* sent before */
    rig_op(r, WORKER, (struct op){ .type = OP_BEAT });
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n");
    held.u.held.upto = 3;
    rig_op(r, WORKER, held);
    assert_string_equal(rig_said(r), "7 RECONCILE 1.2 keep\n");
    held.u.held.upto = 4;
    rig_op(r, WORKER, held);
    assert_string_equal(rig_said(r), "7 RECONCILE 1.2 keep\n"
                                     "7 ASSIGN 1.3 fence 1.5 item '3'\n");
}

static void what_a_dead_boot_ran_is_lost_when_the_next_one_comes(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_said(r);
    r->former = 1;
    rig_hello_worker(r, OTHER, "w", 2, 1, NULL, 0);
    rig_sync(r);
    assert_string_equal(rig_said(r), "8 ASSIGN 1.1 fence 1.3 item '' alone\n");
    rig_hello_worker(r, WORKER, "w", 1, 1, NULL, 0);
    assert_string_equal(rig_said(r), "7 REFUSED 0 refused\n7 WHO\n");
}

/* Nobody says that it is dead: it may run what it was given. */
static void another_worker_of_the_name_gets_it_after_the_lease(void **state)
{
    struct rig *r = *state;
    struct op beat = { .type = OP_BEAT };

    rig_worker(r);
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
    assert_string_equal(rig_said(r), "8 ASSIGN 1.1 fence 1.3 item '' alone\n");
}

static void a_late_hello_of_a_dead_boot_takes_nothing_back(void **state)
{
    struct rig *r = *state;
    struct attempt_key crashed[] = { rig_held(1, 1, 1, 2) };

    rig_worker(r);
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

static void a_boot_reports_how_one_ended_in_the_former(void **state)
{
    struct rig *r = *state;
    struct attempt_key crashed[] = { rig_held(1, 1, 1, 2) };

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 2, 0, "x", true);
    rig_sync(r);
    rig_said(r);
    r->former = 1;
    rig_hello_worker(r, OTHER, "w", 2, 2, crashed, 1);
    rig_sync(r);
    assert_string_equal(rig_said(r), "8 RECONCILE 1.1 keep\n"
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
    struct attempt_key others[] = { rig_held(1, 1, 1, 2) };

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    rig_sync(r);
    rig_said(r);
    r->former = 1;
    rig_hello_worker(r, OTHER, "v", 2, 2, others, 1);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_sync(r);
    assert_string_equal(rig_said(r), "8 RECONCILE 1.1 kill\n7 ACK 1.1\n"
                                     "1 ENDED 1 1.0 done\n");
}

static void a_late_hello_of_a_dead_worker_takes_nothing(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
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

    rig_worker(r);
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
    struct attempt_key mine[] = { rig_held(1, 1, 1, 2), rig_held(9, 1, 1, 5) };

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 2, 0, "x", false);
    rig_sync(r);
    rig_said(r);
    rig_hello_worker(r, OTHER, "w", 1, 2, mine, 2);
    assert_string_equal(rig_said(r),
                        "8 RECONCILE 1.1 keep\n8 RECONCILE 9.1 kill\n"
                        "8 ASSIGN 1.2 fence 1.4 item '2'\n");
    rig_op(r, WORKER, (struct op){ .type = OP_BEAT });
    assert_string_equal(rig_said(r), "7 WHO\n");
}

static void a_beat_heals_a_lost_assignment(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
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

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_said(r);
    rig_op(r, WORKER, (struct op){ .type = OP_HELD, .u.held.upto = 1 });
    assert_string_equal(rig_said(r), "");
}

#define RULE(name) \
    cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(a_silent_worker_loses_its_work_after_the_lease),
        RULE(a_worker_gets_work_only_when_the_next_life_would_wait_for_it),
        RULE(a_sleep_of_the_coordinator_is_nobodys_silence),
        RULE(after_a_sleep_a_worker_first_says_what_it_holds),
        RULE(what_a_dead_boot_ran_is_lost_when_the_next_one_comes),
        RULE(another_worker_of_the_name_gets_it_after_the_lease),
        RULE(a_late_hello_of_a_dead_boot_takes_nothing_back),
        RULE(a_boot_reports_how_one_ended_in_the_former),
        RULE(a_worker_of_another_name_cannot_claim),
        RULE(a_late_hello_of_a_dead_worker_takes_nothing),
        RULE(a_late_hello_of_a_living_worker_takes_nothing),
        RULE(a_late_word_of_a_dead_worker_takes_nothing),
        RULE(a_reconnect_keeps_what_is_named_and_requeues_the_rest),
        RULE(a_beat_heals_a_lost_assignment),
        RULE(what_was_assigned_after_the_beat_is_not_taken_for_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
