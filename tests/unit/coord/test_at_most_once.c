/* SPDX-License-Identifier: MIT */
/* At most once: a start is on disk before it is made, and is never repeated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "tests/unit/coord/coord_rig.h"

#define CLIENT 1
#define WORKER 7
#define OTHER 8

static int set_up(void **state)
{
    rig_set_up(state);
    ((struct rig *)*state)->policy.at_most_once = true;
    rig_worker(*state);
    return 0;
}

/* n of them: the two that find a slot are started. */
static void submit(struct rig *r, uint32_t n)
{
    rig_submit(r, CLIENT, 1, n, 0, "x", false);
    rig_sync(r);
    rig_said(r);
}

static void await(struct rig *r)
{
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT, .u.await = { .req = 2, .job = 1 } });
    rig_sync(r);
}

static void it_starts_when_that_is_durable(void **state)
{
    struct rig *r = *state;

    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    assert_string_equal(rig_said(r), "");
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 RECEIPT 1 job 1\n"
                                     "7 ASSIGN 1.1 fence 1.3 item ''\n");
}

/* What the worker says of what it holds cannot be about that. */
static void before_that_its_worker_need_not_name_it(void **state)
{
    struct rig *r = *state;

    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_op(r, WORKER, (struct op){ .type = OP_HELD, .u.held.upto = 2 });
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 RECEIPT 1 job 1\n"
                                     "7 ASSIGN 1.1 fence 1.3 item ''\n");
}

/* Nor what it has said before it was told of that. */
static void what_its_worker_said_before_is_not_about_it(void **state)
{
    struct rig *r = *state;

    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    rig_sync(r);
    rig_said(r);
    rig_op(r, WORKER, (struct op){ .type = OP_HELD, .u.held.upto = 2 });
    rig_sync(r);
    assert_string_equal(rig_said(r), "");
}

static void before_that_another_may_have_it_when_its_worker_goes(void **state)
{
    struct rig *r = *state;

    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_gone(r, WORKER);
    rig_sync(r);
    rig_said(r);
    rig_hello_worker(r, OTHER, "other", 2, 1, NULL, 0);
    rig_sync(r);
    rig_sync(r);
    assert_string_equal(rig_said(r), "8 ASSIGN 1.1 fence 1.5 item ''\n");
}

static void a_deadline_that_passes_before_that_ends_it(void **state)
{
    struct rig *r = *state;

    r->policy.total_ms = 5000;
    rig_submit(r, CLIENT, 1, 0, 0, "x", true);
    rig_pass(r, 5000);
    rig_said(r);
    rig_sync(r);
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 RECEIPT 1 job 1\n"
                                     "1 ENDED 1 1.0 expired (deadline)\n");
}

static void it_is_lost_with_its_worker(void **state)
{
    struct rig *r = *state;

    submit(r, 0);
    r->former = 1;
    rig_hello_worker(r, OTHER, "w", 2, 2, NULL, 0);
    await(r);
    assert_string_equal(rig_said(r), "1 ENDED 2 1.0 lost\n");
    assert_non_null(strstr(r->message, "its worker was lost"));
}

static void the_next_life_does_not_start_it(void **state)
{
    struct rig *r = *state;

    submit(r, 3);
    rig_crash(r);
    rig_hello_client(r, CLIENT);
    rig_hello_worker(r, OTHER, "other", 9, 9, NULL, 0);
    rig_sync(r);
    rig_said(r);
    rig_pass(r, coord_config_default.lease_ms - 1);
    rig_op(r, OTHER, (struct op){ .type = OP_BEAT });
    rig_pass(r, 1);
    rig_sync(r);
    assert_string_equal(rig_said(r), "8 ASSIGN 1.3 fence 2.3 item '3'\n");
}

static void the_next_life_hears_of_it_from_who_has_it(void **state)
{
    struct rig *r = *state;
    struct attempt_key mine = rig_held(1, 1, 1, 3);

    submit(r, 0);
    rig_crash(r);
    rig_hello_client(r, CLIENT);
    rig_hello_worker(r, WORKER, "w", 1, 2, &mine, 1);
    rig_result(r, WORKER, 1, 1, 1, 3, STATE_DONE);
    rig_said(r);
    await(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n1 ENDED 2 1.0 done\n");
}

/* Four are to be started when that is durable; by then the others have waited
 * too long, which ends the array. */
static void what_expires_comes_before_what_starts(void **state)
{
    struct rig *r = *state;

    rig_op(r, CLIENT,
           (struct op){ .type = OP_SUBMIT,
                        .u.submit = { .req = 1,
                                      .fresh = true,
                                      .n = 6,
                                      .step = 1,
                                      .kind = KIND_COMMAND,
                                      .spec = view_str("x"),
                                      .policy = { .at_most_once = true,
                                                  .max_fails = 1,
                                                  .queue_ms = 100 } } });
    r->now_ms += 200;
    rig_sync(r);
    assert_null(strstr(rig_said(r), "ASSIGN"));
}

#define RULE(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(it_starts_when_that_is_durable),
        RULE(before_that_its_worker_need_not_name_it),
        RULE(what_its_worker_said_before_is_not_about_it),
        RULE(before_that_another_may_have_it_when_its_worker_goes),
        RULE(a_deadline_that_passes_before_that_ends_it),
        RULE(it_is_lost_with_its_worker),
        RULE(the_next_life_does_not_start_it),
        RULE(the_next_life_hears_of_it_from_who_has_it),
        RULE(what_expires_comes_before_what_starts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
