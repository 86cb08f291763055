/* SPDX-License-Identifier: MIT */
/* What a coordinator writes into its trace: nothing while all goes well, and
 * one line that says what it cost when a worker is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "coordinator/store/store.h"
#include "libcommon/check.h"
#include "tests/unit/coord/coord_rig.h"

#define CLIENT 1
#define WORKER 7

static void submit(struct rig *r, uint64_t req)
{
    rig_submit(r, CLIENT, req, 0, 0, "x", true);
    rig_sync(r);
}

static void beat(struct rig *r, unsigned conn)
{
    rig_op(r, conn, (struct op){ .type = OP_BEAT });
}

/* The worker names what it runs. */
static void name(struct rig *r, const struct attempt_key *held, size_t n)
{
    rig_op(r, WORKER,
           (struct op){ .type = OP_HELD, .u.held.attempts = { held, n } });
}

/* All but the client are silent for a lease. */
static void lapse(struct rig *r)
{
    for (int i = 0; i < 5; i++) {
        beat(r, CLIENT);
        rig_pass(r, coord_config_default.lease_ms / 4);
    }
    rig_sync(r);
}

static struct rig *logging(void **state, enum trace_level level)
{
    struct rig *r = *state;

    rig_worker(r);
    beat(r, WORKER);
    beat(r, CLIENT);
    rig_log_from(r, level);
    return r;
}

static void jobs_that_run_write_nothing_at_info(void **state)
{
    struct rig *r = logging(state, TRACE_INFO);

    submit(r, 1);
    submit(r, 2);
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    rig_result(r, WORKER, 2, 1, 1, 3, STATE_FAILED);
    rig_sync(r);
    beat(r, WORKER);
    rig_pass(r, 1000);
    assert_string_equal(rig_log(r), "");
}

static void at_debug_a_job_is_followed_from_its_submit_to_its_end(void **state)
{
    struct rig *r = logging(state, TRACE_DEBUG);
    struct attempt_key held = rig_held(1, 1, 1, 2);

    submit(r, 1);
    assert_string_equal(rig_log(r),
                        "debug job-accepted job=1 n=1 fn=\"\" session=1\n"
                        "debug attempt-given task=1.1 attempt=1.2 worker=w\n");
    name(r, &held, 1);
    assert_string_equal(rig_log(r),
                        "debug attempt-begun task=1.1 attempt=1.2 worker=w\n");
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    assert_string_equal(rig_log(r),
                        "debug attempt-ended task=1.1 attempt=1.2 worker=w\n"
                        "debug task-ended task=1.1 state=done reason=\"\"\n"
                        "debug job-ended job=1 state=done\n");
    rig_sync(r);
    assert_string_equal(
        rig_log(r), "debug attempt-recorded task=1.1 attempt=1.2 worker=w\n");
    rig_result(r, WORKER, 1, 1, 1, 2, STATE_DONE);
    assert_string_equal(rig_log(r),
                        "debug stale-result task=1.1 attempt=1.2 worker=w\n");
}

static void a_worker_that_comes_and_says_goodbye_is_a_line_each(void **state)
{
    struct rig *r = *state;

    rig_log_from(r, TRACE_INFO);
    rig_worker(r);
    beat(r, WORKER);
    assert_string_equal(
        rig_log(r),
        "info worker-up worker=w session=2 slots=2 calls=10 functions=2\n");
    submit(r, 1);
    rig_op(r, WORKER, (struct op){ .type = OP_BYE });
    assert_string_equal(rig_log(r),
                        "info worker-left worker=w session=2 "
                        "reason=\"said goodbye\" attempts=1 requeued=1 "
                        "ended=0 blamed=0\n");
}

static void a_worker_that_is_silent_costs_one_warning(void **state)
{
    struct rig *r = logging(state, TRACE_INFO);

    submit(r, 1);
    submit(r, 2);
    lapse(r);
    assert_string_equal(
        rig_log(r),
        "warn worker-lost worker=w session=2 "
        "reason=\"no word from it for a whole lease\" attempts=2 requeued=2 "
        "ended=0 blamed=2\n");
}

static void at_debug_a_loss_names_each_attempt_and_its_blame(void **state)
{
    struct rig *r = logging(state, TRACE_DEBUG);
    struct attempt_key held = rig_held(1, 1, 1, 2);

    submit(r, 1);
    name(r, &held, 1);
    rig_log(r);
    lapse(r);
    assert_string_equal(
        rig_log(r),
        "debug attempt-lost task=1.1 attempt=1.2 worker=w blame=crashed "
        "reason=\"its worker was lost while nothing else ran there\"\n"
        "warn worker-lost worker=w session=2 "
        "reason=\"no word from it for a whole lease\" attempts=1 requeued=1 "
        "ended=0 blamed=1\n");
}

static void so_does_a_process_whose_place_was_taken(void **state)
{
    struct rig *r = logging(state, TRACE_INFO);

    r->policy.at_most_once = true;
    submit(r, 1);
    r->session[WORKER] = 0;
    r->former = 1;
    rig_hello_worker(r, WORKER, "w", 2, 2, NULL, 0);
    r->former = 0;
    rig_sync(r);
    beat(r, WORKER);
    assert_string_equal(
        rig_log(r),
        "warn worker-lost worker=w session=3 "
        "reason=\"its process died, and another has taken its place\" "
        "attempts=1 requeued=0 ended=1 blamed=0\n"
        "info worker-up worker=w session=3 slots=2 calls=10 functions=2\n");
}

static void a_worker_that_comes_back_in_time_writes_nothing(void **state)
{
    struct rig *r = logging(state, TRACE_INFO);

    rig_gone(r, WORKER);
    r->session[WORKER] = 0;
    rig_hello_worker(r, WORKER, "w", 1, 2, NULL, 0);
    beat(r, WORKER);
    assert_string_equal(rig_log(r), "");
}

static void a_worker_that_was_taken_for_dead_is_acquitted_aloud(void **state)
{
    struct rig *r = logging(state, TRACE_INFO);

    submit(r, 1);
    lapse(r);
    rig_log(r);
    rig_hello_worker(r, 8, "w", 1, 2, NULL, 0);
    beat(r, 8);
    assert_string_equal(
        rig_log(r),
        "info worker-up worker=w session=3 slots=2 calls=10 functions=2\n"
        "info worker-acquitted worker=w "
        "effect=\"what ran there is not blamed for its loss\"\n");
}

static void a_full_disk_is_told_once_and_so_is_its_end(void **state)
{
    struct rig *r = logging(state, TRACE_INFO);

    for (uint64_t req = 1; req < 4; req++) {
        store_memory_fail(r->store, true, false);
        submit(r, req);
        rig_pass(r, 2000);
        beat(r, WORKER);
        beat(r, CLIENT);
    }
    assert_string_equal(rig_log(r), "warn disk-full effect=\"submits are "
                                    "refused until there is room\"\n");
    store_memory_fail(r->store, false, false);
    submit(r, 9);
    assert_string_equal(rig_log(r),
                        "info disk-free effect=\"submits are taken again\"\n");
}

static void nonsense_is_told_ever_more_rarely(void **state)
{
    struct rig *r = logging(state, TRACE_INFO);

    for (int i = 0; i < 3; i++)
        rig_op(r, WORKER, (struct op){ .type = OP_STATUS });
    assert_string_equal(rig_log(r), "warn nonsense role=worker name=w "
                                    "what=\"STATUS: not from a worker\" n=1\n"
                                    "warn nonsense role=worker name=w "
                                    "what=\"STATUS: not from a worker\" n=2\n");
}

static void a_refused_request_is_for_those_who_look(void **state)
{
    struct rig *r = logging(state, TRACE_DEBUG);

    rig_op(r, CLIENT,
           (struct op){ .type = OP_AWAIT, .u.await = { .req = 4, .job = 99 } });
    rig_sync(r);
    assert_string_equal(rig_log(r),
                        "debug request-refused session=1 req=4 "
                        "error=\"not found\" message=\"no such job\"\n");
}

static void after_a_restart_who_is_missing_is_named(void **state)
{
    struct rig *r = logging(state, TRACE_INFO);

    submit(r, 1);
    rig_crash(r);
    rig_hello_client(r, CLIENT);
    lapse(r);
    assert_string_equal(rig_log(r),
                        "warn worker-missing worker=w\n"
                        "info recovered jobs=1 missing_workers=1\n");
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(jobs_that_run_write_nothing_at_info),
        RULE(at_debug_a_job_is_followed_from_its_submit_to_its_end),
        RULE(a_worker_that_comes_and_says_goodbye_is_a_line_each),
        RULE(a_worker_that_is_silent_costs_one_warning),
        RULE(at_debug_a_loss_names_each_attempt_and_its_blame),
        RULE(so_does_a_process_whose_place_was_taken),
        RULE(a_worker_that_comes_back_in_time_writes_nothing),
        RULE(a_worker_that_was_taken_for_dead_is_acquitted_aloud),
        RULE(a_full_disk_is_told_once_and_so_is_its_end),
        RULE(nonsense_is_told_ever_more_rarely),
        RULE(a_refused_request_is_for_those_who_look),
        RULE(after_a_restart_who_is_missing_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
