/* SPDX-License-Identifier: MIT */
/* Asking for the output of an attempt, before, while and after it runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/body.h"
#include "tests/unit/worker/worker_rig.h"

static void end_with(struct rig *r, struct attempt_key id,
                     const struct body *body)
{
    struct buf packed = { 0 };
    struct outcome o = { .id = id, .state = STATE_DONE };

    body_encode(&packed, body);
    o.body = buf_view(&packed);
    rig_end_with(r, &o);
    rig_forget(r);
    buf_fini(&packed);
}

/* 100 bytes were written: "head" at 0, "tail" at 96. */
static void end_with_output(struct rig *r, struct attempt_key id)
{
    struct body body = { .out = view_str("headtail"),
                         .out_len = 100,
                         .out_head = 4 };

    end_with(r, id, &body);
}

static void a_running_attempt_is_the_shells_to_tail(void **state)
{
    struct rig *r = rig_connected(1, 1);
    struct worker_event e = { .type = WORKER_TAIL };

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_forget(r);
    rig_tail_ask(r, 9, rig_id(1, 1), 40, 1000);
    rig_expect(r, "tail 9 1.1@5.1 at 40 max 1000\n");
    e.u.tail.tail = 9;
    e.u.tail.offset = 44;
    e.u.tail.bytes = view_str("abc");
    rig_step(r, &e);
    rig_expect(r, "frame 5.1\nTAIL_DATA 9 at 44 \"abc\"\n");
    rig_free(r);
}

static void follow(struct rig *r, struct attempt_key id, uint8_t streams)
{
    struct op op = { .type = OP_FOLLOW };

    op.u.follow.id = id;
    op.u.follow.streams = streams;
    op.u.follow.out_keep = 5;
    op.u.follow.err_keep = 6;
    rig_say(r, &op);
}

static void what_is_followed_is_the_shells_to_keep(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_forget(r);
    follow(r, rig_id(1, 1), STREAM_BIT(STREAM_OUT));
    rig_expect(r, "follow 1 1.1@5.1 from 5 and 6\n");
    follow(r, rig_id(8, 8), STREAM_BIT(STREAM_OUT));
    rig_expect(r, "");
    rig_free(r);
}

static void a_queued_attempt_is_followed_from_its_start(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    follow(r, rig_id(2, 2), STREAM_BITS);
    rig_forget(r);
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 done\n"
                  "start 2.1@5.2 command \"\" \"spec\" \"item\" followed 3 "
                  "try 1\n");
    rig_free(r);
}

static void a_queued_attempt_is_tailed_when_it_starts(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    rig_tail_ask(r, 9, rig_id(2, 2), 0, 10);
    rig_tail_ask(r, 8, rig_id(2, 2), 3, 10);
    rig_tail_ask(r, 9, rig_id(2, 2), 5, 10); /* replaces the first */
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_expect(r, "start 1.1@5.1 command \"\" \"spec\" \"item\" try 1\n"
                  "frame 5.1\nRESULT 1.1@5.1 done\n"
                  "start 2.1@5.2 command \"\" \"spec\" \"item\" try 1\n"
                  "tail 8 2.1@5.2 at 3 max 10\n"
                  "tail 9 2.1@5.2 at 5 max 10\n");
    rig_free(r);
}

static void a_tail_of_what_never_starts_ends(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    rig_tail_ask(r, 9, rig_id(2, 2), 0, 10);
    rig_forget(r);
    rig_stop(r, rig_id(2, 2));
    rig_expect(r, "frame 5.1\nTAIL_DATA 9 at 0 \"\" ended\n"
                  "RESULT 2.1@5.2 cancelled \"cancelled\" \"why\"\n");
    rig_free(r);
}

static void an_ended_attempt_is_answered_from_what_was_kept(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    end_with_output(r, rig_id(1, 1));
    rig_tail_ask(r, 9, rig_id(1, 1), 0, 3);
    rig_tail_ask(r, 9, rig_id(1, 1), 3, 100);
    rig_tail_ask(r, 9, rig_id(1, 1), 4, 100); /* in the gap */
    rig_tail_ask(r, 9, rig_id(1, 1), 50, 2);
    rig_tail_ask(r, 9, rig_id(1, 1), 98, 100);
    rig_tail_ask(r, 9, rig_id(1, 1), 100, 100);
    rig_tail_ask(r, 9, rig_id(1, 1), UINT64_MAX, 0);
    rig_expect(r, "frame 5.1\nTAIL_DATA 9 at 0 \"hea\"\n"
                  "frame 5.1\nTAIL_DATA 9 at 3 \"d\"\n"
                  "frame 5.1\nTAIL_DATA 9 at 96 \"tail\" ended\n"
                  "frame 5.1\nTAIL_DATA 9 at 96 \"ta\"\n"
                  "frame 5.1\nTAIL_DATA 9 at 98 \"il\" ended\n"
                  "frame 5.1\nTAIL_DATA 9 at 100 \"\" ended\n"
                  "frame 5.1\nTAIL_DATA 9 at 18446744073709551615 \"\" "
                  "ended\n");
    rig_free(r);
}

static void output_that_is_kept_whole_has_no_gap(void **state)
{
    struct rig *r = rig_connected(1, 1);
    struct body body = { .out = view_str("all"), .out_len = 3, .out_head = 3 };

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    end_with(r, rig_id(1, 1), &body);
    rig_tail_ask(r, 9, rig_id(1, 1), 1, 100);
    rig_expect(r, "frame 5.1\nTAIL_DATA 9 at 1 \"ll\" ended\n");
    rig_free(r);
}

static void an_unknown_attempt_has_no_more_output(void **state)
{
    struct rig *r = rig_connected(1, 1);

    (void)state;
    rig_tail_ask(r, 9, rig_id(1, 1), 7, 100);
    rig_expect(r, "frame 5.1\nTAIL_DATA 9 at 7 \"\" ended\n");
    rig_free(r);
}

static void a_new_session_knows_no_tails(void **state)
{
    struct rig *r = rig_connected(1, 1);
    struct worker_event e = { .type = WORKER_TAIL };

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    rig_tail_ask(r, 9, rig_id(2, 2), 0, 10);
    rig_forget(r);
    r->now_ms = 1000;
    rig_simple(r, OP_BYE);
    rig_expect(r, "untail\n");
    rig_step(r, &e);
    rig_expect(r, "");
    rig_end(r, rig_id(1, 1), STATE_DONE);
    rig_expect(r, "start 2.1@5.2 command \"\" \"spec\" \"item\" try 1\n");
    rig_free(r);
}

/* Who does not come back when the coordinator is there again is not waited for
 * as long as while it is away. */
static void in_a_new_session_followers_come_back_soon(void **state)
{
    struct rig *r = rig_connected(2, 2);

    (void)state;
    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    follow(r, rig_id(2, 2), STREAM_BITS);
    r->now_ms = 1000;
    rig_simple(r, OP_BYE);
    r->now_ms = 2000;
    rig_tick(r, 2000);
    rig_welcome(r, 6, 2);
    rig_forget(r);
    rig_rule(r, rig_id(1, 1), VERDICT_KEEP);
    rig_rule(r, rig_id(2, 2), VERDICT_KEEP);
    rig_expect(r, "rejoin 2.1@5.2\n");
    rig_rule(r, rig_id(2, 2), VERDICT_KEEP); /* said again */
    rig_expect(r, "");
    rig_free(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_a_new_session_followers_come_back_soon),
        cmocka_unit_test(a_running_attempt_is_the_shells_to_tail),
        cmocka_unit_test(what_is_followed_is_the_shells_to_keep),
        cmocka_unit_test(a_queued_attempt_is_followed_from_its_start),
        cmocka_unit_test(a_queued_attempt_is_tailed_when_it_starts),
        cmocka_unit_test(a_tail_of_what_never_starts_ends),
        cmocka_unit_test(an_ended_attempt_is_answered_from_what_was_kept),
        cmocka_unit_test(output_that_is_kept_whole_has_no_gap),
        cmocka_unit_test(an_unknown_attempt_has_no_more_output),
        cmocka_unit_test(a_new_session_knows_no_tails),
    };
    return cmocka_run_group_tests_name("tails", tests, NULL, NULL);
}
