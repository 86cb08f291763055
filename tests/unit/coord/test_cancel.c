/* SPDX-License-Identifier: MIT */
/* Waiting elements end at once, running ones are asked to; a cancel holds over
 * a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "tests/unit/coord/coord_rig.h"

#define CLIENT 1
#define WORKER 7

static void cancel_ends_what_waits_and_asks_what_runs(void **state)
{
    struct rig *r = *state;
    struct op cancel = { .type = OP_CANCEL,
                         .u.cancel = { .req = 2, .job = 1 } };

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 5, 0, "x", true);
    rig_sync(r);
    rig_said(r);
    rig_op(r, CLIENT, cancel);
    assert_string_equal(rig_said(r), "7 STOP 1.1\n7 STOP 1.2\n");
    rig_sync(r);
    assert_string_equal(rig_said(r),
                        "1 CANCEL_REPLY 2 ended 3 asked 2 before 0\n");
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_CANCELLED);
    rig_result(r, WORKER, 1, 2, 1, 3, STATE_DONE); /* it was faster */
    rig_sync(r);
    assert_string_equal(rig_said(r), "7 ACK 1.1\n7 ACK 1.2\n"
                                     "1 ENDED 1 1.0 cancelled\n");
    rig_op(r, CLIENT,
           (struct op){ .type = OP_FETCH, .u.fetch = { .req = 3, .job = 1 } });
    rig_sync(r);
    assert_string_equal(rig_said(r),
                        "1 FETCH_REPLY 1:cancelled 2:done 3:cancelled "
                        "4:cancelled 5:cancelled next 0\n");
}

/* It has no outcome of its own that anybody would tell. */
static void who_asks_for_what_was_cancelled_is_answered_at_once(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 3, 0, "x", false);
    rig_op(r, CLIENT,
           (struct op){
               .type = OP_CANCEL,
               .u.cancel = { .req = 2, .job = 1, .first = 3, .last = 3 } });
    rig_sync(r);
    rig_said(r);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT,
                        .u.await = { .req = 3, .job = 1, .elem = 3 } });
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 ENDED 3 1.3 cancelled\n");
}

static void a_lost_stop_is_said_again_with_each_beat(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_op(
        r, CLIENT,
        (struct op){ .type = OP_CANCEL, .u.cancel = { .req = 2, .job = 1 } });
    rig_sync(r);
    rig_said(r);
    rig_op(r, WORKER, (struct op){ .type = OP_BEAT });
    assert_string_equal(rig_said(r), "7 STOP 1.1\n");
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_CANCELLED);
    rig_op(r, WORKER, (struct op){ .type = OP_BEAT });
    assert_string_equal(rig_said(r), "");
}

static void a_cancel_holds_over_a_restart(void **state)
{
    struct rig *r = *state;
    struct op cancel = { .type = OP_CANCEL,
                         .u.cancel = { .req = 2, .job = 1 } };
    struct attempt_key mine = rig_held(1, 1, 1, 2);

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_op(r, CLIENT, cancel);
    rig_sync(r);
    rig_crash(r);
    rig_said(r);
    rig_hello_worker(r, WORKER, "w", 1, 1, &mine, 1);
    /* ... and once more with the beat that follows. */
    assert_string_equal(rig_said(r), "7 RECONCILE 1.1 keep\n7 STOP 1.1\n"
                                     "7 STOP 1.1\n");
}

/* Whether it waited or ran then is not written down, and who awaits it may have
 * been told that it was cancelled. */
static void what_is_cancelled_of_an_array_is_not_adopted(void **state)
{
    struct rig *r = *state;
    struct op cancel = { .type = OP_CANCEL,
                         .u.cancel = { .req = 2, .job = 1 } };
    struct attempt_key mine = rig_held(1, 1, 1, 2);

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 3, 0, "x", false);
    rig_op(r, CLIENT, cancel);
    rig_sync(r);
    rig_crash(r);
    rig_said(r);
    rig_hello_worker(r, WORKER, "w", 1, 1, &mine, 1);
    assert_string_equal(rig_said(r), "7 RECONCILE 1.1 kill\n");
    rig_hello_client(r, CLIENT);
    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT,
                        .u.await = { .req = 1, .job = 1, .elem = 1 } });
    rig_sync(r);
    assert_string_equal(rig_said(r), "1 ENDED 1 1.1 cancelled\n");
}

static void
a_cancel_that_comes_late_waits_for_the_end_to_be_durable(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_submit(r, CLIENT, 1, 0, 0, "x", false);
    rig_sync(r);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_said(r);
    rig_op(
        r, CLIENT,
        (struct op){ .type = OP_CANCEL, .u.cancel = { .req = 2, .job = 1 } });
    rig_read(r);
    assert_string_equal(rig_said(r), "");
    rig_sync(r);
    assert_string_equal(rig_said(r),
                        "7 ACK 1.1\n"
                        "1 CANCEL_REPLY 2 ended 0 asked 0 before 1\n");
}

#define RULE(name) \
    cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(cancel_ends_what_waits_and_asks_what_runs),
        RULE(who_asks_for_what_was_cancelled_is_answered_at_once),
        RULE(a_lost_stop_is_said_again_with_each_beat),
        RULE(a_cancel_holds_over_a_restart),
        RULE(what_is_cancelled_of_an_array_is_not_adopted),
        RULE(a_cancel_that_comes_late_waits_for_the_end_to_be_durable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
