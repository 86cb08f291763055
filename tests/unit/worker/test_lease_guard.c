/* SPDX-License-Identifier: MIT */
/* Who looks whether a lease is over. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/rt/os/clock.h"
#include "worker/shell/life/lease_guard.h"

static void it_is_over_when_something_runs_beyond_the_lease(void **state)
{
    struct lease_guard *g = lease_guard_map(-1, 1);

    (void)state;
    lease_guard_set(g, 1000, false);
    assert_false(lease_guard_is_over(g, 2000));
    lease_guard_set(g, 1000, true);
    assert_false(lease_guard_is_over(g, 999));
    assert_true(lease_guard_is_over(g, 1000));
    lease_guard_set(g, INT64_MAX, true);
    assert_false(lease_guard_is_over(g, 1000));
}

static void one_looks_again_when_it_ends_or_soon(void **state)
{
    struct lease_guard *g = lease_guard_map(-1, 1);

    (void)state;
    lease_guard_set(g, 100000, true);
    assert_int_equal(lease_guard_look_ms(g, 2000), 100000);
    lease_guard_set(g, INT64_MAX, false);
    assert_in_range(lease_guard_look_ms(g, 2000), 2001, 3000);
    lease_guard_set(g, 1000, false);
    assert_in_range(lease_guard_look_ms(g, 2000), 2001, 3000);
}

static void a_process_sees_what_another_publishes(void **state)
{
    int fd = lease_guard_open(-1, 1);
    struct lease_guard *mine = lease_guard_map(fd, 1);
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        lease_guard_set(lease_guard_map(fd, 1), 1234, true);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    assert_int_equal(lease_guard_look_ms(mine, 0), 1234);
    assert_true(lease_guard_is_over(mine, 1234));
    close(fd);
}

static void the_next_process_knows_the_one_before(void **state)
{
    struct lease_guard *g = lease_guard_map(-1, 1);
    boot_id one = { { 1 } }, two = { { 2 } };

    (void)state;
    assert_true(boot_is_zero(lease_guard_begin(g, one)));
    assert_true(boot_equal(lease_guard_begin(g, two), one));
    lease_guard_forget(g);
    assert_true(boot_is_zero(lease_guard_begin(g, one)));
}

/* The memory of a worker goes to the one that takes its place, which may have
 * fewer or more processes. */
static void guards_share_memory_that_is_passed_on(void **state)
{
    int fd = lease_guard_open(-1, 3), next;
    boot_id two = { { 2 } }, three = { { 3 } }, other = { { 9 } };

    (void)state;
    lease_guard_begin(lease_guard_map(fd, 2), two);
    lease_guard_begin(lease_guard_map(fd, 3), three);
    assert_true(boot_is_zero(lease_guard_begin(lease_guard_map(fd, 1), other)));
    next = lease_guard_open(fd, 2);
    assert_int_equal(next, fd);
    assert_true(
        boot_equal(lease_guard_begin(lease_guard_map(fd, 2), other), two));
    assert_null(lease_guard_map(fd, 3));
    assert_int_equal(lease_guard_open(fd, 3), fd);
    assert_true(boot_is_zero(lease_guard_begin(lease_guard_map(fd, 3), other)));
    close(fd);
}

static void memory_of_anything_else_has_no_guard(void **state)
{
    int fd = lease_guard_open(-1, 1);
    boot_id one = { { 1 } };
    char junk[128];

    (void)state;
    memset(junk, 7, sizeof junk);
    assert_int_equal(pwrite(fd, junk, sizeof junk, 0), sizeof junk);
    assert_true(boot_is_zero(lease_guard_begin(lease_guard_map(fd, 1), one)));
    close(fd);
}

/* Its thread ends it, although the loop (here: pause) sees nothing. */
static void a_process_without_a_supervisor_ends_itself(void **state)
{
    int status;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        struct lease_guard *g = lease_guard_map(-1, 1);

        lease_guard_set(g, clock_boot_ms() + 10, true);
        if (!lease_guard_watch(g))
            _exit(1);
        for (;;)
            pause();
    }
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_over_when_something_runs_beyond_the_lease),
        cmocka_unit_test(one_looks_again_when_it_ends_or_soon),
        cmocka_unit_test(a_process_sees_what_another_publishes),
        cmocka_unit_test(the_next_process_knows_the_one_before),
        cmocka_unit_test(guards_share_memory_that_is_passed_on),
        cmocka_unit_test(memory_of_anything_else_has_no_guard),
        cmocka_unit_test(a_process_without_a_supervisor_ends_itself),
    };
    return cmocka_run_group_tests_name("lease_guard", tests, NULL, NULL);
}
