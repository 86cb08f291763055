/* SPDX-License-Identifier: MIT */
/* What happens to the attempts that a worker holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "tests/unit/worker/worker_rig.h"
#include "worker/core/worker_check.h"

#define START(n) \
    "start " #n ".1@5." #n " command \"\" \"spec\" \"item\" try 1\n"

/* ---- start ---- */

static void an_assignment_starts_at_once_when_there_is_room(void **state)
{
    struct rig *r = rig_connected(2, 3);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_expect(r, START(1));
    rig_assign(r, rig_id(2, 2), KIND_CALL);
    rig_expect(r, "start 2.1@5.2 call \"add\" \"spec\" \"item\" try 1\n");
    rig_free(r);
}

static void beyond_the_slots_commands_queue_first_in_first_out(void **state)
{
    struct rig *r = rig_connected(1, 0);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    rig_assign(r, rig_id(3, 3), KIND_COMMAND);
    rig_expect(r, START(1));
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 done\n" START(2));
    rig_end(r, rig_id(2, 2), STATE_DONE);
    rig_expect(r, "frame 5.1\nRESULT 2.1@5.2 done\n" START(3));
    rig_free(r);
}

static void calls_and_commands_have_places_of_their_own(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    rig_assign(r, rig_id(3, 3), KIND_CALL);
    rig_expect(r,
               START(1) "start 3.1@5.3 call \"add\" \"spec\" \"item\" try 1\n");
    rig_free(r);
}

static void a_call_that_keeps_a_core_busy_takes_a_slot(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign_cpu(r, rig_id(1, 1));
    rig_expect(r, "start 1.1@5.1 call \"crunch\" \"spec\" \"item\" try 1\n");
    rig_assign_cpu(r, rig_id(2, 2));
    rig_assign(r, rig_id(3, 3), KIND_COMMAND);
    rig_expect(r, "");
    rig_assign(r, rig_id(4, 4), KIND_CALL);
    rig_expect(r, "start 4.1@5.4 call \"add\" \"spec\" \"item\" try 1\n");
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 done\n"
                  "start 2.1@5.2 call \"crunch\" \"spec\" \"item\" try 1\n");
    rig_end(r, rig_id(2, 2), STATE_DONE);
    rig_expect(r, "frame 5.1\nRESULT 2.1@5.2 done\n" START(3));
    rig_free(r);
}

static void how_far_a_call_is_is_told_while_it_runs(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_advance(r, rig_id(1, 1), 1);
    rig_expect(r, "");
    rig_assign(r, rig_id(1, 1), KIND_CALL);
    rig_forget(r);
    rig_advance(r, rig_id(1, 1), 2);
    rig_expect(r, "frame 5.1\nADVANCED 1.1@5.1 2 of 9 \"work\"\n");
    rig_advance(r, rig_id(1, 2), 3);
    rig_expect(r, "");
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_forget(r);
    rig_advance(r, rig_id(1, 1), 9);
    rig_expect(r, "");
    rig_free(r);
}

static void a_new_session_is_told_how_far_it_is_by_now(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_CALL);
    rig_simple(r, OP_WHO);
    rig_forget(r);
    rig_advance(r, rig_id(1, 1), 4);
    rig_expect(r, "");
    rig_welcome(r, 5, 2);
    rig_forget(r);
    rig_advance(r, rig_id(1, 1), 5);
    rig_expect(r, "");
    rig_rule(r, rig_id(1, 1), VERDICT_KEEP);
    rig_expect(r, "frame 5.2\nADVANCED 1.1@5.1 5 of 9 \"work\"\n");
    rig_free(r);
}

static void an_assignment_of_what_is_held_is_ignored(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    rig_forget(r);
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_forget(r);
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_expect(r, "");
    assert_int_equal(worker_n_held(r->worker), 2);
    rig_free(r);
}

static void a_newer_attempt_stops_and_replaces_the_older(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_forget(r);
    rig_assign(r, rig_id(1, 2), KIND_COMMAND);
    rig_expect(r, "stop 1.1@5.1 \"no longer wanted\"\n");
    assert_int_equal(worker_n_held(r->worker), 1);
    rig_end(r, rig_id(1, 1), STATE_CANCELLED);
    rig_expect(r, "start 1.1@5.2 command \"\" \"spec\" \"item\" try 1\n");
    rig_free(r);
}

static void an_older_attempt_than_the_one_held_is_ignored(void **state)
{
    struct rig *r = rig_connected(2, 1);
    struct attempt_key newer_epoch = rig_id(1, 1);

    (void)state;
    newer_epoch.epoch = 6;
    rig_assign(r, newer_epoch, KIND_COMMAND);
    rig_forget(r);
    rig_assign(r, rig_id(1, 9), KIND_COMMAND);
    rig_expect(r, "");
    assert_int_equal(worker_n_held(r->worker), 1);
    rig_free(r);
}

static void an_unknown_kind_of_job_fails(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), (enum job_kind)9);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 failed \"start\" "
                  "\"this worker knows no jobs of kind 9\"\n");
    rig_free(r);
}

static void a_ref_that_cannot_be_is_ignored(void **state)
{
    struct rig *r = rig_connected(1, 1);
    struct attempt_key id = rig_id(0, 1);

    (void)state;
    rig_assign(r, id, KIND_COMMAND);
    id.job = 1;
    id.elem = 0;
    rig_assign(r, id, KIND_COMMAND);
    id.elem = ELEM_MAX + 1;
    rig_assign(r, id, KIND_COMMAND);
    rig_expect(r, "");
    assert_int_equal(worker_n_ignored(r->worker), 3);
    rig_free(r);
}

/* ---- end ---- */

static void the_core_fills_in_worker_and_times(void **state)
{
    struct rig *r = rig_connected(1, 1);
    struct frame_head head;
    struct op op;

    (void)state;
    r->now_ms = 100;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    r->now_ms = 350;
    rig_end(r, rig_id(1, 1), STATE_FAILED);
    assert_int_equal(r->actions.sends.n, 1);
    frame_read(r->reader, buf_view(&r->actions.sends.at[0]), &head);
    assert_int_equal(frame_next(r->reader, &op), ERR_NONE);
    assert_true(view_equal(op.u.result.outcome.worker, view_str("w")));
    assert_true(op.u.result.outcome.started_ms == RIG_WALL_MS + 100);
    assert_true(op.u.result.outcome.ended_ms == RIG_WALL_MS + 350);
    rig_free(r);
}

static void what_crashed_a_former_process_is_reported(void **state)
{
    struct rig *r = rig_new(1, 1);
    struct attempt_key id = rig_id(1, 1);
    struct outcome o = { .id = id,
                         .state = STATE_FAILED,
                         .reason = view_str("crash"),
                         .signal = 11 };

    (void)state;
    worker_begin_ended(r->worker, &o);
    o.elem = 0; /* damaged */
    worker_begin_ended(r->worker, &o);
    assert_int_equal(worker_n_held(r->worker), 1);
    rig_start(r);
    rig_welcome(r, 5, 1);
    rig_forget(r);
    rig_rule(r, id, VERDICT_KEEP);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 failed \"crash\"\n");
    rig_ack(r, id);
    assert_int_equal(worker_n_held(r->worker), 0);
    rig_free(r);
}

static void a_result_is_held_until_its_ack(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_end(r, rig_id(1, 1), STATE_DONE);
    assert_int_equal(worker_n_held(r->worker), 1);
    rig_ack(r, rig_id(1, 2)); /* another attempt */
    assert_int_equal(worker_n_held(r->worker), 1);
    rig_ack(r, rig_id(1, 1));
    assert_int_equal(worker_n_held(r->worker), 0);
    rig_free(r);
}

static void with_too_much_that_is_not_acked_nothing_starts(void **state)
{
    struct outcome o = { .id = rig_id(1, 1),
                         .state = STATE_DONE,
                         .message = view_str("much") };
    struct rig *r = rig_holding(1, 1, 4);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    rig_forget(r);
    rig_end_with(r, &o);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 done \"much\"\n");
    rig_ack(r, rig_id(1, 1));
    rig_expect(r, START(2));
    rig_free(r);
}

static void a_result_that_is_not_acked_for_a_lease_is_sent_again(void **state)
{
    struct rig *r = rig_connected(1, 1);
    struct attempt_key id = rig_id(1, 1);

    (void)state;
    rig_assign(r, id, KIND_COMMAND);
    rig_end(r, id, STATE_DONE);
    rig_forget(r);
    for (uint64_t i = 1; i <= 2; i++) {
        rig_tick(r, (int64_t)i * RIG_BEAT_MS);
        rig_beat_ack(r, i + 1, 1, &id, 1);
    }
    rig_expect(r, "frame 5.1\nBEAT 2\nframe 5.1\nBEAT 3\n");
    rig_tick(r, 3 * RIG_BEAT_MS);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 done\nBEAT 4\n");
    rig_free(r);
}

static void an_end_that_is_reported_twice_counts_once(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_forget(r);
    rig_end(r, rig_id(1, 1), STATE_FAILED);
    rig_end(r, rig_id(8, 8), STATE_FAILED);
    rig_expect(r, "");
    rig_free(r);
}

/* ---- stop ---- */

static void stop_while_queued_is_a_cancelled_result_at_once(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    rig_forget(r);
    rig_stop(r, rig_id(2, 2));
    rig_expect(r, "frame 5.1\n"
                  "RESULT 2.1@5.2 cancelled \"cancelled\" \"why\"\n");
    rig_free(r);
}

static void stop_while_running_is_passed_on_once(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_forget(r);
    rig_stop(r, rig_id(1, 1));
    rig_stop(r, rig_id(1, 1));
    rig_expect(r, "stop 1.1@5.1 \"why\"\n");
    rig_end(r, rig_id(1, 1), STATE_CANCELLED);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 cancelled asked\n");
    rig_free(r);
}

static void stop_of_what_has_ended_or_is_unknown_is_ignored(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_forget(r);
    rig_stop(r, rig_id(1, 1));
    rig_stop(r, rig_id(5, 5));
    rig_expect(r, "");
    rig_free(r);
}

/* ---- drain ---- */

static void drain_hands_back_what_has_not_started(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    rig_forget(r);
    rig_drain(r);
    rig_expect(r, "frame 5.1\nDRAINING\nRESULT 2.1@5.2 handed back\n");
    assert_false(r->actions.drained);
    rig_assign(r, rig_id(3, 3), KIND_COMMAND);
    rig_expect(r, "frame 5.1\nRESULT 3.1@5.3 handed back\n");
    rig_free(r);
}

static void drained_is_when_all_has_ended_and_was_acked(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_drain(r);
    rig_end(r, rig_id(1, 1), STATE_DONE);
    assert_false(r->actions.drained);
    rig_forget(r);
    rig_ack(r, rig_id(1, 1));
    rig_expect(r, "frame 5.1\nBYE\n");
    assert_true(r->actions.drained);
    assert_true(r->actions.wake_ms == INT64_MAX);
    rig_free(r);
}

static void drained_waits_for_what_was_killed(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_rule(r, rig_id(1, 1), VERDICT_KILL);
    rig_drain(r);
    assert_false(r->actions.drained);
    rig_end(r, rig_id(1, 1), STATE_CANCELLED);
    assert_true(r->actions.drained);
    rig_free(r);
}

static void a_new_session_hears_of_the_drain_too(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_drain(r);
    r->now_ms = 1000;
    rig_simple(r, OP_WHO);
    rig_forget(r);
    rig_welcome(r, 5, 2);
    rig_expect(r, "frame 5.2\nDRAINING\nBEAT 1\n");
    rig_free(r);
}

static void without_a_coordinator_an_idle_worker_drains_at_once(void **state)
{
    struct rig *r = rig_new(1, 1);

    (void)state;
    rig_start(r);
    rig_forget(r);
    rig_drain(r);
    assert_true(r->actions.drained);
    rig_expect(r, "");
    rig_free(r);
}

/* ---- much ---- */

static void much_is_sent_again_in_frames_of_good_length(void **state)
{
    enum { N = 100 };
    struct rig *r = rig_connected(N, 1);
    struct ruling told[N];
    struct op settle = { .type = OP_RECONCILE };
    char *text = xcalloc(1, 8000);

    (void)state;
    memset(text, 'x', 8000);
    for (uint64_t i = 0; i < N; i++) {
        struct outcome o = { .job = i + 1, .elem = 1, .epoch = 5 };

        rig_assign(r, rig_id(i + 1, i + 1), KIND_COMMAND);
        o.attempt = i + 1;
        o.state = STATE_DONE;
        o.body = view_of(text, 8000);
        rig_end_with(r, &o);
        told[i] = (struct ruling){ .id = { i + 1, 1, 5, i + 1 },
                                   .verdict = VERDICT_KEEP };
    }
    r->now_ms = 1000;
    rig_simple(r, OP_WHO);
    rig_welcome(r, 5, 2);
    r->frame_len_max = 0;
    r->n_frames = 0;
    settle.u.reconcile.rulings = (struct rulings){ told, N };
    rig_say(r, &settle);
    assert_in_range(r->n_frames, 800000 / FRAME_LEN_GOOD, 8);
    assert_true(r->frame_len_max < FRAME_LEN_GOOD + 9000);
    free(text);
    rig_free(r);
}

static void the_list_of_held_attempts_is_bounded_by_the_caller(void **state)
{
    struct rig *r = rig_connected(1, 1);
    struct attempt_key list[2];

    (void)state;
    for (uint64_t i = 1; i <= 3; i++)
        rig_assign(r, rig_id(i, i), KIND_COMMAND);
    assert_int_equal(worker_list_held(r->worker, list, 2), 3);
    assert_int_equal(list[1].job, 2);
    rig_free(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_assignment_starts_at_once_when_there_is_room),
        cmocka_unit_test(beyond_the_slots_commands_queue_first_in_first_out),
        cmocka_unit_test(calls_and_commands_have_places_of_their_own),
        cmocka_unit_test(how_far_a_call_is_is_told_while_it_runs),
        cmocka_unit_test(a_new_session_is_told_how_far_it_is_by_now),
        cmocka_unit_test(a_call_that_keeps_a_core_busy_takes_a_slot),
        cmocka_unit_test(an_assignment_of_what_is_held_is_ignored),
        cmocka_unit_test(a_newer_attempt_stops_and_replaces_the_older),
        cmocka_unit_test(an_older_attempt_than_the_one_held_is_ignored),
        cmocka_unit_test(an_unknown_kind_of_job_fails),
        cmocka_unit_test(a_ref_that_cannot_be_is_ignored),
        cmocka_unit_test(the_core_fills_in_worker_and_times),
        cmocka_unit_test(what_crashed_a_former_process_is_reported),
        cmocka_unit_test(a_result_is_held_until_its_ack),
        cmocka_unit_test(with_too_much_that_is_not_acked_nothing_starts),
        cmocka_unit_test(a_result_that_is_not_acked_for_a_lease_is_sent_again),
        cmocka_unit_test(an_end_that_is_reported_twice_counts_once),
        cmocka_unit_test(stop_while_queued_is_a_cancelled_result_at_once),
        cmocka_unit_test(stop_while_running_is_passed_on_once),
        cmocka_unit_test(stop_of_what_has_ended_or_is_unknown_is_ignored),
        cmocka_unit_test(drain_hands_back_what_has_not_started),
        cmocka_unit_test(drained_is_when_all_has_ended_and_was_acked),
        cmocka_unit_test(drained_waits_for_what_was_killed),
        cmocka_unit_test(a_new_session_hears_of_the_drain_too),
        cmocka_unit_test(without_a_coordinator_an_idle_worker_drains_at_once),
        cmocka_unit_test(much_is_sent_again_in_frames_of_good_length),
        cmocka_unit_test(the_list_of_held_attempts_is_bounded_by_the_caller),
    };
    return cmocka_run_group_tests_name("work", tests, NULL, NULL);
}
