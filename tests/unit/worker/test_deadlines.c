/* SPDX-License-Identifier: MIT */
/* Time limits of attempts, and the grace of those that were asked to end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "tests/unit/worker/worker_rig.h"

#define LIMITS(...) ((struct op_assign){ __VA_ARGS__ })

/* One command that runs, with these limits. */
static struct rig *running(enum job_kind kind, struct op_assign limits)
{
    struct rig *r = rig_connected(1, 1);

    rig_assign_limited(r, rig_id(1, 1), kind, limits);
    rig_forget(r);
    return r;
}

/* ---- limits ---- */

static void what_runs_too_long_is_asked_to_end(void **state)
{
    struct rig *r = running(KIND_COMMAND, LIMITS(.run_ms = 1000));

    (void)state;
    rig_tick(r, 999);
    rig_expect(r, "");
    assert_int_equal(r->actions.wake_ms, 1000);
    rig_tick(r, 1000);
    rig_expect(r, "stop 1.1@5.1 \"it ran longer than 1 s\"\n");
    rig_end(r, rig_id(1, 1), STATE_CANCELLED);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 expired \"run-timeout\" asked\n");
    rig_free(r);
}

static void who_ends_well_before_it_is_stopped_is_done(void **state)
{
    struct rig *r = running(KIND_CALL, LIMITS(.run_ms = 1500));

    (void)state;
    rig_tick(r, 1500);
    rig_expect(r, "stop 1.1@5.1 \"it ran longer than 1.500 s\"\n");
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 done\n");
    rig_free(r);
}

static void a_sign_of_life_puts_the_idle_limit_off(void **state)
{
    struct rig *r = running(KIND_COMMAND, LIMITS(.idle_ms = 1000));

    (void)state;
    rig_tick(r, 900);
    rig_sign(r, rig_id(1, 1));
    rig_tick(r, 1000);
    rig_expect(r, "");
    assert_int_equal(r->actions.wake_ms, 1900);
    rig_tick(r, 1900);
    rig_expect(r, "stop 1.1@5.1 \"it gave no sign of life for 1 s\"\n");
    rig_end(r, rig_id(1, 1), STATE_CANCELLED);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 expired \"idle-timeout\" asked\n");
    rig_free(r);
}

static void what_waits_for_a_slot_too_long_never_starts(void **state)
{
    struct rig *r = running(KIND_COMMAND, LIMITS(.run_ms = 0));

    (void)state;
    rig_assign_limited(r, rig_id(2, 2), KIND_COMMAND,
                       LIMITS(.start_ms = 700, .run_ms = 100));
    rig_tick(r, 700);
    rig_expect(r, "frame 5.1\nRESULT 2.1@5.2 expired \"start-timeout\" "
                  "\"its worker did not start it within 0.700 s\"\n");
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 done\n");
    rig_free(r);
}

static void the_start_limit_is_over_with_the_start(void **state)
{
    struct rig *r = running(KIND_COMMAND, LIMITS(.start_ms = 700));

    (void)state;
    rig_tick(r, 2000);
    rig_expect(r, "");
    rig_free(r);
}

static void a_slot_that_frees_with_the_limit_is_not_taken(void **state)
{
    struct rig *r = running(KIND_COMMAND, LIMITS(.run_ms = 0));

    (void)state;
    rig_assign_limited(r, rig_id(2, 2), KIND_COMMAND, LIMITS(.start_ms = 700));
    r->now_ms = 700;
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 done\n"
                  "RESULT 2.1@5.2 expired \"start-timeout\" "
                  "\"its worker did not start it within 0.700 s\"\n");
    rig_free(r);
}

static void the_deadline_holds_before_and_after_the_start(void **state)
{
    struct rig *r = running(KIND_COMMAND, LIMITS(.left_ms = 900));

    (void)state;
    rig_assign_limited(r, rig_id(2, 2), KIND_COMMAND, LIMITS(.left_ms = 900));
    rig_tick(r, 900);
    rig_expect(r, "frame 5.1\nRESULT 2.1@5.2 expired \"deadline\" "
                  "\"the time for all of it was over\"\n"
                  "stop 1.1@5.1 \"the time for all of it was over\"\n");
    rig_end(r, rig_id(1, 1), STATE_CANCELLED);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 expired \"deadline\" asked\n");
    rig_free(r);
}

static void the_first_limit_that_passes_is_the_one_that_is_told(void **state)
{
    struct rig *r = running(
        KIND_COMMAND, LIMITS(.run_ms = 1000, .idle_ms = 400, .left_ms = 800));

    (void)state;
    rig_tick(r, 399);
    rig_sign(r, rig_id(1, 1));
    rig_tick(r, 799);
    rig_forget(r);
    rig_end(r, rig_id(1, 1), STATE_CANCELLED);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 expired \"idle-timeout\" asked\n");
    rig_free(r);
}

static void a_cancel_after_the_limit_changes_nothing(void **state)
{
    struct rig *r = running(KIND_COMMAND, LIMITS(.run_ms = 1000));

    (void)state;
    rig_tick(r, 1000);
    rig_forget(r);
    rig_stop(r, rig_id(1, 1));
    rig_expect(r, "");
    rig_end(r, rig_id(1, 1), STATE_CANCELLED);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 expired \"run-timeout\" asked\n");
    rig_free(r);
}

static void limits_hold_without_a_coordinator(void **state)
{
    struct rig *r = running(KIND_COMMAND, LIMITS(.run_ms = 1000));

    (void)state;
    rig_simple(r, OP_BYE);
    rig_forget(r);
    r->now_ms = 1000;
    rig_step(r, &(struct worker_event){ .type = WORKER_TICK });
    assert_non_null(strstr(buf_text(&r->trace), "stop 1.1@5.1"));
    rig_free(r);
}

static void absurd_limits_are_none(void **state)
{
    struct rig *r = running(KIND_COMMAND,
                            LIMITS(.run_ms = UINT64_MAX, .left_ms = INT64_MAX));

    (void)state;
    rig_tick(r, 2000);
    rig_expect(r, "");
    rig_free(r);
}

/* ---- grace ---- */

static void a_command_that_does_not_end_when_asked_is_killed(void **state)
{
    struct rig *r = running(KIND_COMMAND, LIMITS(.run_ms = 0));

    (void)state;
    rig_stop(r, rig_id(1, 1));
    rig_expect(r, "stop 1.1@5.1 \"why\"\n");
    rig_tick(r, RIG_GRACE_MS - 1);
    rig_expect(r, "");
    rig_tick(r, RIG_GRACE_MS);
    rig_expect(r, "kill 1.1@5.1\n");
    rig_tick(r, RIG_GRACE_MS + 100);
    rig_expect(r, "");
    rig_end(r, rig_id(1, 1), STATE_CANCELLED);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 cancelled killed\n");
    rig_free(r);
}

static void what_is_not_wanted_any_more_is_killed_too(void **state)
{
    struct rig *r = running(KIND_COMMAND, LIMITS(.run_ms = 0));

    (void)state;
    rig_rule(r, rig_id(1, 1), VERDICT_KILL);
    rig_forget(r);
    rig_tick(r, RIG_GRACE_MS);
    rig_expect(r, "kill 1.1@5.1\n");
    rig_end(r, rig_id(1, 1), STATE_CANCELLED);
    rig_expect(r, "");
    rig_free(r);
}

/* Two calls, of which the first is over its limit; and a command. */
static struct rig *over_the_limit(struct rig *r)
{
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign_limited(r, rig_id(2, 2), KIND_CALL, LIMITS(.run_ms = 100));
    rig_assign(r, rig_id(3, 3), KIND_CALL);
    rig_tick(r, 100);
    rig_forget(r);
    rig_tick(r, 100 + RIG_GRACE_MS);
    rig_expect(r, "kill 2.1@5.2\n");
    rig_forced(r, rig_id(2, 2));
    rig_expect(r, "frame 5.1\n"
                  "RESULT 2.1@5.2 expired \"run-timeout\" killed\n"
                  "DRAINING\n");
    rig_ack(r, rig_id(2, 2));
    return r;
}

static void a_call_that_is_ended_by_force_costs_the_others_nothing(void **state)
{
    struct rig *r = over_the_limit(rig_connected(1, 4));

    (void)state;
    rig_assign(r, rig_id(4, 4), KIND_CALL);
    rig_expect(r, "frame 5.1\nRESULT 4.1@5.4 handed back\n");
    rig_ack(r, rig_id(4, 4));
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_end(r, rig_id(3, 3), STATE_DONE);
    rig_ack(r, rig_id(1, 1));
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 done\n"
                  "frame 5.1\nRESULT 3.1@5.3 done\n");
    rig_ack(r, rig_id(3, 3));
    rig_expect(r, "replace\n");
    rig_free(r);
}

static void a_worn_process_waits_for_the_others_sixty_graces(void **state)
{
    struct attempt_key held[] = { rig_id(1, 1), rig_id(3, 3) };
    struct rig *r = over_the_limit(rig_connected(1, 4));
    int64_t last_ms = 100 + 61 * RIG_GRACE_MS, now_ms = 100 + RIG_GRACE_MS;

    (void)state;
    for (uint64_t seq = 1; now_ms + RIG_BEAT_MS < last_ms; seq++) {
        rig_tick(r, now_ms += RIG_BEAT_MS);
        rig_beat_ack(r, seq, 3, held, 2);
    }
    rig_tick(r, last_ms - 1);
    assert_null(strstr(buf_text(&r->trace), "replace"));
    rig_forget(r);
    rig_tick(r, last_ms);
    rig_expect(r, "replace\n");
    rig_free(r);
}

static void a_worn_process_that_is_to_end_is_not_replaced(void **state)
{
    struct rig *r = over_the_limit(rig_connected(1, 4));

    (void)state;
    rig_drain(r);
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_end(r, rig_id(3, 3), STATE_DONE);
    rig_ack(r, rig_id(1, 1));
    rig_forget(r);
    rig_ack(r, rig_id(3, 3));
    rig_expect(r, "frame 5.1\nBYE\n");
    assert_true(r->actions.drained);
    rig_free(r);
}

static void a_call_that_goes_on_takes_its_process_with_it(void **state)
{
    struct rig *r = rig_connected(1, 4);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign_limited(r, rig_id(2, 2), KIND_CALL, LIMITS(.run_ms = 100));
    rig_assign(r, rig_id(3, 3), KIND_CALL);
    rig_assign(r, rig_id(4, 4), KIND_CALL);
    rig_tick(r, 100);
    r->now_ms = 300;
    rig_stop(r, rig_id(3, 3));
    rig_forget(r);
    rig_tick(r, 100 + RIG_GRACE_MS);
    rig_expect(r, "kill 2.1@5.2\n");
    rig_stuck(r, rig_id(2, 2));
    rig_expect(r, "note 2.1@5.2 expired \"run-timeout\" "
                  "\"it ran longer than 0.100 s\"\n"
                  "note 3.1@5.3 cancelled \"cancelled\" \"why\"\n"
                  "replace\n");
    rig_free(r);
}

static void a_call_that_went_on_and_had_to_be_left_alone_says_so(void **state)
{
    struct rig *r = rig_alone(1, 1);

    (void)state;
    rig_assign_limited(r, rig_id(1, 1), KIND_CALL, LIMITS(.run_ms = 100));
    rig_forget(r);
    rig_tick(r, 100);
    rig_tick(r, 100 + RIG_GRACE_MS);
    rig_expect(r, "stop 1.1@5.1 \"it ran longer than 0.100 s\"\n"
                  "kill 1.1@5.1\n");
    rig_stuck(r, rig_id(1, 1));
    rig_expect(r, "");
    rig_tick(r, 2200);
    rig_end(r, rig_id(1, 1), STATE_CANCELLED);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 expired \"run-timeout\" \"it went "
                  "on for 2 s after it was asked to end, and its process "
                  "could not be replaced (--procs 0)\" asked\n");
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_runs_too_long_is_asked_to_end),
        cmocka_unit_test(who_ends_well_before_it_is_stopped_is_done),
        cmocka_unit_test(a_sign_of_life_puts_the_idle_limit_off),
        cmocka_unit_test(what_waits_for_a_slot_too_long_never_starts),
        cmocka_unit_test(the_start_limit_is_over_with_the_start),
        cmocka_unit_test(a_slot_that_frees_with_the_limit_is_not_taken),
        cmocka_unit_test(the_deadline_holds_before_and_after_the_start),
        cmocka_unit_test(the_first_limit_that_passes_is_the_one_that_is_told),
        cmocka_unit_test(a_cancel_after_the_limit_changes_nothing),
        cmocka_unit_test(limits_hold_without_a_coordinator),
        cmocka_unit_test(absurd_limits_are_none),
        cmocka_unit_test(a_command_that_does_not_end_when_asked_is_killed),
        cmocka_unit_test(what_is_not_wanted_any_more_is_killed_too),
        cmocka_unit_test(
            a_call_that_is_ended_by_force_costs_the_others_nothing),
        cmocka_unit_test(a_worn_process_waits_for_the_others_sixty_graces),
        cmocka_unit_test(a_worn_process_that_is_to_end_is_not_replaced),
        cmocka_unit_test(a_call_that_goes_on_takes_its_process_with_it),
        cmocka_unit_test(a_call_that_went_on_and_had_to_be_left_alone_says_so),
    };
    return cmocka_run_group_tests_name("deadlines", tests, NULL, NULL);
}
