/* SPDX-License-Identifier: MIT */
/* Beats: a disagreement about what is open is noticed and healed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/client/client_rig.h"

static int setup(void **state)
{
    static struct rig rig;

    rig_init(&rig);
    rig_connect(&rig);
    *state = &rig;
    return 0;
}

static int teardown(void **state)
{
    rig_fini(*state);
    return 0;
}

static void beats_name_the_highest_request_sent(void **state)
{
    struct rig *r = *state;

    rig_tick(r, RIG_BEAT_MS);
    assert_string_equal(rig_said(r), "[1.1 BEAT:1<0]");
    for (uint64_t req = 1; req <= 5; req++)
        rig_submit(r, req);
    rig_said(r);
    rig_tick(r, 2 * RIG_BEAT_MS);
    assert_string_equal(rig_said(r), "[1.1 BEAT:2<3]");
}

static void an_ack_prolongs_the_lease(void **state)
{
    struct rig *r = *state;

    for (int64_t beat = 1; beat < 20; beat++) {
        rig_run(r, beat * RIG_BEAT_MS);
        rig_beat_ack(r, (uint64_t)beat, NULL, 0);
        assert_true(client_is_connected(r->client, NULL));
    }
}

static void agreement_causes_nothing(void **state)
{
    struct rig *r = *state;

    rig_await(r, 1, 10);
    rig_await(r, 2, 11);
    rig_tick(r, RIG_BEAT_MS);
    rig_said(r);
    rig_beat_ack(r, 1, (uint64_t[]){ 2, 1 }, 2);
    assert_string_equal(rig_said(r), "");
}

static void what_the_coordinator_lacks_is_sent_again(void **state)
{
    struct rig *r = *state;

    rig_submit(r, 1);
    rig_await(r, 2, 11);
    rig_tick(r, RIG_BEAT_MS);
    rig_said(r);
    rig_beat_ack(r, 1, (uint64_t[]){ 2 }, 1);
    assert_string_equal(rig_said(r), "[1.1 SUBMIT:1 AWAIT:2=11.0]");
}

static void the_same_number_of_others_is_a_difference(void **state)
{
    struct rig *r = *state;

    rig_await(r, 1, 10);
    rig_tick(r, RIG_BEAT_MS);
    rig_said(r);
    rig_beat_ack(r, 1, (uint64_t[]){ 2 }, 1);
    assert_string_equal(rig_said(r), "[1.1 AWAIT:1=10.0]");
}

static void what_is_asked_behind_the_beat_does_not_count(void **state)
{
    struct rig *r = *state;

    rig_await(r, 1, 10);
    rig_tick(r, RIG_BEAT_MS);
    rig_await(r, 2, 11);
    rig_said(r);
    rig_beat_ack(r, 1, (uint64_t[]){ 1 }, 1);
    assert_string_equal(rig_said(r), "");
}

static void what_is_answered_before_the_ack_does_not_count(void **state)
{
    struct rig *r = *state;

    rig_await(r, 1, 10);
    rig_await(r, 2, 11);
    rig_submit_await(r, 3);
    rig_tick(r, RIG_BEAT_MS);
    rig_said(r);
    rig_ended(r, 1, 10);
    rig_receipt(r, 3, 12);
    rig_beat_ack(r, 1, (uint64_t[]){ 2, 3 }, 2);
    assert_string_equal(rig_said(r), "");
}

static void
what_is_asked_and_answered_behind_the_beat_does_not_count(void **state)
{
    struct rig *r = *state;

    rig_await(r, 1, 10);
    rig_tick(r, RIG_BEAT_MS);
    rig_await(r, 2, 11);
    rig_ended(r, 2, 11);
    rig_said(r);
    rig_beat_ack(r, 1, (uint64_t[]){ 1 }, 1);
    assert_string_equal(rig_said(r), "");
}

static void what_is_forgotten_behind_the_beat_counts(void **state)
{
    struct rig *r = *state;

    rig_await(r, 1, 10);
    rig_await(r, 2, 11);
    rig_tick(r, RIG_BEAT_MS);
    rig_forget(r, 1);
    rig_said(r);
    rig_beat_ack(r, 1, (uint64_t[]){ 1, 2 }, 2);
    assert_string_equal(rig_said(r), "");
}

static void what_is_refused_for_a_while_does_not_count(void **state)
{
    struct rig *r = *state;

    rig_submit(r, 1);
    rig_tick(r, RIG_BEAT_MS);
    rig_refuse(r, 1, ERR_FULL, 100);
    rig_tick(r, RIG_BEAT_MS + 150); /* sent again, behind the beat */
    rig_said(r);
    rig_beat_ack(r, 1, NULL, 0);
    assert_string_equal(rig_said(r), "");
    rig_tick(r, 2 * RIG_BEAT_MS);
    assert_string_equal(rig_said(r), "[1.1 BEAT:2<1]");
    rig_beat_ack(r, 2, (uint64_t[]){ 1 }, 1);
    assert_string_equal(rig_said(r), "");
}

static void submits_that_wait_do_not_count(void **state)
{
    struct rig *r = *state;

    for (uint64_t req = 1; req <= 4; req++)
        rig_submit(r, req);
    rig_await(r, 5, 10);
    rig_tick(r, RIG_BEAT_MS);
    rig_said(r);
    rig_beat_ack(r, 1, (uint64_t[]){ 1, 2, 3, 5 }, 4);
    assert_string_equal(rig_said(r), "");
}

static void slow_acks_are_compared_with_their_own_beat(void **state)
{
    struct rig *r = *state;

    rig_await(r, 1, 10);
    rig_tick(r, RIG_BEAT_MS);
    rig_await(r, 2, 11);
    rig_tick(r, 2 * RIG_BEAT_MS);
    rig_said(r);
    rig_beat_ack(r, 1, (uint64_t[]){ 1 }, 1);
    rig_beat_ack(r, 2, (uint64_t[]){ 1, 2 }, 2);
    assert_string_equal(rig_said(r), "");
    rig_tick(r, 3 * RIG_BEAT_MS - 1);
    rig_tick(r, 3 * RIG_BEAT_MS);
    rig_said(r);
    rig_beat_ack(r, 3, NULL, 0);
    assert_string_equal(rig_said(r), "[1.1 AWAIT:1=10.0 AWAIT:2=11.0]");
}

static void a_difference_that_stays_needs_a_new_session(void **state)
{
    struct rig *r = *state;

    rig_await(r, 1, 10);
    rig_tick(r, RIG_BEAT_MS);
    rig_beat_ack(r, 1, (uint64_t[]){ 1, 99 }, 2);
    rig_tick(r, 2 * RIG_BEAT_MS);
    rig_said(r);
    rig_beat_ack(r, 2, (uint64_t[]){ 1, 99 }, 2);
    assert_string_equal(rig_said(r), "[1.0 HELLO]");
}

static void a_beat_under_way_does_not_outlive_its_session(void **state)
{
    struct rig *r = *state;

    rig_await(r, 1, 10);
    rig_tick(r, RIG_BEAT_MS);
    rig_welcome(r, 2);
    rig_said(r);
    rig_beat_ack(r, 1, NULL, 0);
    assert_string_equal(rig_said(r), "");
    rig_tick(r, 2 * RIG_BEAT_MS);
    rig_close(r); /* checks */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(beats_name_the_highest_request_sent),
        TEST(an_ack_prolongs_the_lease),
        TEST(agreement_causes_nothing),
        TEST(what_the_coordinator_lacks_is_sent_again),
        TEST(the_same_number_of_others_is_a_difference),
        TEST(what_is_asked_behind_the_beat_does_not_count),
        TEST(what_is_answered_before_the_ack_does_not_count),
        TEST(what_is_asked_and_answered_behind_the_beat_does_not_count),
        TEST(what_is_forgotten_behind_the_beat_counts),
        TEST(what_is_refused_for_a_while_does_not_count),
        TEST(submits_that_wait_do_not_count),
        TEST(slow_acks_are_compared_with_their_own_beat),
        TEST(a_beat_under_way_does_not_outlive_its_session),
        TEST(a_difference_that_stays_needs_a_new_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
