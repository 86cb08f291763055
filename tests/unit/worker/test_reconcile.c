/* SPDX-License-Identifier: MIT */
/* What both sides believe is held: settled after a reconnect, and compared with
 * each beat. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "tests/unit/worker/worker_rig.h"
#include "worker/core/worker_check.h"

static void results_survive_reconnects_and_wait_for_the_settlement(void **state)
{
    static const char *const beats[] = { "frame 5.2\nBEAT 1\n",
                                         "frame 5.3\nBEAT 1\n",
                                         "frame 5.4\nBEAT 1\n" };
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    for (uint64_t session = 2; session < 5; session++) {
        r->now_ms += 1000;
        rig_simple(r, OP_WHO);
        if (session == 2)
            rig_end(r, rig_id(1, 1), STATE_DONE);
        rig_forget(r);
        rig_welcome(r, 5, session);
        rig_expect(r, beats[session - 2]);
    }
    rig_rule(r, rig_id(1, 1), VERDICT_KEEP);
    rig_expect(r, "frame 5.4\nRESULT 1.1@5.1 done\n");
    rig_free(r);
}

static void hello_lists_queued_running_and_ended(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    rig_assign(r, rig_id(3, 3), KIND_COMMAND);
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_forget(r);
    r->now_ms = 1000;
    rig_simple(r, OP_WHO);
    rig_expect(r, "frame 5.0\nHELLO \"w\"\n"
                  "OFFER 1 slots 1 calls 1 functions 1 labels\n"
                  "HELD upto 0: 2.1@5.2 idle 1.1@5.1 3.1@5.3\nuntail\n");
    rig_free(r);
}

static void what_ends_before_the_settlement_is_told_with_it(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    r->now_ms = 1000;
    rig_simple(r, OP_WHO);
    rig_welcome(r, 6, 2);
    rig_forget(r);
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_expect(r, "");
    rig_rule(r, rig_id(1, 1), VERDICT_KEEP);
    rig_expect(r, "frame 6.2\nRESULT 1.1@5.1 done\n");
    rig_free(r);
}

static void what_is_told_to_be_kept_goes_on_and_reports_at_its_end(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    r->now_ms = 1000;
    rig_simple(r, OP_WHO);
    rig_welcome(r, 6, 2);
    rig_rule(r, rig_id(1, 1), VERDICT_KEEP);
    rig_forget(r);
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_expect(r, "frame 6.2\nRESULT 1.1@5.1 done\n");
    rig_free(r);
}

static void what_is_known_is_dropped(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_forget(r);
    rig_rule(r, rig_id(1, 1), VERDICT_KNOWN);
    rig_expect(r, "");
    assert_int_equal(worker_n_held(r->worker), 0);
    rig_free(r);
}

static void killed_while_running_is_stopped_and_its_end_ignored(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    rig_forget(r);
    rig_rule(r, rig_id(1, 1), VERDICT_KILL);
    rig_expect(r, "stop 1.1@5.1 \"no longer wanted\"\n");
    assert_int_equal(worker_n_held(r->worker), 1);
    rig_rule(r, rig_id(1, 1), VERDICT_KILL);
    rig_expect(r, "");
    rig_end(r, rig_id(1, 1), STATE_CANCELLED); /* it used the slot until now */
    rig_expect(r, "start 2.1@5.2 command \"\" \"spec\" \"item\" try 1\n");
    rig_free(r);
}

static void killed_while_queued_never_starts(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    rig_rule(r, rig_id(2, 2), VERDICT_KILL);
    rig_forget(r);
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 done\n");
    rig_free(r);
}

/* ---- the digest ---- */

static void a_beat_ack_that_agrees_is_not_answered(void **state)
{
    struct rig *r = rig_connected(1, 1);
    struct attempt_key held[] = { rig_id(2, 2), rig_id(1, 1) };

    (void)state;
    rig_assign(r, held[0], KIND_COMMAND);
    rig_assign(r, held[1], KIND_COMMAND);
    rig_end(r, held[0], STATE_DONE);
    rig_tick(r, RIG_BEAT_MS);
    rig_forget(r);
    rig_beat_ack(r, 1, 2, held, 2);
    rig_expect(r, "");
    rig_free(r);
}

static void a_beat_ack_that_differs_is_answered_with_what_is_held(void **state)
{
    struct rig *r = rig_connected(2, 1);
    struct attempt_key old = rig_id(9, 99);
    struct attempt_key believed[] = { rig_id(1, 1), rig_id(7, 4) };

    (void)state;
    old.epoch = 4;
    rig_assign(r, old, KIND_COMMAND);
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 5), KIND_COMMAND);
    rig_tick(r, RIG_BEAT_MS);
    rig_forget(r);
    rig_beat_ack(r, 1, 4, believed, 2);
    rig_expect(r, "frame 5.1\nHELD upto 4: 9.1@4.99 1.1@5.1\n");
    rig_free(r);
}

static void what_was_not_settled_is_named_again(void **state)
{
    struct rig *r = rig_connected(1, 1);
    struct attempt_key held = rig_id(1, 1);

    (void)state;
    rig_assign(r, held, KIND_COMMAND);
    r->now_ms = 1000;
    rig_simple(r, OP_WHO);
    rig_welcome(r, 6, 2); /* its RECONCILE is lost */
    rig_forget(r);
    rig_beat_ack(r, 1, 4, &held, 1);
    rig_expect(r, "frame 6.2\nHELD upto 4: 1.1@5.1\n");
    rig_rule(r, held, VERDICT_KEEP);
    rig_beat_ack(r, 1, 4, &held, 1);
    rig_expect(r, "");
    rig_free(r);
}

static void the_same_number_of_other_attempts_differs_too(void **state)
{
    struct rig *r = rig_connected(1, 1);
    struct attempt_key other = rig_id(1, 2);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_tick(r, RIG_BEAT_MS);
    rig_forget(r);
    rig_beat_ack(r, 1, 2, &other, 1);
    rig_expect(r, "frame 5.1\nHELD upto 2: 1.1@5.1\n");
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            results_survive_reconnects_and_wait_for_the_settlement),
        cmocka_unit_test(hello_lists_queued_running_and_ended),
        cmocka_unit_test(what_ends_before_the_settlement_is_told_with_it),
        cmocka_unit_test(
            what_is_told_to_be_kept_goes_on_and_reports_at_its_end),
        cmocka_unit_test(what_is_known_is_dropped),
        cmocka_unit_test(killed_while_running_is_stopped_and_its_end_ignored),
        cmocka_unit_test(killed_while_queued_never_starts),
        cmocka_unit_test(a_beat_ack_that_agrees_is_not_answered),
        cmocka_unit_test(a_beat_ack_that_differs_is_answered_with_what_is_held),
        cmocka_unit_test(what_was_not_settled_is_named_again),
        cmocka_unit_test(the_same_number_of_other_attempts_differs_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
