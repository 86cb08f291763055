/* SPDX-License-Identifier: MIT */
/* Requests: sent once, again when it must be, answered, forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "client/core/client_check.h"
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

static void requests_of_one_turn_share_a_frame(void **state)
{
    struct rig *r = *state;

    rig_await(r, 1, 5);
    rig_await(r, 2, 6);
    rig_ask(r, (struct op){ .type = OP_STATUS, .u.status.req = 3 });
    assert_string_equal(rig_said(r), "[1.1 AWAIT:1=5.0 AWAIT:2=6.0 STATUS]");
}

static void a_large_frame_is_followed_by_a_new_one(void **state)
{
    struct rig *r = *state;
    static char text[TEXT_LEN_MAX];

    memset(text, 'x', sizeof text);
    for (uint64_t req = 1; req <= 80; req++) {
        struct op op = { .type = OP_CANCEL, .u.cancel.req = req };

        op.u.cancel.reason = view_of(text, sizeof text);
        rig_ask(r, op);
    }
    assert_int_equal(rig_n_frames(r), 3); /* 80 x 4 KiB, 128 KiB in each */
    for (size_t i = 0; i < rig_n_frames(r); i++)
        assert_true(r->out.sends.at[i].len < FRAME_LEN_GOOD + 2 * TEXT_LEN_MAX);
}

static void what_is_asked_is_copied(void **state)
{
    struct rig *r = *state;
    char name[] = "before";
    struct frame_head head;
    struct op op = { .type = OP_LIST, .u.list = { .req = 1 } };

    op.u.list.what = LIST_NAME;
    op.u.list.jobname = view_str(name);
    rig_ask(r, op);
    rig_said(r);
    memset(name, '?', sizeof name);
    rig_welcome(r, 2); /* sends it again */
    assert_int_equal(rig_n_frames(r), 1);
    frame_read(r->reader, buf_view(&r->out.sends.at[0]), &head);
    assert_int_equal(frame_next(r->reader, &op), ERR_NONE);
    assert_true(view_equal(op.u.list.jobname, view_str("before")));
}

static void submits_without_receipt_are_limited(void **state)
{
    struct rig *r = *state;

    for (uint64_t req = 1; req <= 5; req++)
        rig_submit(r, req);
    assert_string_equal(rig_said(r), "[1.1 SUBMIT:1! SUBMIT:2! SUBMIT:3!]");
    rig_receipt(r, 2, 10);
    assert_string_equal(rig_said(r), "[1.1 SUBMIT:4!]");
    rig_receipt(r, 1, 11);
    assert_string_equal(rig_said(r), "[1.1 SUBMIT:5!]");
}

static void nothing_else_waits_behind_submits(void **state)
{
    struct rig *r = *state;

    for (uint64_t req = 1; req <= 4; req++)
        rig_submit(r, req);
    rig_said(r);
    rig_await(r, 5, 9);
    assert_string_equal(rig_said(r), "[1.1 AWAIT:5=9.0]");
}

static void awaited_submits_leave_room_after_their_receipt(void **state)
{
    struct rig *r = *state;

    for (uint64_t req = 1; req <= 4; req++)
        rig_submit_await(r, req);
    rig_said(r);
    rig_receipt(r, 1, 10);
    assert_string_equal(rig_said(r), "[1.1 SUBMIT:4!]");
    assert_string_equal(rig_heard(r), "1:RECEIPT");
    rig_ended(r, 1, 10);
    assert_string_equal(rig_heard(r), "1:ENDED.");
    assert_int_equal(client_n_open(r->client), 3);
}

static void submits_are_limited_in_a_new_session_too(void **state)
{
    struct rig *r = *state;

    for (uint64_t req = 1; req <= 5; req++)
        rig_submit(r, req);
    rig_said(r);
    rig_welcome(r, 2);
    /* 4 and 5 were never sent: their keys are still fresh. */
    assert_string_equal(rig_said(r), "[1.2 SUBMIT:1 SUBMIT:2 SUBMIT:3]");
    rig_receipt(r, 1, 10);
    rig_receipt(r, 2, 11);
    assert_string_equal(rig_said(r), "[1.2 SUBMIT:4! SUBMIT:5!]");
}

static void with_a_receipt_only_the_end_is_asked_for_again(void **state)
{
    struct rig *r = *state;

    rig_submit_await(r, 1);
    rig_receipt(r, 1, 10);
    rig_said(r);
    rig_heard(r);
    rig_welcome(r, 2);
    assert_string_equal(rig_said(r), "[1.2 AWAIT:1=10.0]");
    rig_ended(r, 1, 10);
    assert_string_equal(rig_heard(r), "1:ENDED.");
}

static void an_end_without_receipt_closes_a_submit(void **state)
{
    struct rig *r = *state;

    rig_submit_await(r, 1);
    rig_ended(r, 1, 10);
    assert_string_equal(rig_heard(r), "1:ENDED.");
    assert_int_equal(client_n_open(r->client), 0);
}

static void a_second_receipt_is_not_heard(void **state)
{
    struct rig *r = *state;

    rig_submit_await(r, 1);
    rig_receipt(r, 1, 10);
    rig_receipt(r, 1, 10);
    assert_string_equal(rig_heard(r), "1:RECEIPT");
}

static void progress_closes_nothing(void **state)
{
    struct rig *r = *state;

    rig_await(r, 1, 10);
    rig_tell(r, (struct op){ .type = OP_PROGRESS, .u.progress.req = 1 });
    rig_tell(r, (struct op){ .type = OP_PROGRESS, .u.progress.req = 1 });
    assert_string_equal(rig_heard(r), "1:PROGRESS 1:PROGRESS");
    assert_int_equal(client_n_open(r->client), 1);
}

static void each_request_has_its_answer(void **state)
{
    struct rig *r = *state;

    rig_ask(r, (struct op){ .type = OP_FETCH, .u.fetch.req = 1 });
    rig_ask(r, (struct op){ .type = OP_CANCEL, .u.cancel.req = 2 });
    rig_ask(r, (struct op){ .type = OP_LIST, .u.list.req = 3 });
    rig_ask(r, (struct op){ .type = OP_STATUS, .u.status.req = 4 });
    rig_ask(r, (struct op){ .type = OP_WORKERS, .u.workers.req = 5 });
    rig_ask(r, (struct op){ .type = OP_TAIL, .u.tail.req = 6 });
    rig_tell(r, (struct op){ .type = OP_FETCH_REPLY, .u.fetch_reply.req = 1 });
    rig_tell(r,
             (struct op){ .type = OP_CANCEL_REPLY, .u.cancel_reply.req = 2 });
    rig_tell(r, (struct op){ .type = OP_LIST_REPLY, .u.list_reply.req = 3 });
    rig_tell(r,
             (struct op){ .type = OP_STATUS_REPLY, .u.status_reply.req = 4 });
    rig_tell(r,
             (struct op){ .type = OP_WORKERS_REPLY, .u.workers_reply.req = 5 });
    rig_tell(r, (struct op){ .type = OP_TAIL_REPLY, .u.tail_reply.req = 6 });
    assert_string_equal(
        rig_heard(r),
        "1:FETCH_REPLY. 2:CANCEL_REPLY. 3:LIST_REPLY. 4:STATUS_REPLY. "
        "5:WORKERS_REPLY. 6:TAIL_REPLY.");
    assert_int_equal(client_n_open(r->client), 0);
}

static void answers_that_fit_no_request_are_ignored(void **state)
{
    struct rig *r = *state;

    rig_await(r, 1, 10);
    rig_receipt(r, 7, 10);
    rig_receipt(r, 1, 10);
    rig_tell(r, (struct op){ .type = OP_LIST_REPLY, .u.list_reply.req = 1 });
    assert_string_equal(rig_heard(r), "");
    assert_int_equal(client_n_open(r->client), 1);
}

static void a_refusal_closes_the_request(void **state)
{
    struct rig *r = *state;

    rig_await(r, 1, 10);
    rig_refuse(r, 1, ERR_ABSENT, 0);
    assert_string_equal(rig_heard(r), "1:REFUSED.");
    assert_int_equal(client_n_open(r->client), 0);
}

static void a_refusal_for_a_while_is_kept_and_asked_again(void **state)
{
    struct rig *r = *state;

    rig_submit(r, 1);
    rig_said(r);
    rig_refuse(r, 1, ERR_FULL, 400);
    assert_string_equal(rig_heard(r), "");
    rig_tick(r, 399);
    assert_string_equal(rig_said(r), "");
    assert_string_equal(client_put_off(r->client), "no");
    assert_in_range(r->out.wake_ms, 400, 600);
    rig_tick(r, r->out.wake_ms);
    assert_string_equal(rig_said(r), "[1.1 SUBMIT:1]");
    rig_receipt(r, 1, 10);
    assert_string_equal(rig_heard(r), "1:RECEIPT.");
    assert_string_equal(client_put_off(r->client), "");
}

static void submits_wait_together_and_in_order(void **state)
{
    struct rig *r = *state;

    for (uint64_t req = 1; req <= 4; req++)
        rig_submit(r, req);
    rig_said(r);
    rig_refuse(r, 2, ERR_FULL, 400);
    rig_refuse(r, 1, ERR_FULL, 400);
    rig_await(r, 5, 9);
    assert_string_equal(rig_said(r), "[1.1 AWAIT:5=9.0]");
    rig_tick(r, 600);
    assert_string_equal(rig_said(r), "[1.1 SUBMIT:1 SUBMIT:2]");
    rig_receipt(r, 3, 10);
    assert_string_equal(rig_said(r), "[1.1 SUBMIT:4!]");
}

static void of_two_pauses_the_longer_counts(void **state)
{
    struct rig *r = *state;

    rig_submit(r, 1);
    rig_submit(r, 2);
    rig_refuse(r, 1, ERR_FULL, 400);
    rig_refuse(r, 2, ERR_BUSY, 100);
    rig_said(r);
    rig_tick(r, 399);
    assert_string_equal(rig_said(r), "");
    rig_tick(r, 600);
    assert_string_equal(rig_said(r), "[1.1 SUBMIT:1 SUBMIT:2]");
}

static void a_new_session_holds_nothing_back(void **state)
{
    struct rig *r = *state;

    rig_submit(r, 1);
    rig_refuse(r, 1, ERR_FULL, 400);
    rig_said(r);
    rig_welcome(r, 2);
    assert_string_equal(rig_said(r), "[1.2 SUBMIT:1]");
}

static void what_is_forgotten_is_not_heard(void **state)
{
    struct rig *r = *state;

    rig_await(r, 1, 10);
    rig_forget(r, 1);
    assert_string_equal(rig_said(r), "[1.1 AWAIT:1=10.0 FORGET:1]");
    rig_ended(r, 1, 10);
    assert_string_equal(rig_heard(r), "");
    rig_forget(r, 1);
    assert_string_equal(rig_said(r), "");
}

static void forgetting_what_was_not_sent_says_nothing(void **state)
{
    struct rig *r = *state;

    for (uint64_t req = 1; req <= 4; req++)
        rig_submit(r, req);
    rig_said(r);
    rig_forget(r, 4);
    assert_string_equal(rig_said(r), "");
    assert_int_equal(client_n_open(r->client), 3);
}

static void forgetting_a_submit_makes_room(void **state)
{
    struct rig *r = *state;

    for (uint64_t req = 1; req <= 4; req++)
        rig_submit(r, req);
    rig_said(r);
    rig_forget(r, 2);
    assert_string_equal(rig_said(r), "[1.1 FORGET:2 SUBMIT:4!]");
}

static void ask_and_forget(struct rig *r, uint64_t req, const struct op *op)
{
    (void)op;
    r->on_answer = NULL;
    rig_forget(r, req);
    rig_await(r, 100, 10);
}

static void an_answer_may_lead_to_more_requests(void **state)
{
    struct rig *r = *state;

    rig_submit_await(r, 1);
    rig_said(r);
    r->on_answer = ask_and_forget;
    rig_receipt(r, 1, 10);
    assert_string_equal(rig_said(r), "[1.1 FORGET:1 AWAIT:100=10.0]");
    assert_int_equal(client_n_open(r->client), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(requests_of_one_turn_share_a_frame),
        TEST(a_large_frame_is_followed_by_a_new_one),
        TEST(what_is_asked_is_copied),
        TEST(submits_without_receipt_are_limited),
        TEST(nothing_else_waits_behind_submits),
        TEST(awaited_submits_leave_room_after_their_receipt),
        TEST(submits_are_limited_in_a_new_session_too),
        TEST(with_a_receipt_only_the_end_is_asked_for_again),
        TEST(an_end_without_receipt_closes_a_submit),
        TEST(a_second_receipt_is_not_heard),
        TEST(progress_closes_nothing),
        TEST(each_request_has_its_answer),
        TEST(answers_that_fit_no_request_are_ignored),
        TEST(a_refusal_closes_the_request),
        TEST(a_refusal_for_a_while_is_kept_and_asked_again),
        TEST(submits_wait_together_and_in_order),
        TEST(of_two_pauses_the_longer_counts),
        TEST(a_new_session_holds_nothing_back),
        TEST(what_is_forgotten_is_not_heard),
        TEST(forgetting_what_was_not_sent_says_nothing),
        TEST(forgetting_a_submit_makes_room),
        TEST(an_answer_may_lead_to_more_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
