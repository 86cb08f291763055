/* SPDX-License-Identifier: MIT */
/* What a worker writes into its trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/worker/worker_rig.h"

static struct rig *rig_logging(enum trace_level level)
{
    struct rig *r = rig_connected(1, 1);

    rig_log_from(r, level);
    return r;
}

static void ordinary_work_writes_nothing(void **state)
{
    struct rig *r = rig_logging(TRACE_INFO);

    (void)state;
    rig_assign(r, rig_id(7, 1), KIND_COMMAND);
    rig_assign(r, rig_id(8, 2), KIND_COMMAND);
    rig_end(r, rig_id(7, 1), STATE_FAILED);
    rig_stop(r, rig_id(8, 2));
    rig_tick(r, RIG_BEAT_MS);
    rig_ack(r, rig_id(7, 1));
    rig_expect_log(r, "");
    rig_free(r);
}

static void at_debug_an_attempt_is_followed_to_its_ack(void **state)
{
    struct rig *r = rig_logging(TRACE_DEBUG);

    (void)state;
    rig_assign(r, rig_id(7, 1), KIND_COMMAND);
    rig_stop(r, rig_id(7, 1));
    rig_tick(r, RIG_GRACE_MS);
    rig_end(r, rig_id(7, 1), STATE_CANCELLED);
    rig_ack(r, rig_id(7, 1));
    rig_expect_log(r,
                   "debug attempt-queued task=7.1 attempt=5.1\n"
                   "debug attempt-running task=7.1 attempt=5.1\n"
                   "debug attempt-stopping task=7.1 attempt=5.1 reason=why\n"
                   "debug grace-over task=7.1 attempt=5.1\n"
                   "debug attempt-ended task=7.1 attempt=5.1 state=cancelled "
                   "reason=\"\"\n"
                   "debug result-acked task=7.1 attempt=5.1\n"
                   "debug attempt-dropped task=7.1 attempt=5.1\n");
    rig_free(r);
}

static void at_debug_verdicts_and_what_is_handed_back_are_told(void **state)
{
    struct rig *r = rig_logging(TRACE_DEBUG);

    (void)state;
    rig_assign(r, rig_id(7, 1), KIND_COMMAND);
    rig_assign(r, rig_id(8, 2), KIND_COMMAND);
    rig_rule(r, rig_id(7, 1), VERDICT_KILL);
    rig_drain(r);
    rig_expect_log(r, "debug attempt-queued task=7.1 attempt=5.1\n"
                      "debug attempt-running task=7.1 attempt=5.1\n"
                      "debug attempt-queued task=8.1 attempt=5.2\n"
                      "debug verdict task=7.1 attempt=5.1 verdict=kill\n"
                      "debug attempt-stopping task=7.1 attempt=5.1 "
                      "reason=\"no longer wanted\"\n"
                      "debug attempt-dying task=7.1 attempt=5.1\n"
                      "debug attempt-ended task=8.1 attempt=5.2 "
                      "state=handed-back reason=\"\"\n");
    rig_free(r);
}

static void a_coordinator_that_is_lost_and_found_is_a_line_each(void **state)
{
    struct rig *r = rig_logging(TRACE_INFO);

    (void)state;
    rig_simple(r, OP_BYE);
    rig_tick(r, 1000);
    rig_tick(r, 2000);
    rig_welcome(r, 6, 3);
    rig_expect_log(r, "warn disconnected name=w "
                      "reason=\"the coordinator said goodbye\"\n"
                      "info connected name=w epoch=6 session=3\n");
    rig_free(r);
}

static void a_lease_that_lapses_is_told_with_what_it_kills(void **state)
{
    struct rig *r = rig_logging(TRACE_WARN);

    (void)state;
    rig_assign(r, rig_id(7, 1), KIND_COMMAND);
    rig_assign(r, rig_id(8, 2), KIND_COMMAND);
    rig_tick(r, RIG_LEASE_MS * 5 / 8);
    rig_tick(r, RIG_LEASE_MS * 6 / 8);
    rig_expect_log(r, "warn lease-lapsed held=2 running=1\n"
                      "warn disconnected name=w "
                      "reason=\"the lease has lapsed\"\n"
                      "warn attempt-killed task=7.1 attempt=5.1 "
                      "reason=\"the lease has lapsed\"\n");
    rig_free(r);
}

static void nonsense_is_told_less_and_less_often(void **state)
{
    struct rig *r = rig_logging(TRACE_WARN);

    (void)state;
    for (int i = 0; i < 9; i++)
        rig_simple(r, OP_DRAINING);
    rig_expect_log(
        r, "warn nonsense what=\"an operation that is not for workers\" n=1\n"
           "warn nonsense what=\"an operation that is not for workers\" n=2\n"
           "warn nonsense what=\"an operation that is not for workers\" n=4\n"
           "warn nonsense what=\"an operation that is not for workers\" n=8\n");
    rig_free(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_work_writes_nothing),
        cmocka_unit_test(at_debug_an_attempt_is_followed_to_its_ack),
        cmocka_unit_test(at_debug_verdicts_and_what_is_handed_back_are_told),
        cmocka_unit_test(a_coordinator_that_is_lost_and_found_is_a_line_each),
        cmocka_unit_test(a_lease_that_lapses_is_told_with_what_it_kills),
        cmocka_unit_test(nonsense_is_told_less_and_less_often),
    };
    return cmocka_run_group_tests_name("worker_trace", tests, NULL, NULL);
}
