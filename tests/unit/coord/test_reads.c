/* SPDX-License-Identifier: MIT */
/* What clients read is read by turns, a few at a time, and only for those who
 * wait for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "tests/unit/coord/coord_rig.h"

#define GREEDY 1
#define HONEST 2
#define OTHER 3
#define WORKER 7
#define ABSENT 900 /* is no job, which only the store knows for sure */

/* A life in which the store is given so many reads at a time. */
static void begin(struct rig *r, uint32_t reads_max)
{
    rig_init(r);
    r->config.reads_max = reads_max;
    rig_crash(r);
    for (unsigned conn = GREEDY; conn <= OTHER; conn++)
        rig_hello_client(r, conn);
    rig_sync(r);
    rig_said(r);
}

static void ask(struct rig *r, unsigned conn, uint64_t req, uint64_t job)
{
    rig_op(
        r, conn,
        (struct op){ .type = OP_AWAIT, .u.await = { .req = req, .job = job } });
}

static void ask_much(struct rig *r, unsigned conn, uint64_t n)
{
    for (uint64_t req = 1; req <= n; req++)
        ask(r, conn, req, ABSENT);
}

static void forget(struct rig *r, unsigned conn, uint64_t req)
{
    rig_op(r, conn,
           (struct op){ .type = OP_FORGET, .u.forget = { .req = req } });
}

static void sessions_are_answered_by_turns(void **state)
{
    struct rig rig, *r = &rig;

    (void)state;
    begin(r, 1);
    ask_much(r, GREEDY, 4);
    ask(r, HONEST, 1, ABSENT);
    ask(r, HONEST, 2, ABSENT);
    ask(r, OTHER, 1, ABSENT);
    for (unsigned i = 0; i < 7; i++)
        rig_read(r);
    assert_string_equal(rig_said(r), "1 REFUSED 1 not found\n"
                                     "1 REFUSED 2 not found\n"
                                     "2 REFUSED 1 not found\n"
                                     "3 REFUSED 1 not found\n"
                                     "1 REFUSED 3 not found\n"
                                     "2 REFUSED 2 not found\n"
                                     "1 REFUSED 4 not found\n");
    rig_fini(r);
}

static void the_store_has_a_few_reads_at_a_time(void **state)
{
    struct rig rig, *r = &rig;
    unsigned n_turns = 0;

    (void)state;
    begin(r, 8);
    ask_much(r, GREEDY, 100);
    for (; r->actions.n_reads > 0; n_turns++) {
        assert_in_range(r->actions.n_reads, 1, 8);
        rig_read(r);
    }
    assert_in_range(n_turns, 100 / 8, 100 / 4);
    assert_non_null(strstr(rig_said(r), "REFUSED 100 "));
    rig_fini(r);
}

static void the_store_has_fewer_reads_when_answers_are_large(void **state)
{
    static char large[1 << 20];
    struct rig rig, *r = &rig;

    (void)state;
    begin(r, 32);
    memset(large, 'x', sizeof large - 1);
    rig_submit(r, GREEDY, 1, 0, 0, large, false);
    rig_sync(r);
    for (uint64_t req = 2; req < 100; req++)
        rig_op(r, GREEDY,
               (struct op){ .type = OP_LIST,
                            .u.list = { .req = req,
                                        .what = LIST_ID,
                                        .id = 257,
                                        .full = true } });
    assert_in_range(r->actions.n_reads, 16, 32);
    rig_read(r);
    rig_read(r);
    assert_in_range(r->actions.n_reads, 1, 2);
    rig_sync(r);
    rig_fini(r);
}

static void what_needs_no_store_has_its_turn_too(void **state)
{
    const struct op ops[] = { { .type = OP_STATUS, .u.status.req = 1 },
                              { .type = OP_STATUS, .u.status.req = 2 },
                              { .type = OP_WORKERS, .u.workers.req = 3 } };
    struct rig *r = *state;

    rig_worker(r);
    rig_hello_client(r, HONEST);
    rig_said(r);
    rig_ops(r, GREEDY, ops, ARRAY_LEN(ops)); /* in one step */
    assert_string_equal(rig_said(r), "1 STATUS_REPLY 0 jobs\n");
    rig_op(r, HONEST, ops[0]);
    assert_string_equal(rig_said(r), "1 STATUS_REPLY 0 jobs\n");
    rig_pass(r, 1);
    assert_string_equal(rig_said(r), "2 STATUS_REPLY 0 jobs\n");
    rig_pass(r, 1);
    assert_string_equal(rig_said(r),
                        "1 WORKERS_REPLY 3 w held 0 times, 0 ms\n");
    rig_pass(r, 1);
    assert_string_equal(rig_said(r), "");
}

static void what_waits_to_be_read_goes_with_its_session(void **state)
{
    struct rig rig, *r = &rig;

    (void)state;
    begin(r, 1);
    rig_op(r, GREEDY,
           (struct op){ .type = OP_LIST,
                        .u.list = { .req = 9,
                                    .what = LIST_NAME,
                                    .jobname = view_str("name") } });
    ask_much(r, GREEDY, 4);
    rig_op(r, GREEDY,
           (struct op){ .type = OP_LIST,
                        .u.list = { .req = 8,
                                    .what = LIST_NAME,
                                    .jobname = view_str("name") } });
    ask(r, HONEST, 1, ABSENT);
    rig_gone(r, GREEDY);
    rig_read(r); /* what the store had */
    assert_string_equal(rig_said(r), "");
    rig_read(r);
    assert_string_equal(rig_said(r), "2 REFUSED 1 not found\n");
    assert_int_equal(r->actions.n_reads, 0);
    rig_fini(r);
}

static void what_is_forgotten_is_not_read(void **state)
{
    struct rig rig, *r = &rig;

    (void)state;
    begin(r, 1);
    ask_much(r, GREEDY, 3);
    forget(r, GREEDY, 2);
    rig_read(r);
    rig_read(r);
    assert_string_equal(rig_said(r), "1 REFUSED 1 not found\n"
                                     "1 REFUSED 3 not found\n");
    assert_int_equal(r->actions.n_reads, 0);
    ask_much(r, GREEDY, 2);
    forget(r, GREEDY, 2); /* nothing of it waits any more */
    ask(r, HONEST, 1, ABSENT);
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 REFUSED 1 not found\n"
                                     "2 REFUSED 1 not found\n");
    rig_fini(r);
}

static void who_asks_anew_is_not_told_what_was_forgotten(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, GREEDY, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_sync(r);
    rig_said(r);
    ask(r, GREEDY, 2, 1);
    forget(r, GREEDY, 2); /* while the store has it */
    ask(r, GREEDY, 2, ABSENT);
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 REFUSED 2 not found\n");
}

static void what_is_promised_and_asked_anew_is_read_once(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, GREEDY, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_said(r);
    rig_op(
        r, GREEDY,
        (struct op){ .type = OP_CANCEL, .u.cancel = { .req = 2, .job = 1 } });
    forget(r, GREEDY, 2); /* before the end is durable */
    rig_op(
        r, GREEDY,
        (struct op){ .type = OP_CANCEL, .u.cancel = { .req = 2, .job = 1 } });
    rig_sync(r);
    assert_string_equal(rig_said(r),
                        "7 ACK 1.1\n"
                        "1 CANCEL_REPLY 2 ended 0 asked 0 before 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_are_answered_by_turns),
        cmocka_unit_test(the_store_has_a_few_reads_at_a_time),
        cmocka_unit_test(the_store_has_fewer_reads_when_answers_are_large),
        cmocka_unit_test_setup_teardown(what_needs_no_store_has_its_turn_too,
                                        rig_set_up, rig_tear_down),
        cmocka_unit_test(what_waits_to_be_read_goes_with_its_session),
        cmocka_unit_test(what_is_forgotten_is_not_read),
        cmocka_unit_test_setup_teardown(
            who_asks_anew_is_not_told_what_was_forgotten, rig_set_up,
            rig_tear_down),
        cmocka_unit_test_setup_teardown(
            what_is_promised_and_asked_anew_is_read_once, rig_set_up,
            rig_tear_down),
    };

    return cmocka_run_group_tests_name("reads", tests, NULL, NULL);
}
