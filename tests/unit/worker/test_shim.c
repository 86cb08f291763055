/* SPDX-License-Identifier: MIT */
/* What a program has started ends with it: real processes that do not want to,
 * with cgroups where they can be made, and without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "tests/unit/worker/shop.h"

/* In the command line of all that a test starts, and of nothing else. */
static char mark[40];

static int setup(void **state)
{
    static int n_tests;

    snprintf(mark, sizeof mark, "stray-of-%d-%d", (int)getpid(), ++n_tests);
    *state = shop_new();
    return 0;
}

/* Without a shop where no cgroup can be made. */
static int setup_with_cgroup(void **state)
{
    setup(state);
    shop_free(*state);
    *state = shop_new_in(NULL);
    return 0;
}

/* ---- what is left ---- */

static bool file_has(const char *pid, const char *file, const char *text)
{
    char path[64], bytes[4096];
    ssize_t len;
    int fd;

    snprintf(path, sizeof path, "/proc/%.20s/%s", pid, file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    len = read(fd, bytes, sizeof bytes);
    close(fd);
    return len > 0 && memmem(bytes, (size_t)len, text, strlen(text)) != NULL;
}

/* The command line of who has ended is empty. */
static int n_left(void)
{
    DIR *dir = opendir("/proc");
    const struct dirent *entry;
    int n = 0;

    while ((entry = readdir(dir)) != NULL)
        n += entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
             file_has(entry->d_name, "cmdline", mark);
    closedir(dir);
    return n;
}

static void nap(void)
{
    struct timespec t = { .tv_nsec = 2000000 };

    nanosleep(&t, NULL);
}

static void wait_until_none_is_left(void)
{
    for (int i = 0; n_left() > 0; i++) {
        if (i == 10000)
            fail_msg("%d processes are left", n_left());
        nap();
    }
}

static int teardown(void **state)
{
    if (*state != NULL)
        shop_free(*state);
    assert_int_equal(n_left(), 0);
    return 0;
}

/* ---- programs ---- */

/* Start `stray HOW`, alone or before the rest of a script; wait until it is
 * ready. */
static void start_stray(struct shop *s, const char *how, const char *rest)
{
    char script[256];

    if (s == NULL)
        skip();
    snprintf(script, sizeof script, "\"$@\"; %s", rest);
    if (rest[0] == '\0')
        shop_argv(s, STRAY, how, mark, NULL);
    else
        shop_argv(s, "sh", "-c", script, "sh", STRAY, how, mark, NULL);
    assert_int_equal(shop_start(s), ERR_NONE);
    buf_clear(&s->tailed);
    s->tailed_to = 0;
    shop_follow(s);
    shop_wait_for_output(s, strlen("ready\n"));
}

static void who_escapes_ends_with_the_program(void **state)
{
    struct shop *s = *state;

    start_stray(s, "daemon", "exit 4");
    shop_wait(s);
    assert_int_equal(s->outcome.code, 4);
    assert_int_equal(n_left(), 0);
}

static void who_cleans_its_environment_does_not_hide(void **state)
{
    struct shop *s = *state;

    start_stray(s, "clean", "");
    shop_wait(s);
    assert_int_equal(s->outcome.state, STATE_DONE);
    assert_int_equal(n_left(), 0);
}

static void a_kill_takes_all(void **state)
{
    struct shop *s = *state;

    start_stray(s, "both", "");
    command_kill(s->command);
    shop_wait(s);
    assert_int_equal(s->outcome.signal, SIGKILL);
    assert_int_equal(n_left(), 0);
}

static void who_is_deaf_to_a_stop_can_be_killed(void **state)
{
    struct shop *s = *state;

    start_stray(s, "both", "");
    command_stop(s->command, view_str("not needed"));
    command_kill(s->command);
    shop_wait(s);
    assert_int_equal(s->outcome.state, STATE_CANCELLED);
    assert_int_equal(s->outcome.signal, SIGKILL);
    assert_int_equal(n_left(), 0);
}

static void who_hops_from_process_to_process_is_caught(void **state)
{
    struct shop *s = *state;

    start_stray(s, "hop", "");
    shop_wait(s);
    assert_int_equal(s->outcome.state, STATE_DONE);
    assert_int_equal(n_left(), 0);
}

static void a_fork_bomb_is_put_out(void **state)
{
    struct shop *s = *state;

    start_stray(s, "bomb", "");
    command_kill(s->command);
    shop_wait(s);
    assert_int_equal(n_left(), 0);
}

static void programs_are_told_apart(void **state)
{
    struct shop *s = *state;
    struct command *first;

    start_stray(s, "both", "");
    first = s->command;
    start_stray(s, "both", "");
    assert_int_equal(n_left(), 4); /* of each, and its escaped one */
    command_kill(first);
    while (s->n_running > 1)
        uv_run(&s->loop, UV_RUN_ONCE);
    assert_int_equal(n_left(), 2);
    command_kill(s->command);
    shop_wait(s);
}

static void a_shim_serves_many_programs(void **state)
{
    struct shop *s = *state;

    for (int i = 0; i < 20; i++) {
        start_stray(s, "daemon", "exit 0");
        shop_wait(s);
        assert_int_equal(n_left(), 0);
        shop_run_script(s, "exit 3");
        assert_int_equal(s->outcome.code, 3);
    }
}

/* ---- when who watches is killed ---- */

static void a_program_that_kills_its_shim_dies_with_all(void **state)
{
    struct shop *s = *state;

    start_stray(s, "daemon", "kill -9 $PPID; sleep 1000");
    shop_wait(s);
    assert_int_equal(s->outcome.signal, SIGKILL);
    assert_int_equal(n_left(), 0);
    shop_run_script(s, "exit 3"); /* another shim */
    assert_int_equal(s->outcome.code, 3);
}

static void a_program_that_stops_its_shim_is_killed_with_it(void **state)
{
    struct shop *s = *state;

    if (s == NULL)
        skip();
    s->env.clear_ms = 50;
    start_stray(s, "daemon", "kill -STOP $PPID; echo; sleep 1000");
    shop_wait_for_output(s, strlen("ready\n\n"));
    command_kill(s->command);
    shop_wait(s);
    assert_int_equal(s->outcome.signal, SIGKILL);
    wait_until_none_is_left();
}

/* The shim goes on by itself, and sees the end. */
static void a_program_that_stops_its_shim_and_leaves_a_daemon_ends(void **state)
{
    struct shop *s = *state;

    start_stray(s, "daemon", "kill -STOP $PPID; exit 4");
    shop_wait(s);
    assert_int_equal(s->outcome.code, 4);
    assert_int_equal(n_left(), 0);
}

/* It might never see an end. */
static void a_shim_that_is_stopped_again_and_again_is_killed(void **state)
{
    struct shop *s = *state;

    start_stray(s, "daemon", "while :; do kill -STOP $PPID; done");
    shop_wait(s);
    assert_int_equal(s->outcome.signal, SIGKILL);
    wait_until_none_is_left();
}

static void what_runs_ends_before_the_forkserver(void **state)
{
    struct shop *s = *state;

    start_stray(s, "both", "");
    forkserver_stop(&s->forkserver);
    assert_int_equal(n_left(), 0);
    shop_wait(s);
    assert_int_equal(s->outcome.signal, SIGKILL);
}

/* As a worker that is killed: its child is the worker here. */
static void what_runs_ends_when_the_worker_is_killed(void **state)
{
    struct shop *s = *state;
    int ready[2];
    pid_t pid;
    char byte;

    if (s == NULL)
        skip();
    assert_int_equal(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        s = shop_new();
        start_stray(s, "both", "");
        if (write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    assert_true(n_left() > 0);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    wait_until_none_is_left();
}

static void what_runs_ends_when_the_forkserver_is_killed(void **state)
{
    struct shop *s = *state;

    start_stray(s, "both", "");
    kill(s->forkserver.pid, SIGKILL);
    shop_wait(s);
    wait_until_none_is_left();
}

/* ---- what a former worker left ---- */

/* Fork server and shims are one group: none can act before all are dead. */
static void kill_all_who_watch(struct shop *s)
{
    assert_int_equal(kill(-s->forkserver.pid, SIGKILL), 0);
    shop_wait(s);
    assert_int_equal(s->outcome.signal, SIGKILL);
    forkserver_stop(&s->forkserver);
}

/* The lock of the one before goes with the last of its shims, which may be
 * dying still. */
static struct shop *shop_after_another(void)
{
    struct shop *next;

    for (int i = 0; (next = shop_new_in(NULL)) == NULL; i++) {
        if (i == 10000)
            fail_msg("the cgroup stays locked");
        nap();
    }
    return next;
}

static void a_cgroup_that_a_dead_worker_left_is_emptied(void **state)
{
    struct shop *s = *state;
    struct shop *next;

    if (s == NULL)
        skip();
    start_stray(s, "clean", "sleep 1000");
    kill_all_who_watch(s);
    assert_true(n_left() > 0);
    next = shop_after_another();
    assert_int_equal(n_left(), 0);
    shop_free(next);
}

static void a_cgroup_of_a_worker_that_lives_is_left_alone(void **state)
{
    struct shop *s = *state;
    struct shop *next;

    start_stray(s, "clean", "sleep 1000");
    next = shop_new_in(NULL);
    assert_null(next); /* this process has one already */
    assert_true(n_left() > 0);
    command_kill(s->command);
    shop_wait(s);
}

/* Another one's, which has a name like ours. */
static void a_cgroup_of_somebody_else_is_left_alone(void **state)
{
    struct shop *s = *state;
    char name[40], errmsg[ERRMSG_LEN];
    struct cgroup_root root;

    if (s == NULL)
        skip();
    shop_free(s);
    *state = NULL;
    assert_int_equal(cgroup_root_open(NULL, &root, errmsg), ERR_NONE);
    snprintf(name, sizeof name, "yon-shims-%d.x", (int)getpid());
    assert_int_equal(mkdirat(root.above, name, 0755), 0);
    cgroup_root_close(&root);
    assert_int_equal(cgroup_root_open(NULL, &root, errmsg), ERR_NONE);
    assert_int_equal(unlinkat(root.above, name, AT_REMOVEDIR), 0);
    cgroup_root_close(&root);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_IN_CGROUP(name)                                            \
    {                                                                   \
#name " (in a cgroup)", name, setup_with_cgroup, teardown, NULL \
    }
#define TEST_BOTH(name) TEST(name), TEST_IN_CGROUP(name)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST_BOTH(who_escapes_ends_with_the_program),
        TEST_BOTH(who_cleans_its_environment_does_not_hide),
        TEST_BOTH(a_kill_takes_all),
        TEST_BOTH(who_is_deaf_to_a_stop_can_be_killed),
        TEST_BOTH(who_hops_from_process_to_process_is_caught),
        TEST_BOTH(a_fork_bomb_is_put_out),
        TEST_BOTH(programs_are_told_apart),
        TEST_BOTH(a_shim_serves_many_programs),
        TEST_BOTH(a_program_that_kills_its_shim_dies_with_all),
        TEST_BOTH(a_program_that_stops_its_shim_is_killed_with_it),
        TEST_BOTH(a_program_that_stops_its_shim_and_leaves_a_daemon_ends),
        TEST_BOTH(a_shim_that_is_stopped_again_and_again_is_killed),
        TEST_BOTH(what_runs_ends_before_the_forkserver),
        TEST_BOTH(what_runs_ends_when_the_worker_is_killed),
        TEST_BOTH(what_runs_ends_when_the_forkserver_is_killed),
        TEST_IN_CGROUP(a_cgroup_that_a_dead_worker_left_is_emptied),
        TEST_IN_CGROUP(a_cgroup_of_a_worker_that_lives_is_left_alone),
        TEST_IN_CGROUP(a_cgroup_of_somebody_else_is_left_alone),
    };

    setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
    return cmocka_run_group_tests_name("shim", tests, NULL, NULL);
}
