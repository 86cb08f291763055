/* SPDX-License-Identifier: MIT */
/* Which attempt is charged with the loss of a worker: none that may not have
 * begun. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "tests/unit/coord/coord_rig.h"

#define CLIENT 1
#define WORKER 7
#define OTHER 8

static int set_up(void **state)
{
    rig_set_up(state);
    rig_worker(*state);
    return 0;
}

static void submit(struct rig *r)
{
    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    rig_sync(r);
    rig_said(r);
}

/* The worker names attempt epoch.n of 1.1: as one that runs, or as idle. */
static void name(struct rig *r, uint64_t epoch, uint64_t n, bool idle)
{
    struct attempt_key held = rig_held(1, 1, epoch, n);
    struct op op = { .type = OP_HELD,
                     .u.held = { .upto = n, { &held, 1 }, idle } };

    rig_op(r, WORKER, op);
}

/* Another process has taken the place of the worker, which is dead. */
static void replace(struct rig *r, uint8_t boot)
{
    r->session[WORKER] = 0;
    r->former = (uint8_t)(boot - 1);
    rig_hello_worker(r, WORKER, "w", boot, 2, NULL, 0);
    r->former = 0;
    rig_sync(r);
}

/* The same, and that is not told: its lease runs out. */
static void vanish(struct rig *r, uint8_t boot)
{
    rig_gone(r, WORKER);
    r->session[WORKER] = 0;
    rig_hello_worker(r, WORKER, "w", boot, 2, NULL, 0);
    for (int i = 0; i < 5; i++) {
        rig_op(r, CLIENT, (struct op){ .type = OP_BEAT });
        rig_op(r, WORKER, (struct op){ .type = OP_BEAT });
        rig_pass(r, coord_config_default.lease_ms / 4);
    }
    rig_sync(r);
}

static void has_happened(struct rig *r, const char *what)
{
    rig_op(r, CLIENT,
           (struct op){ .type = OP_ATTEMPTS, .u.attempts = { 5, 1, 0, 0, 0 } });
    rig_sync(r);
    assert_non_null(strstr(rig_said(r), what));
}

static void what_its_worker_has_not_named_is_not_charged(void **state)
{
    struct rig *r = *state;

    submit(r);
    for (uint8_t boot = 2; boot < 7; boot++) {
        replace(r, boot);
        assert_non_null(strstr(rig_said(r), "7 ASSIGN 1.1"));
        assert_int_equal(r->tries, boot);
    }
    vanish(r, 7);
    assert_non_null(
        strstr(rig_said(r), "7 ASSIGN 1.1 fence 1.8 item '' alone"));
    has_happened(r,
                 "1 ATTEMPTS_REPLY 1:lost 1:lost 1:lost 1:lost 1:lost 1:lost");
}

/* It may start beside others the first time, and alone from then on. */
static void who_may_have_begun_is_started_alone(void **state)
{
    struct rig *r = *state;

    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    assert_string_equal(rig_said(r), "7 ASSIGN 1.1 fence 1.2 item ''\n");
    rig_sync(r);
    rig_said(r);
    replace(r, 2);
    assert_string_equal(rig_said(r), "7 ASSIGN 1.1 fence 1.3 item '' alone\n");
    rig_submit(r, CLIENT, 2, 0, 0, "y", false);
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 RECEIPT 2 job 2\n");
}

static void what_its_worker_was_about_to_start_is_charged(void **state)
{
    struct rig *r = *state;

    submit(r);
    replace(r, 2);
    for (uint8_t boot = 3; boot < 6; boot++) {
        rig_said(r);
        name(r, 1, boot, false);
        assert_string_equal(rig_said(r), "7 RECONCILE 1.1 keep\n");
        replace(r, boot);
    }
    assert_non_null(strstr(rig_said(r), "1 ENDED 1 1.0 failed"));
    assert_non_null(strstr(r->message, "3 crashes of its own, the last: its "
                                       "worker was lost while nothing else"));
}

static void the_same_holds_when_a_lease_runs_out(void **state)
{
    struct rig *r = *state;

    submit(r);
    vanish(r, 2);
    for (uint8_t boot = 3; boot < 6; boot++) {
        name(r, 1, boot, false);
        vanish(r, boot);
    }
    assert_non_null(strstr(rig_said(r), "1 ENDED 1 1.0 failed"));
}

/* A preempted machine: SIGTERM, then SIGKILL, as often as it likes. */
static void the_end_of_a_worker_that_drains_is_nobodys_fault(void **state)
{
    struct rig *r = *state;

    submit(r);
    for (uint8_t boot = 2; boot < 12; boot++) {
        rig_op(r, WORKER, (struct op){ .type = OP_DRAINING });
        rig_said(r);
        vanish(r, boot);
        assert_null(strstr(rig_said(r), "alone"));
        name(r, 1, boot + 1U, false);
        assert_string_equal(rig_said(r), "7 RECONCILE 1.1 keep\n");
    }
    has_happened(r, "lost");
    assert_null(strstr(r->message, "of its own"));
}

/* Also when it is not wanted any more, and its worker is told to forget it. */
static void who_ran_beside_what_its_worker_names_is_not_charged(void **state)
{
    struct rig *r = *state;
    struct attempt_key other = rig_held(9, 1, 1, 1);

    submit(r);
    for (uint8_t boot = 2; boot < 7; boot++) {
        name(r, 1, boot, false);
        r->session[WORKER] = 0;
        r->former = (uint8_t)(boot - 1);
        rig_hello_worker(r, WORKER, "w", boot, 2, &other, 1);
        r->former = 0;
        rig_sync(r);
    }
    assert_non_null(strstr(rig_said(r), "7 ASSIGN 1.1 fence 1.7 item ''\n"));
}

static void what_waits_at_its_worker_is_not_charged(void **state)
{
    struct rig *r = *state;

    submit(r);
    for (uint8_t boot = 2; boot < 7; boot++) {
        name(r, 1, boot, false);
        name(r, 1, boot, true); /* the last word counts */
        replace(r, boot);
    }
    assert_non_null(strstr(rig_said(r), "7 ASSIGN 1.1 fence 1.7"));
}

static void what_goes_on_over_a_restart_has_begun(void **state)
{
    struct rig *r = *state;
    struct attempt_key held = rig_held(1, 1, 1, 2);

    submit(r);
    rig_crash(r);
    rig_hello_client(r, CLIENT);
    rig_hello_worker(r, WORKER, "w", 1, 2, &held, 1);
    rig_sync(r);
    assert_non_null(strstr(rig_said(r), "7 RECONCILE 1.1 keep"));
    replace(r, 2);
    has_happened(r, "1 ATTEMPTS_REPLY 1:lost");
    for (uint8_t boot = 3; boot < 5; boot++) {
        name(r, 2, boot - 1, false);
        replace(r, boot);
    }
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT, .u.await = { .req = 6, .job = 1 } });
    rig_sync(r);
    assert_non_null(strstr(rig_said(r), "1 ENDED 6 1.0 failed"));
}

#define RULE(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(what_its_worker_has_not_named_is_not_charged),
        RULE(who_may_have_begun_is_started_alone),
        RULE(what_its_worker_was_about_to_start_is_charged),
        RULE(the_same_holds_when_a_lease_runs_out),
        RULE(the_end_of_a_worker_that_drains_is_nobodys_fault),
        RULE(who_ran_beside_what_its_worker_names_is_not_charged),
        RULE(what_waits_at_its_worker_is_not_charged),
        RULE(what_goes_on_over_a_restart_has_begun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
