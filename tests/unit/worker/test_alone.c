/* SPDX-License-Identifier: MIT */
/* What is to run alone is named, and starts when the verdict is keep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "proto/lease.h"
#include "tests/unit/worker/worker_rig.h"
#include "worker/core/shortage.h"
#include "worker/core/worker_check.h"

#define STOP_MS (RIG_LEASE_MS * LEASE_STOP / LEASE_PARTS)
#define START(n) \
    "start " #n ".1@5." #n " command \"\" \"spec\" \"item\" try 1\n"

static void assign_alone(struct rig *r, uint64_t n)
{
    rig_assign_limited(r, rig_id(n, n), KIND_COMMAND,
                       (struct op_assign){ .alone = true, .start_ms = 2000 });
}

static void it_is_named_at_once_and_starts_with_the_verdict(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    assign_alone(r, 1);
    rig_expect(r, "frame 5.1\nHELD upto 1: 1.1@5.1\n");
    rig_rule(r, rig_id(1, 1), VERDICT_KEEP);
    rig_expect(r, START(1));
    rig_rule(r, rig_id(1, 1), VERDICT_KEEP);
    rig_expect(r, "");
    rig_free(r);
}

static void said_again_it_still_waits(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    assign_alone(r, 1);
    rig_forget(r);
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_expect(r, "");
    rig_free(r);
}

static void
a_verdict_that_was_lost_is_asked_for_with_the_next_beat(void **state)
{
    struct rig *r = rig_connected(1, 1);
    struct attempt_key held = rig_id(1, 1);

    (void)state;
    assign_alone(r, 1);
    rig_tick(r, RIG_BEAT_MS / 2);
    rig_forget(r);
    rig_beat_ack(r, 1, 4, &held, 1);
    rig_expect(r, "frame 5.1\nHELD upto 4: 1.1@5.1\n");
    rig_rule(r, held, VERDICT_KEEP);
    rig_expect(r, START(1));
    rig_beat_ack(r, 1, 4, &held, 1);
    rig_expect(r, "");
    rig_free(r);
}

/* Handed back, it would be charged with the loss of its worker, if that came
 * before the news. */
static void a_start_that_is_refused_is_tried_again_here(void **state)
{
    struct rig *r = rig_connected(1, 1);
    struct outcome refused = { .id = rig_id(1, 1),
                               .state = STATE_HANDED_BACK,
                               .message = view_str("no process is left") };

    (void)state;
    assign_alone(r, 1);
    rig_rule(r, rig_id(1, 1), VERDICT_KEEP);
    rig_forget(r);
    rig_end_with(r, &refused);
    rig_expect(r, "frame 5.1\nBEAT 2 short: 0 slots, 1 calls\n");
    rig_tick(r, r->now_ms + SHORTAGE_MIN_MS);
    rig_expect(r, "frame 5.1\nBEAT 3 short: 1 slots, 1 calls\n" START(1));
    rig_free(r);
}

static void nobody_waits_behind_it(void **state)
{
    struct rig *r = rig_connected(2, 1);

    (void)state;
    assign_alone(r, 1);
    rig_forget(r);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    rig_expect(r, START(2));
    rig_free(r);
}

/* The coordinator could not tell whether it has begun. */
static void without_room_the_verdict_starts_nothing(void **state)
{
    struct rig *r = rig_connected(1, 1);
    struct attempt_key held = rig_id(2, 2);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_forget(r);
    assign_alone(r, 2);
    rig_expect(r, "frame 5.1\nHELD upto 2: 1.1@5.1 idle 2.1@5.2\n");
    rig_rule(r, held, VERDICT_KEEP);
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 done\n");
    rig_ack(r, rig_id(1, 1));
    rig_beat_ack(r, 1, 2, &held, 1);
    rig_expect(r, "frame 5.1\nHELD upto 2: 2.1@5.2\n");
    rig_rule(r, held, VERDICT_KEEP);
    rig_expect(r, START(2));
    rig_free(r);
}

/* It could take the process down in its place. */
static void beside_what_is_not_wanted_any_more_it_does_not_start(void **state)
{
    struct rig *r = rig_connected(3, 1);
    struct attempt_key held = rig_id(2, 2);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_rule(r, rig_id(1, 1), VERDICT_KILL);
    rig_forget(r);
    assign_alone(r, 2);
    rig_expect(r, "frame 5.1\nHELD upto 2: idle 2.1@5.2\n");
    rig_end(r, rig_id(1, 1), STATE_CANCELLED);
    rig_expect(r, "");
    rig_beat_ack(r, 1, 2, &held, 1);
    rig_expect(r, "frame 5.1\nHELD upto 2: 2.1@5.2\n");
    rig_free(r);
}

/* Nobody could end it: not to start for ever would be worse. */
static void what_cannot_be_ended_is_not_waited_for(void **state)
{
    struct rig *r = rig_alone(1, 2);
    struct attempt_key held = rig_id(2, 2);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_CALL);
    rig_rule(r, rig_id(1, 1), VERDICT_KILL);
    rig_assign_limited(r, held, KIND_CALL, (struct op_assign){ .alone = true });
    rig_tick(r, RIG_GRACE_MS);
    rig_forget(r);
    rig_beat_ack(r, 1, 2, &held, 1);
    rig_expect(r, "frame 5.1\nHELD upto 2: 2.1@5.2\n");
    rig_free(r);
}

static void without_a_lease_it_is_not_about_to_start(void **state)
{
    struct rig *r = rig_new(1, 1);
    struct attempt_key held = rig_id(1, 1);

    (void)state;
    rig_start(r);
    rig_welcome(r, 5, 1);
    rig_forget(r);
    assign_alone(r, 1);
    rig_expect(r, "frame 5.1\nHELD upto 1: idle 1.1@5.1\n");
    rig_rule(r, held, VERDICT_KEEP);
    rig_expect(r, "");
    rig_beat_ack(r, 1, 1, &held, 1);
    rig_expect(r, "frame 5.1\nHELD upto 1: 1.1@5.1\n");
    rig_rule(r, held, VERDICT_KEEP);
    rig_expect(r, START(1));
    rig_free(r);
}

/* The coordinator does not know yet that it is about to start. */
static void a_verdict_on_what_was_idle_comes_too_early(void **state)
{
    struct rig *r = rig_new(1, 1);
    struct attempt_key held = rig_id(1, 1);

    (void)state;
    rig_start(r);
    rig_welcome(r, 5, 1);
    assign_alone(r, 1);
    rig_beat_ack(r, 1, 1, &held, 1);
    rig_beat_ack(r, 1, 1, &held, 1);
    rig_forget(r);
    rig_rule(r, held, VERDICT_KEEP);
    rig_expect(r, "");
    rig_rule(r, held, VERDICT_KEEP);
    rig_expect(r, START(1));
    rig_free(r);
}

static void a_new_session_gives_a_new_verdict(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    assign_alone(r, 1);
    r->now_ms = 1000;
    rig_forget(r);
    rig_simple(r, OP_WHO);
    rig_expect(r, "frame 5.0\nHELLO \"w\"\n"
                  "OFFER 1 slots 1 calls 1 functions 1 labels\n"
                  "HELD upto 0: 1.1@5.1\nuntail\n");
    rig_rule(r, rig_id(1, 1), VERDICT_KEEP); /* late */
    rig_expect(r, "");
    rig_welcome(r, 5, 2);
    rig_forget(r);
    rig_rule(r, rig_id(1, 1), VERDICT_KEEP);
    rig_expect(r, START(1));
    rig_free(r);
}

static void another_verdict_drops_it(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    assign_alone(r, 1);
    rig_forget(r);
    rig_rule(r, rig_id(1, 1), VERDICT_KILL);
    rig_expect(r, "");
    assert_int_equal(worker_n_held(r->worker), 0);
    rig_free(r);
}

static void a_stop_ends_it_at_once(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    assign_alone(r, 1);
    rig_forget(r);
    rig_stop(r, rig_id(1, 1));
    rig_expect(r, "frame 5.1\n"
                  "RESULT 1.1@5.1 cancelled \"cancelled\" \"why\"\n");
    rig_free(r);
}

static void a_drain_hands_it_back(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    assign_alone(r, 1);
    rig_forget(r);
    rig_drain(r);
    rig_expect(r, "frame 5.1\nDRAINING\nRESULT 1.1@5.1 handed back\n");
    assign_alone(r, 2);
    rig_expect(r, "frame 5.1\nRESULT 2.1@5.2 handed back\n");
    rig_free(r);
}

static void its_limits_hold_while_it_waits(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    assign_alone(r, 1);
    rig_forget(r);
    rig_tick(r, 2000);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 expired \"start-timeout\" "
                  "\"its worker did not start it within 2 s\"\n");
    rig_rule(r, rig_id(1, 1), VERDICT_KEEP);
    rig_forget(r);
    rig_ack(r, rig_id(1, 1));
    assert_int_equal(worker_n_held(r->worker), 0);
    rig_free(r);
}

static void it_is_dropped_with_the_lease(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign_limited(r, rig_id(1, 1), KIND_COMMAND,
                       (struct op_assign){ .alone = true });
    rig_tick(r, STOP_MS);
    assert_int_equal(worker_n_held(r->worker), 0);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_named_at_once_and_starts_with_the_verdict),
        cmocka_unit_test(said_again_it_still_waits),
        cmocka_unit_test(
            a_verdict_that_was_lost_is_asked_for_with_the_next_beat),
        cmocka_unit_test(a_start_that_is_refused_is_tried_again_here),
        cmocka_unit_test(nobody_waits_behind_it),
        cmocka_unit_test(without_room_the_verdict_starts_nothing),
        cmocka_unit_test(beside_what_is_not_wanted_any_more_it_does_not_start),
        cmocka_unit_test(what_cannot_be_ended_is_not_waited_for),
        cmocka_unit_test(without_a_lease_it_is_not_about_to_start),
        cmocka_unit_test(a_verdict_on_what_was_idle_comes_too_early),
        cmocka_unit_test(a_new_session_gives_a_new_verdict),
        cmocka_unit_test(another_verdict_drops_it),
        cmocka_unit_test(a_stop_ends_it_at_once),
        cmocka_unit_test(a_drain_hands_it_back),
        cmocka_unit_test(its_limits_hold_while_it_waits),
        cmocka_unit_test(it_is_dropped_with_the_lease),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
