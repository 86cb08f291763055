/* SPDX-License-Identifier: MIT */
/* What the kernel says of a process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/rt/os/procstat.h"

static void a_name_may_contain_anything(void **state)
{
    struct procstat before, after;

    (void)state;
    assert_true(procstat_read(getpid(), &before));
    assert_int_equal(before.parent, getppid());
    assert_int_equal(before.state, 'R');
    assert_true(before.start > 0);
    prctl(PR_SET_NAME, ") Z 1 (2");
    assert_true(procstat_read(getpid(), &after));
    assert_int_equal(after.parent, before.parent);
    assert_int_equal(after.state, 'R');
    assert_true(after.start == before.start);
}

static void the_dead_are_told_from_those_who_never_were(void **state)
{
    struct procstat p = { 0 };
    siginfo_t info;
    pid_t pid = fork();

    (void)state;
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_true(procstat_read(pid, &p));
    assert_int_equal(p.state, 'Z');
    assert_int_equal(p.parent, getpid());
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_false(procstat_read(pid, &p));
    assert_int_equal(p.state, 'Z'); /* unchanged */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_may_contain_anything),
        cmocka_unit_test(the_dead_are_told_from_those_who_never_were),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
