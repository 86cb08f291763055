/* SPDX-License-Identifier: MIT */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/rt/os/log.h"

#define TIME "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z"

static int stderr_before, reader;

/* stderr becomes a pipe. */
static int setup(void **state)
{
    int fds[2];

    (void)state;
    if (pipe(fds) != 0)
        return -1;
    stderr_before = dup(STDERR_FILENO);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    reader = fds[0];
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dup2(stderr_before, STDERR_FILENO);
    close(stderr_before);
    close(reader);
    log_set_level(TRACE_INFO);
    unsetenv("YON_LOG");
    return 0;
}

/* What came since the last look; "-" when there is nothing. */
static const char *said(void)
{
    static char text[4096];
    ssize_t n;

    (void)!write(STDERR_FILENO, "-", 1); /* so that read never waits */
    n = read(reader, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void expect_said(const char *pattern)
{
    const char *text = said();
    regex_t regex;

    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&regex, text, 0, NULL, 0) != 0)
        fail_msg("not \"%s\" but \"%s\"", pattern, text);
    regfree(&regex);
}

static void line_has_time_level_event_and_fields(void **state)
{
    (void)state;
    log_line(TRACE_WARN, "disk-full", "left=%d%% why=%s", 3, "no room");
    expect_said("^" TIME " warn disk-full left=3% why=\"no room\"\n-$");
}

static void lines_above_the_level_are_dropped(void **state)
{
    (void)state;
    log_line(TRACE_DEBUG, "a", NULL);
    expect_said("^-$");
    log_set_level(TRACE_DEBUG);
    log_line(TRACE_DEBUG, "a", NULL);
    expect_said("^" TIME " debug a\n-$");
    log_set_level(TRACE_ERROR);
    log_line(TRACE_WARN, "a", NULL);
    expect_said("^-$");
}

static void each_line_of_a_trace_has_its_time(void **state)
{
    struct trace t = { .level = TRACE_INFO };

    (void)state;
    log_trace(&t);
    trace_line(&t, TRACE_INFO, "a", "x=%d", 1);
    trace_line(&t, TRACE_WARN, "b", NULL);
    log_trace(&t);
    expect_said("^" TIME " info a x=1\n" TIME " warn b\n-$");
    log_trace(&t); /* cleared */
    expect_said("^-$");
    trace_fini(&t);
}

static void flag_wins_over_the_environment(void **state)
{
    char errmsg[ERRMSG_LEN] = "";

    (void)state;
    assert_int_equal(log_configure(NULL, errmsg), ERR_NONE);
    assert_int_equal(log_level(), TRACE_INFO);
    setenv("YON_LOG", "debug", 1);
    assert_int_equal(log_configure(NULL, errmsg), ERR_NONE);
    assert_int_equal(log_level(), TRACE_DEBUG);
    assert_int_equal(log_configure("error", errmsg), ERR_NONE);
    assert_int_equal(log_level(), TRACE_ERROR);
    setenv("YON_LOG", "", 1);
    assert_int_equal(log_configure(NULL, errmsg), ERR_NONE);
    assert_int_equal(log_level(), TRACE_INFO);
}

static void wrong_level_is_told_by_its_place(void **state)
{
    char errmsg[ERRMSG_LEN] = "";

    (void)state;
    setenv("YON_LOG", "loud", 1);
    assert_int_equal(log_configure(NULL, errmsg), ERR_FORMAT);
    assert_string_equal(
        errmsg, "YON_LOG wants one of error|warn|info|debug, not \"loud\"");
    assert_int_equal(log_configure("x", errmsg), ERR_FORMAT);
    assert_string_equal(
        errmsg, "--log-level wants one of error|warn|info|debug, not \"x\"");
    assert_int_equal(log_level(), TRACE_INFO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(line_has_time_level_event_and_fields),
        TEST(lines_above_the_level_are_dropped),
        TEST(each_line_of_a_trace_has_its_time),
        TEST(flag_wins_over_the_environment),
        TEST(wrong_level_is_told_by_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
