/* SPDX-License-Identifier: MIT */
/* Which machine this is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/rt/os/machine.h"

static void all_processes_of_a_machine_see_the_same(void **state)
{
    boot_id here = machine_boot();
    pid_t pid = fork();
    int status;

    (void)state;
    if (pid == 0)
        _exit(boot_equal(machine_boot(), here) ? 0 : 1);
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    if (access("/proc/sys/kernel/random/boot_id", R_OK) == 0)
        assert_false(boot_is_zero(here));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_processes_of_a_machine_see_the_same),
    };
    return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
