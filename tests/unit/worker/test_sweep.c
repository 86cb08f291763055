/* SPDX-License-Identifier: MIT */
/* What is left of workers that are dead is found by its mark. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "worker/shell/exec/sweep.h"

struct worker {
    pid_t pid, program;
};

static _Noreturn void be_worker(int told)
{
    pid_t program;

    sweep_begin();
    program = fork();
    if (program == 0) {
        execlp("sleep", "sleep", "1000", NULL);
        _exit(1);
    }
    if (write(told, &program, sizeof program) != sizeof program)
        _exit(1);
    close(told);
    for (;;)
        pause();
}

/* Its program bears the mark when exec has closed the pipe. */
static struct worker worker_start(void)
{
    struct worker w;
    char byte;
    int told[2];

    assert_int_equal(pipe2(told, O_CLOEXEC), 0);
    w.pid = fork();
    if (w.pid == 0)
        be_worker(told[1]);
    close(told[1]);
    assert_int_equal(read(told[0], &w.program, sizeof w.program),
                     sizeof w.program);
    assert_int_equal(read(told[0], &byte, 1), 0);
    close(told[0]);
    return w;
}

/* Then its program is our child. */
static void worker_kill(const struct worker *w)
{
    int status;

    kill(w->pid, SIGKILL);
    assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
}

static void expect_killed(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void what_a_dead_worker_has_left_is_killed(void **state)
{
    struct worker dead = worker_start(), other = worker_start();

    (void)state;
    worker_kill(&dead);
    sweep_begin();
    expect_killed(dead.program);
    assert_int_equal(waitpid(other.program, NULL, WNOHANG), -1);
    assert_int_equal(kill(other.program, 0), 0);
    worker_kill(&other);
    assert_int_equal(waitpid(other.program, NULL, WNOHANG), 0);
    sweep_begin();
    expect_killed(other.program);
}

static void also_when_it_is_stopped(void **state)
{
    struct worker dead = worker_start();
    int status;

    (void)state;
    kill(dead.program, SIGSTOP);
    worker_kill(&dead);
    assert_int_equal(waitpid(dead.program, &status, WUNTRACED), dead.program);
    assert_true(WIFSTOPPED(status));
    sweep_begin();
    expect_killed(dead.program);
}

/* Who waits for nobody leaves a zombie: it is dead all the same. */
static void a_worker_that_was_not_waited_for_is_dead(void **state)
{
    struct worker dead = worker_start();
    siginfo_t info;

    (void)state;
    kill(dead.pid, SIGKILL);
    waitid(P_PID, (id_t)dead.pid, &info, WEXITED | WNOWAIT);
    sweep_begin();
    expect_killed(dead.program);
    waitpid(dead.pid, NULL, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_dead_worker_has_left_is_killed),
        cmocka_unit_test(also_when_it_is_stopped),
        cmocka_unit_test(a_worker_that_was_not_waited_for_is_dead),
    };

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
