/* SPDX-License-Identifier: MIT */
/* What others see of the steps of a process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/rt/os/step_mark.h"

static void another_process_reads_when_the_last_step_began(void **state)
{
    struct step_mark *m = step_mark_open();
    const char *name = step_mark_name(m);
    boot_id key = step_mark_key(m);
    int status;

    (void)state;
    assert_true(step_mark_read(name, key) == INT64_MAX);
    step_mark_set(m, 4711);
    if (fork() == 0)
        _exit(step_mark_read(name, key) == 4711 ? 0 : 1);
    wait(&status);
    assert_int_equal(status, 0);
    step_mark_begin(m);
    assert_true(step_mark_read(name, key) == INT64_MAX);
    step_mark_close(m);
}

static void what_is_not_a_mark_of_that_key_proves_nothing(void **state)
{
    struct step_mark *m = step_mark_open();
    boot_id other = { { 1 } };
    char name[64];

    (void)state;
    step_mark_set(m, 1);
    snprintf(name, sizeof name, "%s", step_mark_name(m));
    assert_true(step_mark_read(name, other) == INT64_MAX);
    assert_true(step_mark_read("", step_mark_key(m)) == INT64_MAX);
    assert_true(step_mark_read("/etc/passwd", step_mark_key(m)) == INT64_MAX);
    assert_true(step_mark_read("/proc/self/maps", step_mark_key(m)) ==
                INT64_MAX);
    other = step_mark_key(m);
    step_mark_close(m);
    assert_true(step_mark_read(name, other) == INT64_MAX);
}

static void a_dead_process_has_none(void **state)
{
    struct {
        char name[64];
        boot_id key;
    } told;
    int out[2];

    (void)state;
    assert_int_equal(pipe(out), 0);
    if (fork() == 0) {
        struct step_mark *m = step_mark_open();
        snprintf(told.name, sizeof told.name, "%s", step_mark_name(m));
        told.key = step_mark_key(m);
        step_mark_set(m, 1);
        _exit(write(out[1], &told, sizeof told) == sizeof told ? 0 : 1);
    }
    assert_int_equal(read(out[0], &told, sizeof told), sizeof told);
    wait(NULL);
    assert_true(step_mark_read(told.name, told.key) == INT64_MAX);
    close(out[0]);
    close(out[1]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_process_reads_when_the_last_step_began),
        cmocka_unit_test(what_is_not_a_mark_of_that_key_proves_nothing),
        cmocka_unit_test(a_dead_process_has_none),
    };
    return cmocka_run_group_tests_name("step_mark", tests, NULL, NULL);
}
