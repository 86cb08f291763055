/* SPDX-License-Identifier: MIT */
/* Until when a worker runs what it was given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "proto/lease.h"
#include "tests/unit/worker/worker_rig.h"
#include "worker/core/worker_check.h"

#define PROBE_MS (RIG_LEASE_MS * LEASE_PROBE / LEASE_PARTS)
#define STOP_MS (RIG_LEASE_MS * LEASE_STOP / LEASE_PARTS)
#define KILL_MS (RIG_LEASE_MS * LEASE_KILL / LEASE_PARTS)
#define OVER_MS (RIG_LEASE_MS * LEASE_OVER / LEASE_PARTS)

static const struct attempt_key one = { 1, 1, 5, 1 };

/* A command runs; the lease counts from 0. */
static struct rig *running(void)
{
    struct rig *r = rig_connected(1, 1);

    rig_assign(r, one, KIND_COMMAND);
    rig_expect(r, "start 1.1@5.1 command \"\" \"spec\" \"item\" try 1\n");
    return r;
}

static void absent(struct rig *r, int64_t began_ms)
{
    struct worker_event e = { .type = WORKER_ABSENT };

    e.u.absent.began_ms = began_ms;
    rig_step(r, &e);
}

static void nothing_starts_before_the_first_ack(void **state)
{
    struct rig *r = rig_new(1, 1);

    (void)state;
    rig_start(r);
    rig_welcome(r, 5, 1);
    rig_forget(r);
    rig_assign(r, one, KIND_COMMAND);
    rig_expect(r, "");
    rig_beat_ack(r, 1, 1, &one, 1);
    rig_expect(r, "start 1.1@5.1 command \"\" \"spec\" \"item\" try 1\n");
    rig_free(r);
}

/* Somebody else may have it by then. */
static void what_found_no_lease_is_handed_back_with_its_session(void **state)
{
    struct rig *r = rig_new(1, 1);

    (void)state;
    rig_start(r);
    rig_welcome(r, 5, 1);
    rig_assign(r, one, KIND_COMMAND);
    assert_int_equal(worker_n_held(r->worker), 1);
    r->now_ms = 1000;
    rig_simple(r, OP_WHO);
    rig_welcome(r, 5, 2);
    rig_forget(r);
    rig_rule(r, one, VERDICT_KEEP);
    rig_expect(r, "frame 5.2\nRESULT 1.1@5.1 handed back\n");
    rig_free(r);
}

static void
what_runs_is_asked_then_killed_then_its_process_must_end(void **state)
{
    struct rig *r = running();

    (void)state;
    rig_tick(r, STOP_MS - 1);
    rig_forget(r);
    rig_tick(r, STOP_MS);
    rig_expect(r, "untail\nstop 1.1@5.1 \"no longer wanted\"\n");
    assert_false(worker_is_connected(r->worker));
    assert_int_equal(worker_n_held(r->worker), 0);
    assert_int_equal(r->actions.wake_ms, KILL_MS);
    rig_tick(r, KILL_MS);
    rig_expect(r, "kill 1.1@5.1\n");
    assert_int_equal(r->actions.wake_ms, OVER_MS);
    assert_int_equal(worker_over_ms(r->worker), OVER_MS);
    assert_int_equal(worker_n_running(r->worker), 1);
    rig_free(r);
}

/* A HELLO without it says that it does not run. */
static void no_hello_leaves_before_all_of_it_has_ended(void **state)
{
    struct rig *r = running();

    (void)state;
    rig_tick(r, STOP_MS);
    rig_forget(r);
    rig_welcome(r, 5, 2); /* the answer to a HELLO that named it */
    assert_false(worker_is_connected(r->worker));
    rig_tick(r, KILL_MS);
    rig_expect(r, "kill 1.1@5.1\n");
    rig_end(r, one, STATE_DONE);
    rig_expect(r, "frame 5.0\n"
                  "HELLO \"w\"\n"
                  "OFFER 1 slots 1 calls 1 functions 1 labels\n"
                  "HELD upto 0:\n");
    assert_true(worker_over_ms(r->worker) == INT64_MAX);
    rig_free(r);
}

static void a_lease_counts_from_when_the_acked_beat_was_sent(void **state)
{
    struct rig *r = running();

    (void)state;
    rig_tick(r, RIG_BEAT_MS);
    r->now_ms = STOP_MS - 1;
    rig_beat_ack(r, 2, 1, &one, 1);
    assert_int_equal(worker_over_ms(r->worker), RIG_BEAT_MS + OVER_MS);
    rig_free(r);
}

static void an_ack_of_an_earlier_beat_renews_nothing(void **state)
{
    struct rig *r = running();

    (void)state;
    rig_tick(r, RIG_BEAT_MS);
    rig_beat_ack(r, 1, 1, &one, 1);
    assert_int_equal(worker_over_ms(r->worker), OVER_MS);
    rig_free(r);
}

static void an_ack_that_comes_too_late_renews_nothing(void **state)
{
    struct rig *r = running();

    (void)state;
    rig_tick(r, RIG_BEAT_MS);
    rig_forget(r);
    r->now_ms = STOP_MS;
    rig_beat_ack(r, 2, 1, &one, 1);
    rig_expect(r, "untail\nstop 1.1@5.1 \"no longer wanted\"\n");
    rig_free(r);
}

static void a_first_ack_that_comes_too_late_starts_nothing(void **state)
{
    struct rig *r = rig_new(1, 1);

    (void)state;
    rig_start(r);
    rig_welcome(r, 5, 1);
    rig_assign(r, one, KIND_COMMAND);
    rig_forget(r);
    r->now_ms = STOP_MS;
    rig_beat_ack(r, 1, 1, &one, 1);
    rig_expect(r, "frame 5.1\nBEAT 2\n");
    rig_free(r);
}

static void
after_a_sleep_no_frame_is_heard_before_the_lease_is_checked(void **state)
{
    struct rig *r = rig_connected(2, 1);
    struct attempt_key two = rig_id(2, 2);

    (void)state;
    rig_assign(r, one, KIND_COMMAND);
    rig_forget(r);
    r->now_ms = 10 * RIG_LEASE_MS;
    rig_assign(r, two, KIND_COMMAND);
    rig_expect(r, "untail\nstop 1.1@5.1 \"no longer wanted\"\n"
                  "kill 1.1@5.1\n");
    rig_free(r);
}

/* It ended: it does not run, so that its result may still be wanted. */
static void what_has_ended_by_then_is_kept_but_not_sent(void **state)
{
    struct rig *r = running();

    (void)state;
    r->now_ms = 10 * RIG_LEASE_MS;
    rig_end(r, one, STATE_DONE);
    rig_expect(r, "frame 5.0\n"
                  "HELLO \"w\"\n"
                  "OFFER 1 slots 1 calls 1 functions 1 labels\n"
                  "HELD upto 0: idle 1.1@5.1\n"
                  "untail\n");
    rig_free(r);
}

static void what_is_queued_is_handed_back_with_the_lease(void **state)
{
    struct rig *r = running();

    (void)state;
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    assert_int_equal(worker_n_held(r->worker), 2);
    rig_tick(r, STOP_MS);
    assert_int_equal(worker_n_held(r->worker), 1);
    rig_forget(r);
    rig_end(r, one, STATE_CANCELLED); /* now it says HELLO */
    rig_welcome(r, 5, 2);
    rig_forget(r);
    rig_rule(r, rig_id(2, 2), VERDICT_KEEP);
    rig_expect(r, "frame 5.2\nRESULT 2.1@5.2 handed back\n");
    rig_free(r);
}

static void
silence_is_probed_and_each_refusal_renews_from_its_begin(void **state)
{
    struct rig *r = running();

    (void)state;
    rig_tick(r, RIG_BEAT_MS);
    rig_forget(r);
    rig_tick(r, PROBE_MS);
    rig_expect(r, "probe\n");
    r->now_ms = PROBE_MS + 100;
    absent(r, PROBE_MS);
    assert_int_equal(worker_over_ms(r->worker), PROBE_MS + OVER_MS);
    rig_forget(r);
    rig_tick(r, 2 * PROBE_MS);
    rig_expect(r, "frame 5.1\nBEAT 3\nprobe\n");
    rig_free(r);
}

static void it_runs_on_for_as_long_as_probes_are_refused(void **state)
{
    struct rig *r = running();

    (void)state;
    for (int64_t ms = 0; ms < 100 * RIG_LEASE_MS; ms += PROBE_MS) {
        rig_tick(r, ms);
        absent(r, ms);
    }
    assert_int_equal(worker_n_running(r->worker), 1);
    assert_false(worker_is_connected(r->worker));
    rig_free(r);
}

static void a_refusal_that_is_told_late_takes_nothing_away(void **state)
{
    struct rig *r = running();

    (void)state;
    rig_tick(r, RIG_BEAT_MS);
    rig_beat_ack(r, 2, 1, &one, 1);
    absent(r, RIG_BEAT_MS - 1);
    assert_int_equal(worker_over_ms(r->worker), RIG_BEAT_MS + OVER_MS);
    rig_free(r);
}

static void a_refusal_does_not_bring_back_what_has_lapsed(void **state)
{
    struct rig *r = running();

    (void)state;
    r->now_ms = STOP_MS;
    absent(r, STOP_MS - 1);
    rig_expect(r, "untail\nstop 1.1@5.1 \"no longer wanted\"\n");
    absent(r, STOP_MS);
    assert_int_equal(worker_over_ms(r->worker), OVER_MS);
    rig_free(r);
}

static void who_runs_nothing_does_not_probe(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_tick(r, RIG_BEAT_MS);
    rig_forget(r);
    rig_tick(r, RIG_BEAT_MS + 1000);
    rig_expect(r, "");
    rig_free(r);
}

/* What refuses may be a tunnel. */
static void who_is_on_another_machine_does_not_probe(void **state)
{
    static const uint8_t others[] = { 0, 8 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct rig *r = running();

        r->machine = others[i];
        rig_welcome(r, 5, 2);
        rig_forget(r);
        rig_tick(r, STOP_MS - 1);
        rig_expect(r, "frame 5.2\nBEAT 2\n");
        rig_free(r);
    }
}

/* Or the lease would lapse between two HELLOs, although somebody is there. */
static void who_holds_a_lease_says_hello_within_a_beat(void **state)
{
    struct rig *r = running();

    (void)state;
    rig_simple(r, OP_WHO);
    for (int64_t ms = 100; ms < 20 * RIG_LEASE_MS; ms += 100) {
        rig_tick(r, ms);
        absent(r, ms);
        assert_true(r->actions.wake_ms <=
                    ms + RIG_LEASE_MS * LEASE_BACK / LEASE_PARTS);
    }
    rig_free(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_starts_before_the_first_ack),
        cmocka_unit_test(what_found_no_lease_is_handed_back_with_its_session),
        cmocka_unit_test(
            what_runs_is_asked_then_killed_then_its_process_must_end),
        cmocka_unit_test(no_hello_leaves_before_all_of_it_has_ended),
        cmocka_unit_test(a_lease_counts_from_when_the_acked_beat_was_sent),
        cmocka_unit_test(an_ack_of_an_earlier_beat_renews_nothing),
        cmocka_unit_test(an_ack_that_comes_too_late_renews_nothing),
        cmocka_unit_test(a_first_ack_that_comes_too_late_starts_nothing),
        cmocka_unit_test(
            after_a_sleep_no_frame_is_heard_before_the_lease_is_checked),
        cmocka_unit_test(what_has_ended_by_then_is_kept_but_not_sent),
        cmocka_unit_test(what_is_queued_is_handed_back_with_the_lease),
        cmocka_unit_test(
            silence_is_probed_and_each_refusal_renews_from_its_begin),
        cmocka_unit_test(it_runs_on_for_as_long_as_probes_are_refused),
        cmocka_unit_test(a_refusal_that_is_told_late_takes_nothing_away),
        cmocka_unit_test(a_refusal_does_not_bring_back_what_has_lapsed),
        cmocka_unit_test(who_runs_nothing_does_not_probe),
        cmocka_unit_test(who_is_on_another_machine_does_not_probe),
        cmocka_unit_test(who_holds_a_lease_says_hello_within_a_beat),
    };
    return cmocka_run_group_tests_name("worker_lease", tests, NULL, NULL);
}
