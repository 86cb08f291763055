/* SPDX-License-Identifier: MIT */
/* What an outcome cannot carry goes before it, in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/body.h"
#include "tests/unit/worker/worker_rig.h"

#define FROM (OUTPUT_LEN_MAX / 2)

/* It has written so many more bytes to stdout than its body has, of which a
 * follower has received `taken`. */
static void end_large(struct rig *r, struct attempt_key id, uint64_t more,
                      uint64_t taken)
{
    struct spooled spooled[SHIPMENT_STREAMS] = {
        { FROM, FROM + more, FROM + taken }, { FROM, FROM, 0 }
    };
    struct body body = { .out = view_str("kept"),
                         .out_len = 4 + more,
                         .out_head = 4,
                         .out_stored = more };
    struct buf packed = { 0 };
    struct outcome o = { .id = id, .state = STATE_DONE };
    struct worker_event e = { .type = WORKER_ENDED,
                              .u.ended = { &o, spooled } };

    body_encode(&packed, &body);
    o.body = buf_view(&packed);
    rig_step(r, &e);
    buf_fini(&packed);
}

/* The shell has read it; no bytes: it could not. */
static void read_piece(struct rig *r, struct attempt_key id, uint64_t k,
                       const char *bytes)
{
    struct worker_event e = { .type = WORKER_PIECE };

    e.u.piece.id = id;
    e.u.piece.piece = (struct piece){ .stream = STREAM_OUT,
                                      .offset = FROM + k * PIECE_LEN_MAX,
                                      .len = PIECE_LEN_MAX,
                                      .bytes = view_str(bytes) };
    rig_step(r, &e);
}

static void kept(struct rig *r, struct attempt_key id, uint64_t k, bool refused)
{
    struct op op = { .type = OP_PIECE_KEPT };

    op.u.piece_kept.id = id;
    op.u.piece_kept.stream = STREAM_OUT;
    op.u.piece_kept.offset = FROM + k * PIECE_LEN_MAX;
    op.u.piece_kept.refused = refused;
    rig_say(r, &op);
}

#define READ(k) "read 1.1@5.1 stream 1 at " #k " len 262144\n"

static struct rig *rig_with_two(void)
{
    struct rig *r = rig_connected(2, 1);

    rig_assign(r, rig_id(1, 1), KIND_COMMAND);
    rig_assign(r, rig_id(2, 2), KIND_COMMAND);
    rig_forget(r);
    return r;
}

static void the_result_leaves_when_all_pieces_are_kept(void **state)
{
    struct rig *r = rig_with_two();

    (void)state;
    end_large(r, rig_id(1, 1), PIECE_LEN_MAX + 7, 0);
    rig_expect(r, READ(524288) "read 1.1@5.1 stream 1 at 786432 len 7\n");
    read_piece(r, rig_id(1, 1), 0, "one");
    read_piece(r, rig_id(1, 1), 1, "two");
    rig_expect(r, "frame 5.1\nKEEP_PIECE 1.1@5.1 stream 1 at 524288 \"one\"\n"
                  "frame 5.1\nKEEP_PIECE 1.1@5.1 stream 1 at 786432 \"two\"\n");
    kept(r, rig_id(1, 1), 0, false);
    rig_expect(r, "");
    kept(r, rig_id(1, 1), 1, false);
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 done stored 262151\n"
                  "forget 1.1@5.1\n");
    kept(r, rig_id(1, 1), 1, false);
    rig_expect(r, "");
    rig_free(r);
}

static void few_are_under_way_at_a_time(void **state)
{
    struct rig *r = rig_with_two();

    (void)state;
    end_large(r, rig_id(1, 1), 5 * PIECE_LEN_MAX, 0);
    rig_expect(r, READ(524288) READ(786432) READ(1048576) READ(1310720));
    end_large(r, rig_id(2, 2), 10, 0);
    rig_expect(r, "");
    for (uint64_t k = 0; k < PIECES_AHEAD; k++)
        read_piece(r, rig_id(1, 1), k, "x");
    rig_forget(r);
    kept(r, rig_id(1, 1), 0, false);
    rig_expect(r, READ(1572864));
    kept(r, rig_id(1, 1), 1, false);
    rig_expect(r, "read 2.1@5.2 stream 1 at 524288 len 10\n");
    rig_free(r);
}

static void a_new_session_begins_with_the_first_that_is_not_kept(void **state)
{
    struct rig *r = rig_with_two();

    (void)state;
    end_large(r, rig_id(1, 1), 2 * PIECE_LEN_MAX, 0);
    read_piece(r, rig_id(1, 1), 0, "x");
    read_piece(r, rig_id(1, 1), 1, "x");
    kept(r, rig_id(1, 1), 0, false);
    rig_simple(r, OP_WHO);
    rig_tick(r, r->actions.wake_ms);
    rig_welcome(r, 5, 2);
    rig_forget(r);
    kept(r, rig_id(1, 1), 1, false); /* of the former session */
    rig_expect(r, "");
    rig_rule(r, rig_id(1, 1), VERDICT_KEEP);
    rig_expect(r, READ(786432));
    rig_free(r);
}

static void what_is_refused_is_told_as_dropped(void **state)
{
    struct rig *r = rig_with_two();

    (void)state;
    end_large(r, rig_id(1, 1), 3 * PIECE_LEN_MAX, PIECE_LEN_MAX + 100);
    for (uint64_t k = 0; k < 3; k++)
        read_piece(r, rig_id(1, 1), k, "x");
    kept(r, rig_id(1, 1), 0, false);
    rig_forget(r);
    kept(r, rig_id(1, 1), 1, true);
    rig_expect(r, "frame 5.1\n"
                  "RESULT 1.1@5.1 done stored 262144 dropped 524188\n"
                  "forget 1.1@5.1\n");
    rig_free(r);
}

static void what_cannot_be_read_is_told_as_dropped(void **state)
{
    struct rig *r = rig_with_two();

    (void)state;
    end_large(r, rig_id(1, 1), 10, 0);
    rig_forget(r);
    read_piece(r, rig_id(1, 1), 0, "");
    rig_expect(r, "frame 5.1\nRESULT 1.1@5.1 done dropped 10\n"
                  "forget 1.1@5.1\n");
    rig_free(r);
}

static void an_answer_that_is_lost_is_asked_for_at_a_beat(void **state)
{
    struct rig *r = rig_with_two();
    struct attempt_key held[] = { rig_id(1, 1), rig_id(2, 2) };

    (void)state;
    end_large(r, rig_id(1, 1), 10, 0);
    read_piece(r, rig_id(1, 1), 0, "x");
    rig_forget(r);
    rig_tick(r, r->now_ms + RIG_BEAT_MS);
    rig_expect(r, "frame 5.1\nBEAT 2\n"
                  "read 1.1@5.1 stream 1 at 524288 len 10\n");
    rig_beat_ack(r, 2, 2, held, 2);
    rig_expect(r, "");
    rig_free(r);
}

static void what_is_dropped_is_forgotten(void **state)
{
    struct rig *r = rig_with_two();

    (void)state;
    end_large(r, rig_id(1, 1), 10, 0);
    rig_forget(r);
    rig_rule(r, rig_id(1, 1), VERDICT_KILL);
    rig_expect(r, "forget 1.1@5.1\n");
    rig_rule(r, rig_id(2, 2), VERDICT_KILL); /* it runs */
    rig_forget(r);
    end_large(r, rig_id(2, 2), 10, 0);
    rig_expect(r, "forget 2.1@5.2\n");
    rig_free(r);
}

static void its_rest_is_told_when_it_is_stored(void **state)
{
    struct rig *r = rig_with_two();

    (void)state;
    end_large(r, rig_id(1, 1), 10, 0);
    rig_forget(r);
    rig_tail_ask(r, 9, rig_id(1, 1), 2, 1000);
    rig_expect(r, "frame 5.1\nTAIL_DATA 9 at 2 \"\" ended\n");
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_result_leaves_when_all_pieces_are_kept),
        cmocka_unit_test(few_are_under_way_at_a_time),
        cmocka_unit_test(a_new_session_begins_with_the_first_that_is_not_kept),
        cmocka_unit_test(what_is_refused_is_told_as_dropped),
        cmocka_unit_test(what_cannot_be_read_is_told_as_dropped),
        cmocka_unit_test(an_answer_that_is_lost_is_asked_for_at_a_beat),
        cmocka_unit_test(what_is_dropped_is_forgotten),
        cmocka_unit_test(its_rest_is_told_when_it_is_stored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
