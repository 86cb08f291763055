/* SPDX-License-Identifier: MIT */
/* Clients look at jobs, wait for them, and hear how they go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "tests/unit/coord/coord_rig.h"

#define CLIENT 1
#define WORKER 7
#define OTHER 8

static void who_watches_hears_the_last_before_the_end(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_op(
        r, CLIENT,
        (struct op){ .type = OP_AWAIT,
                     .u.await = { .req = 2, .job = 1, .progress_ms = 1000 } });
    rig_said(r);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_FAILED);
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n"
                                     "1 PROGRESS\n1 ENDED 2 1.0 failed\n");
}

static void advance(struct rig *r, unsigned conn, uint64_t attempt,
                    uint64_t done)
{
    struct advance a = { .job = 1,
                         .elem = 1,
                         .epoch = 1,
                         .attempt = attempt,
                         .done = done,
                         .total = 9,
                         .doing = view_str("work") };

    rig_op(
        r, conn,
        (struct op){ .type = OP_ADVANCED, .u.advanced.advances = { &a, 1 } });
}

static void how_far_an_attempt_is_is_told_to_who_watches(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_call(r, CLIENT, 1, "f");
    rig_sync(r);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT,
                        .u.await = { .req = 2, .job = 1, .progress_ms = 10 } });
    rig_said(r);
    rig_pass(r, 10);
    advance(r, WORKER, 2, 3);
    assert_string_equal(rig_said(r), "1 PROGRESS, 3 of 9 work\n");
    /* Not more often than that, and the last word only. */
    advance(r, WORKER, 2, 4);
    advance(r, WORKER, 2, 5);
    assert_string_equal(rig_said(r), "");
    rig_pass(r, 10);
    assert_string_equal(rig_said(r), "1 PROGRESS, 5 of 9 work\n");
    rig_pass(r, 10);
    assert_string_equal(rig_said(r), "");
}

static void progress_is_lost_with_its_attempt(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_call(r, CLIENT, 1, "f");
    rig_sync(r);
    advance(r, WORKER, 2, 3);
    rig_gone(r, WORKER);
    r->former = 1;
    rig_hello_worker(r, OTHER, "w", 2, 1, NULL, 0);
    rig_sync(r);
    advance(r, OTHER, 2, 4); /* is current no more */
    rig_said(r);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT,
                        .u.await = { .req = 2, .job = 1, .progress_ms = 10 } });
    assert_string_equal(rig_said(r), "1 PROGRESS\n");
}

static void how_often_a_loop_was_held_is_told_with_its_worker(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_op(r, WORKER,
           (struct op){ .type = OP_BEAT,
                        .u.beat = { .n_holds = 3, .hold_max_ms = 250 } });
    rig_said(r);
    rig_op(r, CLIENT, (struct op){ .type = OP_WORKERS, .u.workers.req = 1 });
    assert_string_equal(rig_said(r),
                        "1 WORKERS_REPLY 1 w held 3 times, 250 ms\n");
}

/* It gets no more than it can start, and lists say why. */
static void a_worker_in_a_shortage_gets_no_more_than_it_takes(void **state)
{
    struct rig *r = *state;
    struct op beat = { .type = OP_BEAT,
                       .u.beat = { .short_of = view_str("no process"),
                                   .calls_now = 1,
                                   .slots_now = 1 } };

    rig_worker(r);
    rig_op(r, WORKER, beat);
    rig_said(r);
    rig_op(r, CLIENT, (struct op){ .type = OP_WORKERS, .u.workers.req = 1 });
    assert_string_equal(rig_said(r),
                        "1 WORKERS_REPLY 1 w held 0 times, 0 ms, short of no "
                        "process: 1 slots, 1 calls\n");
    rig_submit(r, CLIENT, 2, 3, 9, "x", false);
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 RECEIPT 2 job 1\n"
                                     "7 ASSIGN 1.1 fence 1.2 item '1'\n");
    beat.u.beat.short_of = (struct view){ 0 };
    rig_op(r, WORKER, beat);
    assert_string_equal(rig_said(r), "7 ASSIGN 1.2 fence 1.3 item '2'\n");
}

static void awaiting_an_ended_job_is_answered_from_the_store(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_FAILED);
    rig_sync(r);
    rig_said(r);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT, .u.await = { .req = 2, .job = 1 } });
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT, .u.await = { .req = 3, .job = 4 } });
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 ENDED 2 1.0 failed\n"
                                     "1 REFUSED 3 not found\n");
}

static void lists_show_the_active_and_the_ended(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_submit(r, CLIENT, 2, 9, 0, "y", false);
    rig_sync(r);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_sync(r);
    rig_said(r);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_LIST,
                        .u.list = { .req = 3, .what = LIST_RECENT } });
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 LIST_REPLY 2:running 1:done\n");
}

static void lists_show_an_end_only_when_it_is_durable(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_said(r);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_LIST,
                        .u.list = { .req = 3, .what = LIST_LAST } });
    rig_read(r);
    assert_string_equal(rig_said(r), "1 LIST_REPLY 1:running\n");
}

#define RULE(name) \
    cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(who_watches_hears_the_last_before_the_end),
        RULE(how_far_an_attempt_is_is_told_to_who_watches),
        RULE(progress_is_lost_with_its_attempt),
        RULE(how_often_a_loop_was_held_is_told_with_its_worker),
        RULE(a_worker_in_a_shortage_gets_no_more_than_it_takes),
        RULE(awaiting_an_ended_job_is_answered_from_the_store),
        RULE(lists_show_the_active_and_the_ended),
        RULE(lists_show_an_end_only_when_it_is_durable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
