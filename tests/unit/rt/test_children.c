/* SPDX-License-Identifier: MIT */
/* Killing the children of a process, and those that become its children. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/rt/os/children.h"

static _Noreturn void stay(void)
{
    for (;;)
        pause();
}

static bool is_first(void *arg, pid_t pid)
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
        stay();
    assert_int_equal(children_kill(is_first, &first), 1);
    assert_int_equal(waitpid(-1, &status, 0), second);
    assert_int_equal(children_kill(is_first, &first), 0);
    assert_int_equal(children_kill(NULL, NULL), 1);
    assert_int_equal(waitpid(-1, &status, 0), first);
    assert_int_equal(children_count(NULL, NULL), 0);
}

/* A process that has a child in a session of its own, which has one, too; all
 * are stopped. Waits until they are. */
static pid_t start_family(void)
{
    int fds[2];
    char bytes[3];
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (fork() == 0) {
            setsid();
            fork();
        }
        (void)!write(fds[1], "x", 1);
        raise(SIGSTOP);
        stay();
    }
    for (size_t n = 0; n < sizeof bytes; n++)
        assert_int_equal(read(fds[0], bytes, 1), 1);
    close(fds[0]);
    close(fds[1]);
    return pid;
}

/* Round after round, as each death brings us the orphans. */
static void a_family_is_killed_also_when_it_is_stopped(void **state)
{
    int status, n_ended = 0;
    pid_t pid = start_family();

    (void)state;
    while (children_kill(NULL, NULL) > 0) {
        pid_t ended = waitpid(-1, &status, 0);

        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        assert_true(n_ended > 0 || ended == pid);
        n_ended++;
    }
    assert_int_equal(n_ended, 3);
}

/* Whose group is of our session is killed alone: others of it may be spared. */
static void a_group_of_our_session_is_no_target(void **state)
{
    pid_t leader = fork(), other;
    int status;

    (void)state;
    if (leader == 0)
        stay();
    setpgid(leader, leader);
    other = fork();
    if (other == 0)
        stay();
    setpgid(other, leader);
    assert_int_equal(children_kill(is_first, &leader), 1);
    assert_int_equal(waitpid(-1, &status, 0), other);
    assert_int_equal(kill(leader, 0), 0);
    assert_int_equal(waitpid(leader, &status, WNOHANG), 0);
    children_kill(NULL, NULL);
    waitpid(leader, &status, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_that_is_spared_lives),
        cmocka_unit_test(a_family_is_killed_also_when_it_is_stopped),
        cmocka_unit_test(a_group_of_our_session_is_no_target),
    };

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    return cmocka_run_group_tests_name("children", tests, NULL, NULL);
}
