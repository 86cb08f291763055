/* SPDX-License-Identifier: MIT */
/* For how long an output waits for a follower that nobody knows of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "worker/shell/exec/program_output.h"

#define NS_PER_MS UINT64_C(1000000)

static uv_loop_t loop;
static struct alarm_set alarms;
static struct program_output output;

static int set_up(void **state)
{
    (void)state;
    uv_loop_init(&loop);
    alarm_set_init(&alarms, &loop);
    program_output_init(&output, &alarms, NULL);
    program_output_follow(&output, true, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    program_output_fini(&output);
    alarm_set_fini(&alarms, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop);
}

/* Within a second. 0: it waits for ever, since somebody is there. */
static void expect_patience(int64_t ms)
{
    uint64_t now = uv_hrtime(), due = output.let_go.due_ns;

    assert_int_equal(output.let_go.node.place != 0, ms != 0);
    if (ms == 0)
        return;
    assert_true(due > now + (uint64_t)(ms - 1000) * NS_PER_MS);
    assert_true(due <= now + (uint64_t)ms * NS_PER_MS);
}

static void it_waits_longer_than_clients_for_a_coordinator(void **state)
{
    (void)state;
    expect_patience(0);
    program_output_session_over(&output);
    expect_patience(PROGRAM_OUTPUT_FOLLOW_PATIENCE_MS);
    program_output_session_over(&output);
    expect_patience(PROGRAM_OUTPUT_FOLLOW_PATIENCE_MS);
}

static void it_waits_less_when_the_coordinator_is_back(void **state)
{
    (void)state;
    program_output_rejoin(&output);
    expect_patience(0);
    program_output_session_over(&output);
    program_output_rejoin(&output);
    expect_patience(PROGRAM_OUTPUT_REJOIN_PATIENCE_MS);
    program_output_follow(&output, true, 7);
    expect_patience(0);
}

static void who_has_gone_is_not_waited_for(void **state)
{
    (void)state;
    program_output_follow(&output, false, 0);
    program_output_session_over(&output);
    program_output_rejoin(&output);
    expect_patience(0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(it_waits_longer_than_clients_for_a_coordinator),
        TEST(it_waits_less_when_the_coordinator_is_back),
        TEST(who_has_gone_is_not_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
