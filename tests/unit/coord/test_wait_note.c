/* SPDX-License-Identifier: MIT */
/* Why an element does not run: the real reason, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/coord/coord_rig.h"

#define CLIENT 1
#define WORKER 7

/* What ATTEMPTS says of element `elem` of job 1. */
static const char *said_of(struct rig *r, uint32_t elem)
{
    static uint64_t req = 100;

    rig_said(r);
    rig_op(r, CLIENT,
           (struct op){
               .type = OP_ATTEMPTS,
               .u.attempts = {
                   .req = ++req, .job = 1, .first = elem, .last = elem } });
    rig_sync(r);
    return rig_said(r);
}

#define WAITS(why) "1 ATTEMPTS_REPLY waiting: " why "\n"

/* Job 1 has three elements. */
static void submit(struct rig *r)
{
    rig_submit(r, CLIENT, 1, 3, 0, "x", false);
    rig_sync(r);
}

static void without_workers(void **state)
{
    submit(*state);
    assert_string_equal(said_of(*state, 3), WAITS("no worker is connected"));
}

static void nobody_offers_the_function(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_call(r, CLIENT, 1, "unheard");
    rig_sync(r);
    assert_string_equal(said_of(r, 1), WAITS("no worker offers this function"));
}

static void slots_are_busy(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    submit(r);
    assert_string_equal(said_of(r, 1), "1 ATTEMPTS_REPLY running: on w\n");
    assert_string_equal(said_of(r, 3), WAITS("all slots are busy"));
}

static void a_worker_without_slots_is_not_busy(void **state)
{
    struct rig *r = *state;

    rig_hello_worker(r, WORKER, "w", 1, 0, NULL, 0);
    rig_sync(r);
    submit(r);
    assert_string_equal(said_of(r, 1),
                        WAITS("no worker has a place for it: --slots 0"));
}

static void a_worker_drains(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_op(r, WORKER, (struct op){ .type = OP_DRAINING });
    submit(r);
    assert_string_equal(said_of(r, 1), WAITS("all its workers are draining"));
}

static void a_worker_is_away(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_gone(r, WORKER);
    submit(r);
    assert_string_equal(said_of(r, 1), WAITS("its worker is not back yet"));
}

static void a_worker_is_short(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    rig_op(r, WORKER,
           (struct op){ .type = OP_BEAT,
                        .u.beat = { .slots_now = 1,
                                    .calls_now = 10,
                                    .short_of = view_str("no process") } });
    submit(r);
    assert_string_equal(said_of(r, 1), "1 ATTEMPTS_REPLY running: on w\n");
    assert_string_equal(said_of(r, 2), WAITS("its worker takes fewer at once, "
                                             "for it is short: no process"));
}

/* Two ran there, and one of them may have taken it down. */
static void suspects_wait_for_a_worker_of_their_own(void **state)
{
    struct rig *r = *state;

    rig_worker(r);
    submit(r);
    r->former = 1;
    rig_hello_worker(r, WORKER + 1, "w", 2, 2, NULL, 0);
    rig_sync(r);
    assert_string_equal(said_of(r, 1),
                        "1 ATTEMPTS_REPLY 1:lost running: on w\n");
    assert_string_equal(said_of(r, 2),
                        "1 ATTEMPTS_REPLY 2:lost waiting: its worker was lost: "
                        "it waits to run alone on one\n");
    assert_string_equal(said_of(r, 3),
                        WAITS("its worker is kept for a job that runs alone"));
}

static void the_coordinator_ends(void **state)
{
    struct rig *r = *state;

    submit(r);
    rig_drain(r);
    assert_string_equal(said_of(r, 1),
                        "1 BYE\n" WAITS("the coordinator is about to end"));
}

/* What it says of itself stands beside. */
static void who_runs_has_a_process_and_progress(void **state)
{
    struct rig *r = *state;
    struct advance news = { .job = 1, .elem = 2, .epoch = 1, .attempt = 3 };
    struct op op = { .type = OP_ADVANCED, .u.advanced.advances = { &news, 1 } };

    rig_worker(r);
    submit(r);
    news.pid = 4711;
    rig_op(r, WORKER, op);
    assert_string_equal(said_of(r, 2),
                        "1 ATTEMPTS_REPLY running: on w, process 4711\n");
    news.pid = 0;
    news.done = 3;
    news.total = 9;
    rig_op(r, WORKER, op);
    assert_string_equal(said_of(r, 2),
                        "1 ATTEMPTS_REPLY running: on w, process 4711, 3/9\n");
}

#define RULE(name) \
    cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(without_workers),
        RULE(nobody_offers_the_function),
        RULE(slots_are_busy),
        RULE(a_worker_without_slots_is_not_busy),
        RULE(a_worker_drains),
        RULE(a_worker_is_away),
        RULE(a_worker_is_short),
        RULE(suspects_wait_for_a_worker_of_their_own),
        RULE(the_coordinator_ends),
        RULE(who_runs_has_a_process_and_progress),
    };

    return cmocka_run_group_tests_name("wait_note", tests, NULL, NULL);
}
