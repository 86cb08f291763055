/* SPDX-License-Identifier: MIT */
/* The session of a client: hello, loss, refusal, goodbye. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "tests/unit/client/client_rig.h"

static int setup(void **state)
{
    static struct rig rig;

    rig_init(&rig);
    *state = &rig;
    return 0;
}

static int teardown(void **state)
{
    rig_fini(*state);
    return 0;
}

static void says_hello_at_the_start(void **state)
{
    struct rig *r = *state;

    rig_start(r);
    assert_string_equal(rig_said(r), "[0.0 HELLO]");
    assert_false(client_is_connected(r->client, NULL));
}

static void repeats_hello_with_growing_pauses(void **state)
{
    struct rig *r = *state;
    int64_t cap_ms = CLIENT_HELLO_MIN_MS;
    int64_t longest_ms = 0;

    rig_start(r);
    for (int i = 0; i < 100; i++) {
        int64_t pause_ms = r->out.wake_ms - r->now_ms;

        assert_string_equal(rig_said(r), "[0.0 HELLO]");
        assert_true(pause_ms > 0 && pause_ms <= cap_ms);
        if (pause_ms > longest_ms)
            longest_ms = pause_ms;
        cap_ms =
            cap_ms * 2 < CLIENT_HELLO_MAX_MS ? cap_ms * 2 : CLIENT_HELLO_MAX_MS;
        rig_tick(r, r->out.wake_ms);
    }
    assert_true(longest_ms > CLIENT_HELLO_MAX_MS / 2);
}

static void without_jitter_the_pauses_double(void **state)
{
    static const int64_t pauses_ms[] = { 50,  100,  200,  400,
                                         800, 1600, 2000, 2000 };
    struct rig r;

    (void)state;
    rig_init_steady(&r);
    rig_start(&r);
    for (size_t i = 0; i < ARRAY_LEN(pauses_ms); i++) {
        assert_int_equal(r.out.wake_ms - r.now_ms, pauses_ms[i]);
        rig_tick(&r, r.out.wake_ms);
    }
    rig_fini(&r);
}

static void without_jitter_a_busy_coordinator_is_asked_on_time(void **state)
{
    struct rig r;

    (void)state;
    rig_init_steady(&r);
    rig_start(&r);
    r.session.n = 0;
    rig_refuse(&r, 0, ERR_BUSY, 1000);
    assert_int_equal(r.out.wake_ms, 1000);
    rig_fini(&r);
}

/* Whether what is said next goes over a new connection. */
static bool reconnects_at(struct rig *r, int64_t now_ms)
{
    bool reconnects;

    rig_tick(r, now_ms);
    reconnects = r->out.reconnect;
    assert_string_equal(rig_said(r), "[0.0 HELLO]");
    return reconnects;
}

static void a_silent_connection_is_given_up(void **state)
{
    struct rig *r = *state;

    rig_start(r);
    rig_said(r);
    assert_false(reconnects_at(r, r->now_ms + SILENCE_MAX_MS - 1));
    assert_true(reconnects_at(r, r->out.wake_ms));
    assert_false(reconnects_at(r, r->out.wake_ms)); /* the next has its time */
}

static void a_word_keeps_the_connection(void **state)
{
    struct rig *r = *state;

    rig_start(r);
    rig_said(r);
    r->now_ms += SILENCE_MAX_MS - 1;
    rig_tell(r, (struct op){ .type = OP_WHO });
    rig_said(r);
    rig_tick(r, r->now_ms + SILENCE_MAX_MS - 1);
    assert_false(r->out.reconnect);
}

static void an_early_tick_says_nothing(void **state)
{
    struct rig *r = *state;

    rig_start(r);
    rig_said(r);
    rig_tick(r, r->out.wake_ms - 1);
    assert_string_equal(rig_said(r), "");
}

static void asking_says_no_hello(void **state)
{
    struct rig *r = *state;

    rig_start(r);
    rig_said(r);
    r->now_ms = 100000;
    rig_submit(r, 1);
    rig_submit(r, 2);
    rig_forget(r, 1);
    assert_string_equal(rig_said(r), "");
    rig_tick(r, 100000);
    assert_string_equal(rig_said(r), "[0.0 HELLO]");
}

/* Says HELLO twice, as to a coordinator that is slow to answer. */
static void say_hello_twice(struct rig *r)
{
    rig_start(r);
    rig_await(r, 1, 10);
    rig_tick(r, r->out.wake_ms);
    rig_said(r);
}

static void of_several_welcomes_the_last_is_sent_everything(void **state)
{
    struct rig *r = *state;

    say_hello_twice(r);
    rig_welcome(r, 1);
    assert_string_equal(rig_said(r), "[1.1 BEAT:1<0]");
    rig_welcome(r, 2);
    rig_await(r, 2, 11);
    assert_string_equal(rig_said(r), "[1.2 BEAT:1<0]");
    r->session.n = 0; /* about the first session */
    rig_tell(r, (struct op){ .type = OP_WHO });
    assert_string_equal(rig_said(r), "");
    r->session.n = 2;
    rig_beat_ack(r, 1, NULL, 0);
    assert_string_equal(rig_said(r), "[1.2 AWAIT:1=10.0 AWAIT:2=11.0]");
}

static void one_welcome_for_several_hellos_is_enough(void **state)
{
    struct rig *r = *state;

    say_hello_twice(r);
    rig_welcome(r, 1);
    rig_said(r);
    rig_beat_ack(r, 1, NULL, 0);
    assert_string_equal(rig_said(r), "[1.1 AWAIT:1=10.0]");
    rig_run(r, r->now_ms + RIG_BEAT_MS - 1);
    assert_string_equal(rig_said(r), "");
    r->session.n = 0;
    rig_tell(r, (struct op){ .type = OP_WHO }); /* now it is meant */
    assert_false(client_is_connected(r->client, NULL));
}

static void who_of_a_later_coordinator_is_always_meant(void **state)
{
    struct rig *r = *state;

    say_hello_twice(r);
    rig_welcome(r, 1);
    r->session.n = 0;
    r->epoch = 2;
    rig_tell(r, (struct op){ .type = OP_WHO });
    assert_false(client_is_connected(r->client, NULL));
}

static void a_welcome_ends_the_hellos(void **state)
{
    struct rig *r = *state;

    rig_start(r);
    rig_welcome(r, 5);
    assert_true(client_is_connected(r->client, NULL));
    rig_said(r);
    rig_run(r, RIG_BEAT_MS - 1);
    assert_string_equal(rig_said(r), "");
}

static void a_welcome_without_session_is_none(void **state)
{
    struct rig *r = *state;

    rig_start(r);
    rig_welcome(r, 0);
    assert_false(client_is_connected(r->client, NULL));
}

static void what_was_asked_before_the_session_is_sent_in_it(void **state)
{
    struct rig *r = *state;

    rig_start(r);
    rig_submit(r, 1);
    rig_await(r, 2, 9);
    assert_string_equal(rig_said(r), "[0.0 HELLO]");
    rig_welcome(r, 5);
    assert_string_equal(rig_said(r), "[1.5 SUBMIT:1! AWAIT:2=9.0]");
}

static void a_new_session_is_sent_everything_again(void **state)
{
    struct rig *r = *state;

    rig_connect(r);
    rig_submit(r, 1);
    rig_await(r, 2, 9);
    rig_said(r);
    rig_welcome(r, 2);
    assert_string_equal(rig_said(r), "[1.2 SUBMIT:1 AWAIT:2=9.0]");
    rig_welcome(r, 2); /* the same one again */
    assert_string_equal(rig_said(r), "");
}

static void who_is_answered_with_hello(void **state)
{
    struct rig *r = *state;
    int64_t since_ms;

    rig_connect(r);
    rig_tick(r, 500);
    rig_tell(r, (struct op){ .type = OP_WHO });
    assert_string_equal(rig_said(r), "[1.0 HELLO]");
    assert_false(client_is_connected(r->client, &since_ms));
    assert_int_equal(since_ms, 500);
}

static void many_whos_cause_one_hello(void **state)
{
    struct rig *r = *state;

    rig_connect(r);
    rig_tick(r, 500);
    for (int i = 0; i < 10; i++)
        rig_tell(r, (struct op){ .type = OP_WHO });
    assert_string_equal(rig_said(r), "[1.0 HELLO]");
    rig_welcome(r, 2);
    rig_tell(r, (struct op){ .type = OP_WHO });
    assert_string_equal(rig_said(r), "");
    rig_tick(r, 549);
    assert_string_equal(rig_said(r), "");
    rig_tick(r, 550);
    assert_string_equal(rig_said(r), "[1.0 HELLO]");
}

static void who_of_another_session_is_dropped(void **state)
{
    struct rig *r = *state;

    rig_connect(r);
    rig_tick(r, 500);
    r->session.n = 7;
    rig_tell(r, (struct op){ .type = OP_WHO });
    assert_string_equal(rig_said(r), "");
    r->epoch = 2; /* but not that of a later coordinator */
    rig_tell(r, (struct op){ .type = OP_WHO });
    assert_string_equal(rig_said(r), "[1.0 HELLO]");
}

static void frames_of_other_sessions_are_dropped(void **state)
{
    struct rig *r = *state;

    rig_connect(r);
    rig_submit(r, 1);
    r->session.n = 2;
    rig_receipt(r, 1, 10);
    assert_string_equal(rig_heard(r), "");
    r->session.n = 1;
    rig_receipt(r, 1, 10);
    assert_string_equal(rig_heard(r), "1:RECEIPT.");
}

static void older_epochs_are_dropped(void **state)
{
    struct rig *r = *state;

    r->epoch = 3;
    rig_connect(r);
    r->epoch = 2;
    rig_welcome(r, 9);
    rig_submit(r, 1);
    assert_string_equal(rig_said(r), "[3.1 SUBMIT:1!]");
    rig_receipt(r, 1, 10);
    assert_string_equal(rig_heard(r), "");
}

static void silence_for_a_lease_ends_the_session(void **state)
{
    struct rig *r = *state;
    int64_t since_ms;

    rig_connect(r);
    rig_run(r, RIG_LEASE_MS - 1);
    assert_true(client_is_connected(r->client, NULL));
    rig_said(r);
    rig_tick(r, RIG_LEASE_MS);
    assert_false(client_is_connected(r->client, &since_ms));
    assert_int_equal(since_ms, RIG_LEASE_MS);
    assert_string_equal(rig_said(r), "[1.0 HELLO]");
}

static void a_coordinator_that_leaves_is_looked_for_again(void **state)
{
    struct rig *r = *state;

    rig_connect(r);
    rig_tell(r, (struct op){ .type = OP_BYE });
    assert_false(client_is_connected(r->client, NULL));
    rig_run(r, CLIENT_HELLO_MIN_MS);
    assert_memory_equal(rig_said(r), "[1.0 HELLO", 10);
}

static void a_refused_session_is_final(void **state)
{
    struct rig *r = *state;

    rig_start(r);
    r->session.n = 0;
    rig_refuse(r, 0, ERR_VERSION, 0);
    assert_string_equal(r->out.refused, "no");
    assert_int_equal(r->out.refused_err, ERR_VERSION);
    assert_true(r->out.wake_ms == INT64_MAX);
    rig_said(r);
    rig_welcome(r, 1);
    rig_tick(r, 100000);
    assert_string_equal(rig_said(r), "");
}

static void an_unknown_version_is_final(void **state)
{
    struct rig *r = *state;
    struct buf frame = { 0 };

    rig_start(r);
    frame_begin(&frame, (struct frame_head){ PROTO_VERSION, 1, { 0 } });
    frame.data[2] = PROTO_VERSION + 1;
    rig_tell_bytes(r, buf_view(&frame));
    buf_fini(&frame);
    assert_int_equal(r->out.refused_err, ERR_VERSION);
}

static void a_welcome_in_an_unknown_version_is_final(void **state)
{
    struct rig *r = *state;

    rig_start(r);
    rig_tell(r, (struct op){ .type = OP_WELCOME,
                             .u.welcome.version = PROTO_VERSION + 1 });
    assert_int_equal(r->out.refused_err, ERR_VERSION);
    assert_false(client_is_connected(r->client, NULL));
}

static void a_busy_coordinator_is_asked_later(void **state)
{
    struct rig *r = *state;

    rig_start(r);
    rig_said(r);
    r->session.n = 0;
    rig_refuse(r, 0, ERR_BUSY, 1000);
    assert_string_equal(r->out.refused, "");
    rig_run(r, 999);
    assert_string_equal(rig_said(r), "");
    rig_run(r, 1501);
    assert_memory_equal(rig_said(r), "[0.0 HELLO", 10);
}

static void closing_says_goodbye(void **state)
{
    struct rig *r = *state;

    rig_connect(r);
    rig_close(r);
    assert_string_equal(rig_said(r), "[1.1 BYE]");
    assert_true(r->out.wake_ms == INT64_MAX);
    rig_tick(r, 100000);
    rig_welcome(r, 2);
    assert_string_equal(rig_said(r), "");
}

static void closing_without_a_session_is_silent(void **state)
{
    struct rig *r = *state;

    rig_start(r);
    rig_said(r);
    rig_close(r);
    assert_string_equal(rig_said(r), "");
}

static void closing_is_possible_before_the_start(void **state)
{
    struct rig *r = *state;

    rig_close(r);
    assert_string_equal(rig_said(r), "");
}

static void bad_bytes_change_nothing(void **state)
{
    struct rig *r = *state;
    struct buf frame = { 0 };

    rig_connect(r);
    rig_submit(r, 1);
    rig_said(r);
    rig_tell_bytes(r, view_of(NULL, 0));
    rig_tell_bytes(r, view_str("yn"));
    rig_tell_bytes(r, view_str("something else of some length"));
    frame_begin(&frame, (struct frame_head){ PROTO_VERSION, 1, { 1 } });
    buf_add(&frame, "\xdd\xff\xff\xff\xff", 5);
    rig_tell_bytes(r, buf_view(&frame));
    buf_fini(&frame);
    assert_string_equal(rig_said(r), "");
    assert_string_equal(rig_heard(r), "");
    assert_true(client_is_connected(r->client, NULL));
}

static void the_trace_follows_the_session_and_the_requests(void **state)
{
    struct rig *r = *state;

    r->out.trace.level = TRACE_DEBUG;
    rig_start(r);
    rig_submit(r, 1);
    rig_await(r, 2, 9);
    rig_welcome(r, 1);
    rig_refuse(r, 1, ERR_BUSY, 50);
    rig_forget(r, 2);
    rig_tick(r, 49);
    rig_tell(r, (struct op){ .type = OP_BYE });
    assert_memory_equal(buf_text(&r->log), "debug hello name=rig seq=1 ", 27);
    assert_string_equal(strchr(buf_text(&r->log), '\n') + 1,
                        "info connected name=rig epoch=1 session=1\n"
                        "debug request-sent req=1 op=SUBMIT\n"
                        "debug request-sent req=2 op=AWAIT\n"
                        "debug request-answered req=1 op=REFUSED\n"
                        "debug request-forgotten req=2\n"
                        "warn disconnected name=rig "
                        "reason=\"the coordinator said goodbye\"\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(says_hello_at_the_start),
        TEST(repeats_hello_with_growing_pauses),
        cmocka_unit_test(without_jitter_the_pauses_double),
        cmocka_unit_test(without_jitter_a_busy_coordinator_is_asked_on_time),
        TEST(a_silent_connection_is_given_up),
        TEST(a_word_keeps_the_connection),
        TEST(an_early_tick_says_nothing),
        TEST(asking_says_no_hello),
        TEST(of_several_welcomes_the_last_is_sent_everything),
        TEST(one_welcome_for_several_hellos_is_enough),
        TEST(who_of_a_later_coordinator_is_always_meant),
        TEST(a_welcome_ends_the_hellos),
        TEST(a_welcome_without_session_is_none),
        TEST(what_was_asked_before_the_session_is_sent_in_it),
        TEST(a_new_session_is_sent_everything_again),
        TEST(who_is_answered_with_hello),
        TEST(many_whos_cause_one_hello),
        TEST(who_of_another_session_is_dropped),
        TEST(frames_of_other_sessions_are_dropped),
        TEST(older_epochs_are_dropped),
        TEST(silence_for_a_lease_ends_the_session),
        TEST(a_coordinator_that_leaves_is_looked_for_again),
        TEST(a_refused_session_is_final),
        TEST(an_unknown_version_is_final),
        TEST(a_welcome_in_an_unknown_version_is_final),
        TEST(a_busy_coordinator_is_asked_later),
        TEST(closing_says_goodbye),
        TEST(closing_without_a_session_is_silent),
        TEST(closing_is_possible_before_the_start),
        TEST(bad_bytes_change_nothing),
        TEST(the_trace_follows_the_session_and_the_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
