/* SPDX-License-Identifier: MIT */
/* What a process of a worker gets from the one that starts it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "worker/shell/life/inherit.h"
#include "worker/shell/life/lease_guard.h"

static char errmsg[ERRMSG_LEN];

/* Open, and not closed by exec. */
static int some_fd(void)
{
    int fd = open("/dev/null", O_RDWR);

    assert_true(fd > STDERR_FILENO);
    return fd;
}

static struct inherit of_a_loop(void)
{
    struct inherit i = inherit_nothing();

    i.kind = INHERIT_LOOP;
    i.number = 3;
    i.supervisor = 77;
    i.guard_fd = some_fd();
    i.note_fd = some_fd();
    i.n_modules = 2;
    i.module_fds[0] = some_fd();
    i.module_fds[1] = some_fd();
    return i;
}

static void close_in(const struct inherit *i)
{
    const int fds[] = { i->note_fd, i->guard_fd, i->cpu_fd };

    for (size_t k = 0; k < 3; k++)
        if (fds[k] > STDERR_FILENO)
            close(fds[k]);
    for (uint32_t k = 0; k < i->n_modules && k < MODULE_FILES_MAX; k++)
        if (i->module_fds[k] > STDERR_FILENO)
            close(i->module_fds[k]);
}

static void what_is_given_is_taken(void **state)
{
    struct inherit given = of_a_loop(), taken;
    int fd = inherit_give(&given);

    (void)state;
    assert_true(fd > STDERR_FILENO);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(inherit_take(fd, &taken, errmsg), ERR_NONE);
    assert_memory_equal(&taken, &given, sizeof taken);
    assert_int_equal(fcntl(fd, F_GETFD), -1); /* it is closed */
    assert_int_equal(fcntl(taken.note_fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(fcntl(taken.guard_fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(fcntl(taken.module_fds[1], F_GETFD), FD_CLOEXEC);
    close_in(&taken);
}

static void expect_refused(const struct inherit *i, enum err err,
                           const char *why)
{
    struct inherit good = of_a_loop(), taken = inherit_nothing();
    int fd = inherit_give(&good);

    assert_int_equal(pwrite(fd, i, sizeof *i, 0), sizeof *i);
    assert_int_equal(inherit_take(fd, &taken, errmsg), err);
    if (strstr(errmsg, why) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", why, errmsg);
    assert_int_equal(taken.kind, INHERIT_NOTHING);
    close(fd);
    close_in(&good);
}

static void what_makes_no_sense_is_refused(void **state)
{
    struct inherit good = of_a_loop(), i;
    const int closed = 1000;

    (void)state;
    close(closed);
    i = good;
    i.kind = 9;
    expect_refused(&i, ERR_FORMAT, "do not fit together");
    i = good;
    i.kind = INHERIT_NOTHING;
    expect_refused(&i, ERR_FORMAT, "do not fit together");
    i = good;
    i.number = 0;
    expect_refused(&i, ERR_FORMAT, "do not fit together");
    i = good;
    i.guard_fd = closed;
    expect_refused(&i, ERR_FORMAT, "do not fit together");
    i = good;
    i.note_fd = closed;
    expect_refused(&i, ERR_FORMAT, "do not fit together");
    i = good;
    i.note_fd = STDERR_FILENO;
    expect_refused(&i, ERR_FORMAT, "do not fit together");
    i = good;
    i.cpu_fd = good.note_fd;
    expect_refused(&i, ERR_FORMAT, "do not fit together");
    i = good;
    i.kind = INHERIT_CPU;
    expect_refused(&i, ERR_FORMAT, "do not fit together");
    i = good;
    i.module_fds[1] = closed;
    expect_refused(&i, ERR_FORMAT, "do not fit together");
    i = good;
    i.n_modules = MODULE_FILES_MAX + 1;
    expect_refused(&i, ERR_FORMAT, "do not fit together");
    close_in(&good);
}

/* It is closed, so it cannot be something else as well. */
static void a_descriptor_that_names_itself_is_refused(void **state)
{
    struct inherit good = of_a_loop(), taken, i = good;
    int fd = inherit_give(&good);

    (void)state;
    i.note_fd = fd;
    assert_int_equal(pwrite(fd, &i, sizeof i, 0), sizeof i);
    assert_int_equal(inherit_take(fd, &taken, errmsg), ERR_FORMAT);
    close(fd);
    close_in(&good);
}

static void another_version_is_refused(void **state)
{
    struct inherit good = of_a_loop(), taken;
    int fd = inherit_give(&good);
    const uint32_t other = INHERIT_VERSION + 1;

    (void)state;
    assert_int_equal(pwrite(fd, &other, sizeof other, 0), sizeof other);
    assert_int_equal(inherit_take(fd, &taken, errmsg), ERR_VERSION);
    assert_non_null(strstr(errmsg, "version 3, this program has 2"));
    close(fd);
    close_in(&good);
}

static void another_length_is_refused(void **state)
{
    struct inherit good = of_a_loop(), taken;
    int fd = inherit_give(&good);
    const uint32_t version = INHERIT_VERSION;
    const off_t lens[] = { 0, 3, 4, sizeof good - 1, sizeof good + 1 };

    (void)state;
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, &version, sizeof version, 0),
                         sizeof version);
        assert_int_equal(ftruncate(fd, lens[i]), 0);
        assert_int_equal(inherit_take(fd, &taken, errmsg), ERR_FORMAT);
    }
    close(fd);
    close_in(&good);
}

static void what_is_no_memory_is_refused(void **state)
{
    struct inherit taken;
    int pipe_fds[2];

    (void)state;
    assert_int_equal(pipe(pipe_fds), 0);
    assert_int_equal(inherit_take(pipe_fds[0], &taken, errmsg), ERR_FORMAT);
    assert_non_null(strstr(errmsg, "only a worker says this"));
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    assert_int_equal(inherit_take(pipe_fds[0], &taken, errmsg), ERR_FORMAT);
    assert_int_equal(inherit_take(STDIN_FILENO, &taken, errmsg), ERR_FORMAT);
}

static void a_guard_is_only_in_memory_of_its_size(void **state)
{
    int fd = lease_guard_open(-1, 1);

    (void)state;
    assert_non_null(lease_guard_map(fd, 1));
    assert_int_equal(ftruncate(fd, 1), 0);
    assert_null(lease_guard_map(fd, 1));
    close(fd);
    assert_null(lease_guard_map(fd, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_given_is_taken),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(a_descriptor_that_names_itself_is_refused),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(another_length_is_refused),
        cmocka_unit_test(what_is_no_memory_is_refused),
        cmocka_unit_test(a_guard_is_only_in_memory_of_its_size),
    };

    return cmocka_run_group_tests_name("inherit", tests, NULL, NULL);
}
