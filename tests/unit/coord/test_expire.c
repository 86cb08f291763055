/* SPDX-License-Identifier: MIT */
/* Elements that wait longer than their submit allows end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "tests/unit/coord/coord_rig.h"

#define CLIENT 1
#define WORKER 7

/* Awaited, and durable. */
static void submit(struct rig *r, uint32_t n, struct policy policy)
{
    r->policy = policy;
    rig_submit(r, CLIENT, 1, n, 0, "x", true);
    rig_sync(r);
    rig_said(r);
}

/* Whoever is silent for too long is gone; these speak. */
static void pass(struct rig *r, int64_t ms, bool worker_too)
{
    for (; ms > 0; ms -= 1000) {
        rig_op(r, CLIENT, (struct op){ .type = OP_BEAT });
        if (worker_too)
            rig_op(r, WORKER, (struct op){ .type = OP_BEAT });
        rig_said(r);
        rig_pass(r, ms < 1000 ? ms : 1000);
    }
}

static void fetch(struct rig *r)
{
    rig_op(r, CLIENT,
           (struct op){ .type = OP_FETCH,
                        .u.fetch = { .req = 9, .job = 1, .max = 100 } });
    rig_sync(r);
}

static void what_no_worker_takes_in_time_expires(void **state)
{
    struct rig *r = *state;

    submit(r, 0, (struct policy){ .queue_ms = 5000 });
    pass(r, 4999, false);
    rig_sync(r);
    assert_string_equal(rig_said(r), "");
    rig_pass(r, 1);
    assert_string_equal(rig_said(r), "");
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 ENDED 1 1.0 expired (queue-timeout)\n");
    rig_worker(r);
    rig_pass(r, 10);
    assert_string_equal(rig_said(r), "");
}

static void of_an_array_what_runs_goes_on(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    submit(r, 1000000, (struct policy){ .queue_ms = 5000 });
    pass(r, 5000, true);
    assert_int_equal(r->pending.n, 1); /* a row for all of them */
    rig_sync(r);
    rig_said(r);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_result(r, WORKER, 1, 2, 1, 3, STATE_DONE);
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n"
                                     "7 ACK 1.2\n"
                                     "1 ENDED 1 1.0 expired (expired)\n");
}

static void the_queue_limit_is_over_with_the_assignment(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    submit(r, 2, (struct policy){ .queue_ms = 5000 });
    pass(r, 9000, true);
    rig_sync(r);
    assert_string_equal(rig_said(r), "");
}

static void the_worker_hears_what_is_left(void **state)
{
    struct rig *r = *state;

    submit(r, 0, (struct policy){ .run_ms = 700, .total_ms = 60000 });
    pass(r, 9000, false);
    rig_hello_worker(r, WORKER, "w", 1, 2, NULL, 0);
    rig_said(r);
    rig_sync(r);
    assert_string_equal(rig_said(r),
                        "7 ASSIGN 1.1 fence 1.2 item '' run 700 left 51000\n");
}

static void after_the_deadline_nothing_starts(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    submit(r, 4, (struct policy){ .total_ms = 5000 });
    pass(r, 5000, true);
    rig_sync(r);
    rig_said(r);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n");
    fetch(r);
    assert_string_equal(rig_said(r),
                        "1 FETCH_REPLY 1:done 3:expired 4:expired next 0\n");
}

static void a_worker_lost_after_the_deadline_is_an_expiry(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    submit(r, 0, (struct policy){ .total_ms = 5000 });
    pass(r, 6000, true);
    rig_said(r);
    rig_op(r, WORKER, (struct op){ .type = OP_BYE });
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 ENDED 1 1.0 expired (deadline)\n");
}

static void what_expired_stays_so_over_a_restart(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    submit(r, 5, (struct policy){ .queue_ms = 5000 });
    pass(r, 5000, true);
    rig_sync(r);
    rig_crash(r);
    rig_hello_client(r, CLIENT);
    rig_hello_worker(r, WORKER, "w", 1, 2, NULL, 0);
    rig_sync(r);
    assert_non_null(strstr(rig_said(r), "7 ASSIGN 1.1 fence 2.2 item '1'\n"
                                        "7 ASSIGN 1.2 fence 2.3 item '2'\n"));
    fetch(r);
    assert_string_equal(rig_said(r),
                        "1 FETCH_REPLY 3:expired 4:expired 5:expired next 0\n");
}

static void the_deadline_stays_over_a_restart_and_waits_begin_anew(void **state)
{
    struct rig *r = *state;

    submit(r, 0, (struct policy){ .queue_ms = 4000, .total_ms = 5000 });
    pass(r, 3000, false);
    rig_crash(r);
    rig_hello_client(r, CLIENT);
    rig_sync(r);
    rig_said(r);
    rig_pass(r, 1999);
    assert_int_equal(r->pending.n, 0);
    rig_pass(r, 1);
    assert_int_equal(r->pending.n, 1);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT, .u.await = { .req = 2, .job = 1 } });
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 ENDED 2 1.0 expired (deadline)\n");
}

static void a_wall_clock_that_is_set_back_prolongs_no_deadline(void **state)
{
    struct rig *r = *state;

    submit(r, 0, (struct policy){ .total_ms = 5000 });
    rig_crash(r);
    r->wall_ms -= 100000;
    rig_crash(r);
    rig_hello_client(r, CLIENT);
    pass(r, 5000, false);
    rig_sync(r);
    rig_said(r);
    fetch(r);
    assert_string_equal(rig_said(r), "1 FETCH_REPLY 1:expired next 0\n");
}

/* The machine began with a wrong clock, which was set since the submit. */
static void a_wall_clock_that_is_set_ahead_ends_no_job(void **state)
{
    struct rig *r = *state;

    rig_log_from(r, TRACE_WARN);
    submit(r, 0, (struct policy){ .total_ms = 5000 });
    r->wall_ms += INT64_C(20) * 365 * 24 * 3600 * 1000;
    rig_pass(r, 1);
    assert_non_null(strstr(rig_log(r), "clock-jumped by_ms=630720000000"));
    rig_crash(r);
    rig_hello_client(r, CLIENT);
    rig_sync(r);
    pass(r, 4998, false);
    assert_int_equal(r->pending.n, 0);
    rig_pass(r, 1);
    assert_int_equal(r->pending.n, 1);
}

static void a_cancel_that_came_before_stays_one(void **state)
{
    struct rig *r = *state;
    struct op cancel = { .type = OP_CANCEL,
                         .u.cancel = {
                             .req = 2, .job = 1, .first = 3, .last = 3 } };

    rig_worker(r);
    submit(r, 6, (struct policy){ .queue_ms = 5000 });
    rig_op(r, CLIENT, cancel);
    pass(r, 5000, true);
    assert_int_equal(r->pending.n, 2);
    rig_sync(r);
    rig_said(r);
    fetch(r);
    assert_string_equal(rig_said(r), "1 FETCH_REPLY 3:cancelled 4:expired "
                                     "5:expired 6:expired next 0\n");
    rig_crash(r); /* what ran is waited for */
    rig_hello_client(r, CLIENT);
    pass(r, coord_config_default.lease_ms + 1000, false);
    rig_sync(r);
    rig_said(r);
    fetch(r);
    assert_string_equal(
        rig_said(r), "1 FETCH_REPLY 3:cancelled 4:expired 5:expired 6:expired "
                     "next 0\n");
}

static void whoever_asks_later_hears_of_the_cancel_too(void **state)
{
    struct rig *r = *state;

    submit(r, 4, (struct policy){ .queue_ms = 5000 });
    rig_op(r, CLIENT,
           (struct op){
               .type = OP_CANCEL,
               .u.cancel = { .req = 2, .job = 1, .first = 2, .last = 2 } });
    pass(r, 5000, false);
    rig_sync(r);
    rig_said(r);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT,
                        .u.await = { .req = 3, .job = 1, .elem = 2 } });
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 ENDED 3 1.2 cancelled\n");
}

static void an_element_that_expired_is_told_to_who_waits_for_it(void **state)
{
    struct rig *r = *state;

    submit(r, 3, (struct policy){ .total_ms = 5000 });
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT,
                        .u.await = { .req = 2, .job = 1, .elem = 2 } });
    pass(r, 5000, false);
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 ENDED 1 1.0 expired (expired)\n"
                                     "1 ENDED 2 1.2 expired (deadline)\n");
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(what_no_worker_takes_in_time_expires),
        RULE(of_an_array_what_runs_goes_on),
        RULE(the_queue_limit_is_over_with_the_assignment),
        RULE(the_worker_hears_what_is_left),
        RULE(after_the_deadline_nothing_starts),
        RULE(a_worker_lost_after_the_deadline_is_an_expiry),
        RULE(what_expired_stays_so_over_a_restart),
        RULE(the_deadline_stays_over_a_restart_and_waits_begin_anew),
        RULE(a_wall_clock_that_is_set_ahead_ends_no_job),
        RULE(a_wall_clock_that_is_set_back_prolongs_no_deadline),
        RULE(a_cancel_that_came_before_stays_one),
        RULE(whoever_asks_later_hears_of_the_cancel_too),
        RULE(an_element_that_expired_is_told_to_who_waits_for_it),
    };
    return cmocka_run_group_tests_name("expire", tests, NULL, NULL);
}
