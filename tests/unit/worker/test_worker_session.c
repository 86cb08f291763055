/* SPDX-License-Identifier: MIT */
/* The session of a worker with the coordinator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "tests/unit/worker/worker_rig.h"
#include "worker/core/worker_check.h"

#define HELLO_NOTHING_HELD                         \
    "HELLO \"w\"\n"                                \
    "OFFER 2 slots 3 calls 1 functions 1 labels\n" \
    "HELD upto 0:\n"

static void hello_offer_and_held_leave_at_once_in_one_frame(void **state)
{
    struct rig *r = rig_new(2, 3);

    (void)state;
    rig_start(r);
    rig_expect(r, "frame 0.0\n" HELLO_NOTHING_HELD);
    assert_false(worker_is_connected(r->worker));
    rig_free(r);
}

static void nothing_is_sent_before_the_start(void **state)
{
    struct rig *r = rig_new(2, 3);

    (void)state;
    rig_tick(r, 100000);
    rig_expect(r, "");
    assert_true(r->actions.wake_ms == INT64_MAX);
    rig_free(r);
}

/* Each pause is at most 200 ms doubled per try, and 5 s. */
static void hello_is_said_again_with_growing_pauses(void **state)
{
    struct rig *r = rig_new(2, 3);
    int64_t limit = WORKER_HELLO_MIN_MS, longest = 0;

    (void)state;
    rig_start(r);
    for (int i = 0; i < 100; i++) {
        int64_t pause = r->actions.wake_ms - r->now_ms;

        assert_true(pause > 0 && pause <= limit);
        if (pause > longest)
            longest = pause;
        limit =
            limit * 2 > WORKER_HELLO_MAX_MS ? WORKER_HELLO_MAX_MS : limit * 2;
        rig_forget(r);
        rig_tick(r, r->actions.wake_ms - 1);
        rig_expect(r, "");
        rig_tick(r, r->actions.wake_ms);
        rig_expect(r, "frame 0.0\n" HELLO_NOTHING_HELD);
    }
    assert_true(longest > WORKER_HELLO_MAX_MS / 2);
    rig_free(r);
}

static void without_jitter_the_pauses_double(void **state)
{
    static const int64_t pauses_ms[] = {
        200, 400, 800, 1600, 3200, 5000, 5000
    };
    struct rig *r = rig_steady(2, 3);

    (void)state;
    rig_start(r);
    for (size_t i = 0; i < ARRAY_LEN(pauses_ms); i++) {
        assert_int_equal(r->actions.wake_ms - r->now_ms, pauses_ms[i]);
        rig_tick(r, r->actions.wake_ms);
    }
    rig_free(r);
}

/* A shell that is held acts on several steps at once. */
static void each_hello_is_a_frame_of_its_own(void **state)
{
    struct rig *r = rig_steady(2, 3);
    struct worker_event e = { .type = WORKER_START };
    struct worker_actions actions = { 0 };

    (void)state;
    worker_step(r->worker, &e, &actions);
    e = (struct worker_event){ .type = WORKER_TICK, .now_ms = actions.wake_ms };
    worker_step(r->worker, &e, &actions);
    assert_int_equal(actions.sends.n, 2);
    worker_actions_clear(&actions);
    rig_free(r);
}

static void a_silent_connection_is_given_up(void **state)
{
    struct rig *r = rig_new(2, 3);

    (void)state;
    rig_start(r);
    rig_tick(r, r->now_ms + SILENCE_MAX_MS - 1);
    assert_false(r->actions.reconnect);
    rig_tick(r, r->actions.wake_ms);
    assert_true(r->actions.reconnect);
    rig_forget(r);
    rig_tick(r, r->actions.wake_ms);
    rig_expect(r, "frame 0.0\n" HELLO_NOTHING_HELD);
    assert_false(r->actions.reconnect); /* the next has its time */
    rig_free(r);
}

static void a_word_keeps_the_connection(void **state)
{
    struct rig *r = rig_new(2, 3);

    (void)state;
    rig_start(r);
    r->now_ms += SILENCE_MAX_MS - 1;
    rig_welcome(r, 5, 1);
    rig_tick(r, r->now_ms + SILENCE_MAX_MS - 1); /* longer than its lease */
    assert_false(r->actions.reconnect);
    rig_free(r);
}

static void the_seed_decides_the_pauses(void **state)
{
    struct rig *a = rig_new(2, 3);
    struct rig *b = rig_new(2, 3);

    (void)state;
    rig_start(a);
    rig_start(b);
    for (int i = 0; i < 20; i++) {
        assert_true(a->actions.wake_ms == b->actions.wake_ms);
        rig_tick(a, a->actions.wake_ms);
        rig_tick(b, b->actions.wake_ms);
    }
    rig_free(a);
    rig_free(b);
}

static void welcome_makes_a_session_that_beats(void **state)
{
    struct rig *r = rig_new(2, 3);

    (void)state;
    rig_start(r);
    rig_forget(r);
    rig_welcome(r, 5, 1);
    assert_true(worker_is_connected(r->worker));
    rig_expect(r, "frame 5.1\nBEAT 1\n"); /* at once: it proves that we live */
    assert_int_equal(r->actions.wake_ms, RIG_BEAT_MS);
    rig_tick(r, RIG_BEAT_MS);
    rig_expect(r, "frame 5.1\nBEAT 2\n");
    rig_beat_ack(r, 2, 0, NULL, 0);
    rig_tick(r, 2 * RIG_BEAT_MS);
    rig_expect(r, "frame 5.1\nBEAT 3\n");
    rig_free(r);
}

static void beats_tell_how_often_the_loop_was_held(void **state)
{
    struct rig *r = rig_connected(1, 1);
    struct worker_event hold = { .type = WORKER_HOLD, .u.hold.ms = 400 };

    (void)state;
    rig_step(r, &hold);
    hold.u.hold.ms = 300;
    rig_step(r, &hold);
    rig_expect(r, "");
    rig_tick(r, RIG_BEAT_MS);
    rig_expect(r, "frame 5.1\nBEAT 2 held 2 times, 400 ms\n");
    rig_free(r);
}

static void a_welcome_without_lease_or_beat_is_ignored(void **state)
{
    struct rig *r = rig_new(2, 3);
    struct op op = { .type = OP_WELCOME };

    (void)state;
    rig_start(r);
    op.u.welcome.version = PROTO_VERSION;
    op.u.welcome.lease_ms = 1000;
    r->epoch = 5;
    r->session = 1;
    rig_say(r, &op);
    assert_false(worker_is_connected(r->worker));
    assert_int_equal(worker_n_ignored(r->worker), 1);
    rig_free(r);
}

static void a_lease_without_beat_ack_ends_the_session(void **state)
{
    struct rig *r = rig_connected(2, 3);

    (void)state;
    rig_tick(r, RIG_LEASE_MS - 1);
    assert_true(worker_is_connected(r->worker));
    rig_forget(r);
    rig_tick(r, RIG_LEASE_MS);
    assert_false(worker_is_connected(r->worker));
    rig_expect(r, "frame 5.0\n" HELLO_NOTHING_HELD "untail\n");
    rig_free(r);
}

static void each_beat_ack_renews_the_lease(void **state)
{
    struct rig *r = rig_connected(2, 3);

    (void)state;
    for (int64_t i = 1; i <= 10; i++) {
        rig_tick(r, i * RIG_BEAT_MS);
        rig_beat_ack(r, (uint64_t)i, 0, NULL, 0);
    }
    assert_true(worker_is_connected(r->worker));
    rig_forget(r);
    rig_tick(r, 10 * RIG_BEAT_MS + RIG_LEASE_MS - 1);
    assert_true(worker_is_connected(r->worker));
    rig_free(r);
}

static void an_ack_of_a_beat_that_was_not_sent_renews_nothing(void **state)
{
    struct rig *r = rig_connected(2, 3);

    (void)state;
    rig_tick(r, RIG_BEAT_MS);
    rig_beat_ack(r, 3, 0, NULL, 0);
    assert_int_equal(worker_n_ignored(r->worker), 1);
    rig_tick(r, RIG_LEASE_MS);
    assert_false(worker_is_connected(r->worker));
    rig_free(r);
}

static void who_is_answered_by_hello_at_once(void **state)
{
    struct rig *r = rig_connected(2, 3);

    (void)state;
    rig_tick(r, 1000);
    r->epoch = 6; /* the coordinator was started anew */
    r->session = 0;
    rig_simple(r, OP_WHO);
    rig_expect(r, "frame 5.0\n" HELLO_NOTHING_HELD "untail\n");
    rig_free(r);
}

static void who_is_not_answered_twice_within_50_ms(void **state)
{
    struct rig *r = rig_connected(2, 3);

    (void)state;
    rig_tick(r, 1000);
    rig_simple(r, OP_WHO);
    rig_welcome(r, 5, 2);
    rig_forget(r);
    rig_tick(r, 1020);
    rig_simple(r, OP_WHO);
    rig_expect(r, "untail\n");
    assert_int_equal(r->actions.wake_ms, 1050);
    rig_simple(r, OP_WHO);
    rig_expect(r, "");
    rig_tick(r, 1050);
    rig_expect(r, "frame 5.0\n" HELLO_NOTHING_HELD);
    rig_free(r);
}

static void frames_of_another_session_are_dropped(void **state)
{
    struct rig *r = rig_connected(2, 3);

    (void)state;
    r->session = 2;
    rig_assign(r, rig_id(7, 1), KIND_COMMAND);
    rig_simple(r, OP_WHO);
    r->session = 1;
    r->epoch = 4;
    rig_assign(r, rig_id(7, 1), KIND_COMMAND);
    rig_simple(r, OP_WHO);
    r->epoch = 6;
    rig_assign(r, rig_id(7, 1), KIND_COMMAND);
    rig_expect(r, "");
    assert_int_equal(worker_n_held(r->worker), 0);
    assert_true(worker_is_connected(r->worker));
    rig_free(r);
}

static void a_welcome_of_an_older_epoch_is_dropped(void **state)
{
    struct rig *r = rig_connected(2, 3);

    (void)state;
    rig_welcome(r, 4, 9);
    rig_expect(r, "");
    r->epoch = 5;
    r->session = 1;
    rig_assign(r, rig_id(7, 1), KIND_CALL);
    assert_int_equal(worker_n_held(r->worker), 1);
    rig_free(r);
}

/* A HELLO that was said twice is answered twice. */
static void a_second_welcome_replaces_the_session(void **state)
{
    struct rig *r = rig_connected(2, 3);

    (void)state;
    rig_welcome(r, 5, 2);
    rig_expect(r, "frame 5.2\nBEAT 1\nuntail\n");
    rig_tick(r, RIG_BEAT_MS);
    rig_expect(r, "frame 5.2\nBEAT 2\n");
    rig_free(r);
}

static void bye_ends_the_session_and_hello_waits_a_little(void **state)
{
    struct rig *r = rig_connected(2, 3);

    (void)state;
    rig_tick(r, 1000);
    rig_simple(r, OP_BYE);
    assert_false(worker_is_connected(r->worker));
    rig_expect(r, "untail\n");
    assert_true(r->actions.wake_ms > 1000);
    assert_true(r->actions.wake_ms <= 1000 + WORKER_HELLO_MIN_MS);
    rig_free(r);
}

static void a_refusal_of_the_version_is_final(void **state)
{
    struct rig *r = rig_new(2, 3);

    (void)state;
    rig_start(r);
    r->epoch = 5;
    rig_refuse(r, ERR_VERSION, 0);
    assert_string_equal(r->actions.refused, "no");
    assert_true(r->actions.wake_ms == INT64_MAX);
    rig_free(r);
}

static void a_busy_coordinator_says_when_to_come_again(void **state)
{
    struct rig *r = rig_steady(2, 3);

    (void)state;
    rig_start(r);
    r->epoch = 5;
    rig_refuse(r, ERR_BUSY, 7777);
    assert_string_equal(r->actions.refused, "");
    assert_int_equal(r->actions.wake_ms, 7777);
    rig_free(r);
}

static void nonsense_is_counted_and_ignored(void **state)
{
    static const uint8_t cut[] = { 'y', 'n', 1, 0, 0 };
    struct rig *r = rig_connected(2, 3);

    (void)state;
    rig_say_bytes(r, "", 0);
    rig_say_bytes(r, cut, sizeof cut);
    rig_say_bytes(r, "GET / HTTP/1.1\r\n\r\n..........", 28);
    assert_int_equal(worker_n_ignored(r->worker), 3);
    rig_simple(r, OP_DRAINING); /* not for workers */
    assert_int_equal(worker_n_ignored(r->worker), 4);
    rig_expect(r, "");
    assert_true(worker_is_connected(r->worker));
    rig_free(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_offer_and_held_leave_at_once_in_one_frame),
        cmocka_unit_test(nothing_is_sent_before_the_start),
        cmocka_unit_test(hello_is_said_again_with_growing_pauses),
        cmocka_unit_test(without_jitter_the_pauses_double),
        cmocka_unit_test(each_hello_is_a_frame_of_its_own),
        cmocka_unit_test(a_silent_connection_is_given_up),
        cmocka_unit_test(a_word_keeps_the_connection),
        cmocka_unit_test(the_seed_decides_the_pauses),
        cmocka_unit_test(welcome_makes_a_session_that_beats),
        cmocka_unit_test(beats_tell_how_often_the_loop_was_held),
        cmocka_unit_test(a_welcome_without_lease_or_beat_is_ignored),
        cmocka_unit_test(a_lease_without_beat_ack_ends_the_session),
        cmocka_unit_test(each_beat_ack_renews_the_lease),
        cmocka_unit_test(an_ack_of_a_beat_that_was_not_sent_renews_nothing),
        cmocka_unit_test(who_is_answered_by_hello_at_once),
        cmocka_unit_test(who_is_not_answered_twice_within_50_ms),
        cmocka_unit_test(frames_of_another_session_are_dropped),
        cmocka_unit_test(a_welcome_of_an_older_epoch_is_dropped),
        cmocka_unit_test(a_second_welcome_replaces_the_session),
        cmocka_unit_test(bye_ends_the_session_and_hello_waits_a_little),
        cmocka_unit_test(a_refusal_of_the_version_is_final),
        cmocka_unit_test(a_busy_coordinator_says_when_to_come_again),
        cmocka_unit_test(nonsense_is_counted_and_ignored),
    };
    return cmocka_run_group_tests_name("worker_session", tests, NULL, NULL);
}
