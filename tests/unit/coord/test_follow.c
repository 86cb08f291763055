/* SPDX-License-Identifier: MIT */
/* Who needs all of an output is known to the worker that has it: from the
 * start, and no longer than the follower is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "coordinator/core/coord.h"
#include "libcommon/check.h"
#include "tests/unit/coord/coord_rig.h"

#define CLIENT 1
#define OTHER 3
#define WORKER 7

/* Submit a command, and follow what it says. */
static void submit(struct rig *r, unsigned conn, uint8_t follow)
{
    struct op op = { .type = OP_SUBMIT,
                     .u.submit = { .req = 1,
                                   .key = { { 1, (uint8_t)conn } },
                                   .fresh = true,
                                   .await = true,
                                   .kind = KIND_COMMAND,
                                   .spec = view_str("x"),
                                   .follow = follow } };

    rig_op(r, conn, op);
}

static void await(struct rig *r, unsigned conn, uint64_t req, uint8_t follow)
{
    struct op op = { .type = OP_AWAIT,
                     .u.await = { .req = req, .job = 1, .follow = follow } };

    rig_op(r, conn, op);
}

static void tail(struct rig *r, unsigned conn, uint64_t req, uint64_t offset)
{
    struct op op = { .type = OP_TAIL,
                     .u.tail = { .req = req,
                                 .job = 1,
                                 .elem = 1,
                                 .stream = STREAM_OUT,
                                 .offset = offset,
                                 .max = 10 } };

    rig_op(r, conn, op);
}

static void what_a_submit_follows_is_followed_from_the_start(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    submit(r, CLIENT, STREAM_BITS);
    assert_string_equal(rig_said(r),
                        "7 ASSIGN 1.1 fence 1.2 item '' followed 3\n");
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 RECEIPT 1 job 1\n");
}

/* Without it the client could not tail what is held for it. */
static void a_receipt_is_said_again_while_its_output_is_followed(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    submit(r, CLIENT, STREAM_BITS);
    rig_op(r, CLIENT, (struct op){ .type = OP_BEAT });
    assert_string_equal(rig_said(r),
                        "7 ASSIGN 1.1 fence 1.2 item '' followed 3\n");
    rig_sync(r);
    rig_said(r);
    rig_op(r, CLIENT, (struct op){ .type = OP_BEAT });
    assert_string_equal(rig_said(r), "1 RECEIPT 1 job 1\n");
}

static void what_nobody_follows_is_not(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    submit(r, CLIENT, 0);
    assert_string_equal(rig_said(r), "7 ASSIGN 1.1 fence 1.2 item ''\n");
}

static void who_comes_later_is_told_to_the_worker(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    submit(r, CLIENT, 0);
    rig_sync(r);
    rig_said(r);
    await(r, CLIENT, 2, STREAM_BIT(STREAM_ERR));
    assert_string_equal(rig_said(r), "7 FOLLOW 1.1 2 from 0 and 0\n");
    rig_op(r, CLIENT, (struct op){ .type = OP_FORGET, .u.forget.req = 2 });
    assert_string_equal(rig_said(r), "7 FOLLOW 1.1 0 from 0 and 0\n");
}

static void what_a_follower_has_is_not_kept_for_it(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    submit(r, CLIENT, STREAM_BITS);
    rig_sync(r);
    rig_said(r);
    tail(r, CLIENT, 2, 70);
    assert_string_equal(rig_said(r), "7 TAIL_ASK 1.1 at 70 keep 70\n");
    rig_hello_client(r, OTHER);
    tail(r, OTHER, 2, 900); /* who does not follow has no say */
    assert_string_equal(rig_said(r), "7 TAIL_ASK 1.1 at 900 keep 70\n");
}

static void the_slowest_of_several_followers_counts(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    submit(r, CLIENT, STREAM_BITS);
    rig_sync(r);
    tail(r, CLIENT, 2, 70);
    rig_said(r);
    rig_hello_client(r, OTHER);
    await(r, OTHER, 1, STREAM_BIT(STREAM_OUT));
    assert_string_equal(rig_said(r), "7 FOLLOW 1.1 3 from 0 and 0\n");
    tail(r, OTHER, 2, 50);
    assert_string_equal(rig_said(r), "7 TAIL_ASK 1.1 at 50 keep 50\n");
    rig_op(r, OTHER, (struct op){ .type = OP_BYE });
    assert_string_equal(rig_said(r), "7 FOLLOW 1.1 3 from 70 and 0\n");
}

static void a_client_that_comes_back_still_follows(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    submit(r, CLIENT, STREAM_BITS);
    rig_sync(r);
    rig_said(r);
    rig_gone(r, CLIENT);
    rig_pass(r, coord_config_default.lease_ms / 2);
    rig_hello_client(r, CLIENT); /* the same process */
    await(r, CLIENT, 1, STREAM_BITS);
    rig_pass(r, coord_config_default.lease_ms / 2);
    assert_string_equal(rig_said(r), "");
}

static void
a_client_that_does_not_holds_nothing_for_longer_than_a_lease(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    submit(r, CLIENT, STREAM_BITS);
    rig_sync(r);
    rig_said(r);
    rig_gone(r, CLIENT);
    rig_pass(r, coord_config_default.lease_ms - 1);
    assert_string_equal(rig_said(r), "");
    rig_pass(r, 1);
    assert_string_equal(rig_said(r), "7 FOLLOW 1.1 0 from 0 and 0\n");
}

/* For messages get lost: no digest has it. */
static void
a_worker_hears_with_each_beat_what_was_said_of_followers(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    submit(r, CLIENT, STREAM_BITS);
    rig_sync(r);
    rig_op(r, CLIENT, (struct op){ .type = OP_BYE });
    assert_string_equal(rig_said(r),
                        "7 ASSIGN 1.1 fence 1.2 item '' followed 3\n"
                        "1 RECEIPT 1 job 1\n7 FOLLOW 1.1 0 from 0 and 0\n");
    rig_op(r, WORKER, (struct op){ .type = OP_BEAT });
    assert_string_equal(rig_said(r), "7 FOLLOW 1.1 0 from 0 and 0\n");
}

/* A beat follows each hello of the rig. The worker goes on holding what is
 * followed only while it hears of it. */
static void a_new_session_of_the_worker_hears_of_followers(void **state)
{
    struct rig *r = *state;
    struct attempt_key held = rig_held(1, 1, 1, 2);

    rig_worker(r);
    submit(r, CLIENT, STREAM_BITS);
    rig_sync(r);
    rig_said(r);
    rig_gone(r, WORKER);
    rig_hello_worker(r, WORKER, "w", 1, 2, &held, 1);
    assert_string_equal(rig_said(r), "7 RECONCILE 1.1 keep\n"
                                     "7 FOLLOW 1.1 3 from 0 and 0\n"
                                     "7 FOLLOW 1.1 3 from 0 and 0\n");
}

static void after_a_restart_the_client_renews_what_it_follows(void **state)
{
    struct rig *r = *state;
    struct attempt_key held = rig_held(1, 1, 1, 2);

    rig_worker(r);
    submit(r, CLIENT, STREAM_BITS);
    rig_sync(r);
    rig_crash(r);
    rig_hello_client(r, CLIENT);
    await(r, CLIENT, 1, STREAM_BITS);
    rig_said(r);
    rig_hello_worker(r, WORKER, "w", 1, 2, &held, 1);
    assert_string_equal(rig_said(r), "7 RECONCILE 1.1 keep\n"
                                     "7 FOLLOW 1.1 3 from 0 and 0\n"
                                     "7 FOLLOW 1.1 3 from 0 and 0\n");
}

/* ---- an attempt that is retried ---- */

static void tail_more(struct rig *r, uint64_t req, uint64_t offset,
                      uint64_t attempt, bool done)
{
    struct op op = { .type = OP_TAIL,
                     .u.tail = { .req = req,
                                 .job = 1,
                                 .elem = 1,
                                 .stream = STREAM_OUT,
                                 .offset = offset,
                                 .max = 10,
                                 .epoch = 1,
                                 .attempt = attempt,
                                 .done = done } };

    rig_op(r, CLIENT, op);
}

/* It has failed, and wrote this; it starts again in a millisecond. */
static void fail_with(struct rig *r, uint64_t attempt, const char *body)
{
    rig_op(r, WORKER,
           (struct op){ .type = OP_RESULT,
                        .u.result.outcome = { .job = 1,
                                              .elem = 1,
                                              .epoch = 1,
                                              .attempt = attempt,
                                              .state = STATE_FAILED,
                                              .reason = view_str("exit"),
                                              .retry = RETRY_WANTED,
                                              .retry_ms = 1,
                                              .body = view_str(body) } });
}

static void submit_retried(struct rig *r, uint8_t follow)
{
    struct op op = { .type = OP_SUBMIT,
                     .u.submit = { .req = 1,
                                   .key = { { 1 } },
                                   .fresh = true,
                                   .await = true,
                                   .kind = KIND_COMMAND,
                                   .spec = view_str("x"),
                                   .policy = { .retries = 9 },
                                   .follow = follow } };

    rig_worker(r);
    rig_op(r, CLIENT, op);
    rig_sync(r);
    rig_said(r);
}

static void a_follower_reads_all_of_an_attempt_before_the_next(void **state)
{
    struct rig *r = *state;

    submit_retried(r, STREAM_BITS);
    fail_with(r, 2, "first");
    rig_sync(r);
    rig_pass(r, 10);
    rig_said(r);
    tail_more(r, 2, 70, 2, false);
    assert_string_equal(rig_said(r),
                        "1 TAIL_REPLY 2 of 1.2 at 70 '' body 'first'\n");
    tail_more(r, 3, 70, 2, false); /* the answer was lost */
    assert_string_equal(rig_said(r),
                        "1 TAIL_REPLY 3 of 1.2 at 70 '' body 'first'\n");
    tail_more(r, 4, 90, 2, true);
    assert_string_equal(rig_said(r), "7 TAIL_ASK 1.1 at 0 keep 0\n");
}

static void who_waits_for_more_hears_of_the_end_of_an_attempt(void **state)
{
    struct rig *r = *state;

    submit_retried(r, STREAM_BITS);
    tail_more(r, 2, 70, 2, false);
    assert_string_equal(rig_said(r), "7 TAIL_ASK 1.1 at 70 keep 70\n");
    fail_with(r, 2, "");
    assert_string_equal(rig_said(r),
                        "1 TAIL_REPLY 2 of 1.2 at 70 '' body ''\n");
    tail_more(r, 3, 70, 2, true);
    assert_string_equal(rig_said(r), "");
}

/* Two failures, and the client still reads the first. */
static void attempts_are_read_in_their_order(void **state)
{
    struct rig *r = *state;

    submit_retried(r, STREAM_BIT(STREAM_OUT));
    fail_with(r, 2, "first");
    rig_sync(r);
    rig_pass(r, 10);
    fail_with(r, 3, "second");
    rig_sync(r);
    rig_said(r);
    tail_more(r, 2, 0, 0, false);
    tail_more(r, 3, 5, 2, true);
    tail_more(r, 4, 6, 3, true);
    assert_string_equal(rig_said(r),
                        "1 TAIL_REPLY 2 of 1.2 at 0 '' body 'first'\n"
                        "1 TAIL_REPLY 3 of 1.3 at 0 '' body 'second'\n");
}

static void nothing_is_kept_for_who_does_not_follow(void **state)
{
    struct rig *r = *state;

    submit_retried(r, STREAM_BIT(STREAM_ERR));
    fail_with(r, 2, "first");
    rig_sync(r);
    rig_said(r);
    tail_more(r, 2, 3, 2, false);
    assert_string_equal(rig_said(r), "");
}

static void a_whole_array_has_no_output_to_follow(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 3, 0, "x", false);
    rig_sync(r);
    rig_said(r);
    await(r, CLIENT, 2, STREAM_BITS);
    assert_string_equal(rig_said(r), "");
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_a_submit_follows_is_followed_from_the_start),
        TEST(a_receipt_is_said_again_while_its_output_is_followed),
        TEST(what_nobody_follows_is_not),
        TEST(who_comes_later_is_told_to_the_worker),
        TEST(what_a_follower_has_is_not_kept_for_it),
        TEST(the_slowest_of_several_followers_counts),
        TEST(a_client_that_comes_back_still_follows),
        TEST(a_client_that_does_not_holds_nothing_for_longer_than_a_lease),
        TEST(a_worker_hears_with_each_beat_what_was_said_of_followers),
        TEST(a_new_session_of_the_worker_hears_of_followers),
        TEST(after_a_restart_the_client_renews_what_it_follows),
        TEST(a_follower_reads_all_of_an_attempt_before_the_next),
        TEST(who_waits_for_more_hears_of_the_end_of_an_attempt),
        TEST(attempts_are_read_in_their_order),
        TEST(nothing_is_kept_for_who_does_not_follow),
        TEST(a_whole_array_has_no_output_to_follow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
