/* SPDX-License-Identifier: MIT */
/* Who looks whether a lease is over, and what becomes of its programs. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "family.h"
#include "guard.h"

static void it_is_over_when_something_runs_beyond_the_lease(void **state)
{
    struct guard *g = guard_map(-1);

    (void)state;
    guard_set(g, 1000, false);
    assert_false(guard_is_over(g, 2000));
    guard_set(g, 1000, true);
    assert_false(guard_is_over(g, 999));
    assert_true(guard_is_over(g, 1000));
    guard_set(g, INT64_MAX, true);
    assert_false(guard_is_over(g, 1000));
}

static void one_looks_again_when_it_ends_or_soon(void **state)
{
    struct guard *g = guard_map(-1);

    (void)state;
    guard_set(g, 100000, true);
    assert_int_equal(guard_look_ms(g, 2000), 100000);
    guard_set(g, INT64_MAX, false);
    assert_in_range(guard_look_ms(g, 2000), 2001, 3000);
    guard_set(g, 1000, false);
    assert_in_range(guard_look_ms(g, 2000), 2001, 3000);
}

static void a_process_sees_what_another_publishes(void **state)
{
    int fd = guard_open();
    struct guard *mine = guard_map(fd);
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        guard_set(guard_map(fd), 1234, true);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    assert_int_equal(guard_look_ms(mine, 0), 1234);
    assert_true(guard_is_over(mine, 1234));
    close(fd);
}

static void the_next_process_knows_the_one_before(void **state)
{
    struct guard *g = guard_map(-1);
    boot_id one = { { 1 } }, two = { { 2 } };

    (void)state;
    assert_true(boot_is_zero(guard_begin(g, one)));
    assert_true(boot_equal(guard_begin(g, two), one));
    guard_forget(g);
    assert_true(boot_is_zero(guard_begin(g, one)));
}

static bool is_first(const void *arg, pid_t pid)
{
    return *(const pid_t *)arg == pid;
}

static void a_child_that_is_spared_lives(void **state)
{
    pid_t first = fork(), second = first == 0 ? 0 : fork();
    int status;

    (void)state;
    assert_true(first >= 0 && second >= 0);
    if (second == 0)
        for (;;)
            pause();
    assert_int_equal(family_kill_children(getpid(), is_first, &first), 1);
    assert_int_equal(waitpid(-1, &status, 0), second);
    assert_int_equal(family_kill_children(getpid(), is_first, &first), 0);
    assert_int_equal(family_kill_children(getpid(), NULL, NULL), 1);
    assert_int_equal(waitpid(-1, &status, 0), first);
}

/* A process that has a child in a session of its own, which has one, too. All
 * of them hold the end of the pipe. */
static pid_t start_family(int *pipe_end)
{
    int fds[2];
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (fork() == 0) {
            setsid();
            fork();
        }
        for (;;)
            pause();
    }
    close(fds[1]);
    *pipe_end = fds[0];
    return pid;
}

/* All have gone when the pipe ends. */
static void expect_all_gone(int pipe_end)
{
    char byte;

    assert_int_equal(read(pipe_end, &byte, 1), 0);
    close(pipe_end);
}

static void a_family_is_killed_also_when_it_is_stopped(void **state)
{
    int end, status;
    pid_t pid = start_family(&end);

    (void)state;
    kill(pid, SIGSTOP);
    waitpid(pid, &status, WUNTRACED);
    family_kill(pid);
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    expect_all_gone(end);
}

/* Its thread ends it, although the loop (here: pause) sees nothing. */
static void a_process_without_a_supervisor_ends_itself(void **state)
{
    int fds[2], status;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (pid == 0) {
        struct guard *g = guard_map(-1);

        if (fork() == 0)
            for (;;)
                pause();
        guard_set(g, clock_boot_ms() + 10, true);
        if (!guard_watch(g))
            _exit(1);
        for (;;)
            pause();
    }
    close(fds[1]);
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    expect_all_gone(fds[0]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_over_when_something_runs_beyond_the_lease),
        cmocka_unit_test(one_looks_again_when_it_ends_or_soon),
        cmocka_unit_test(a_process_sees_what_another_publishes),
        cmocka_unit_test(the_next_process_knows_the_one_before),
        cmocka_unit_test(a_child_that_is_spared_lives),
        cmocka_unit_test(a_family_is_killed_also_when_it_is_stopped),
        cmocka_unit_test(a_process_without_a_supervisor_ends_itself),
    };
    return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
