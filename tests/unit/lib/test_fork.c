/* SPDX-License-Identifier: MIT */
/* Programs that fork after they have used yon: daemons, preforking servers,
 * test runners. A child that hangs is killed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <yon/io.h>

#include "tests/support/cluster.h"

#define PATIENCE_S 20

static struct cluster cluster;

static int group_setup(void **state)
{
    (void)state;
    cluster_start(&cluster);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    cluster_stop(&cluster);
    return 0;
}

static yon_future *call_forever(yon_client *c)
{
    return yon_call(c, "sleep", "{sI}", "ms", (int64_t)24 * 3600 * 1000);
}

/* In a child: the line of what was not as it should be; 0: nothing. */
#define CHECK(condition)     \
    do {                     \
        if (!(condition))    \
            return __LINE__; \
    } while (0)

/* Run fn in a child; what it returns, or minus the signal that ended it. */
static int in_child(int (*fn)(void *arg), void *arg)
{
    pid_t pid = fork();
    int status = 0, line;

    if (pid == 0) {
        alarm(PATIENCE_S);
        line = fn(arg);
        if (line != 0)
            fprintf(stderr, "child: line %d\n", line);
        _exit(line != 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* A client of its own works as in any process. */
static int use_yon(void *arg)
{
    yon_client *c;
    yon_future *f;
    int64_t sum = 0;

    (void)arg;
    CHECK(yon_connect(cluster.address, &c) == 0);
    f = yon_call(c, "add", "{sIsI}", "a", (int64_t)2, "b", (int64_t)3);
    CHECK(yon_await(f) == 0);
    CHECK(yon_result(f, "I", &sum) == 0 && sum == 5);
    yon_free(f);
    yon_close(c);
    return 0;
}

/* ---- outside of coroutines ---- */

struct inherited {
    yon_client *c;
    yon_future *f; /* pending */
};

static void never(void *arg, yon_future *f)
{
    (void)arg;
    (void)f;
}

static int use_what_is_inherited(void *arg)
{
    struct inherited *in = arg;
    yon_future *f;
    size_t which;

    CHECK(yon_await(in->f) == YON_ESTATE);
    CHECK(yon_await_for(in->f, 50) == YON_ESTATE);
    CHECK(yon_any(&in->f, 1, &which) == YON_ESTATE);
    CHECK(yon_cancel(in->f) == YON_ESTATE);
    CHECK(yon_then(in->f, never, NULL) == YON_ESTATE);
    CHECK(yon_fd(in->c) == YON_ESTATE);
    CHECK(yon_dispatch(in->c) == YON_ESTATE);
    f = call_forever(in->c);
    CHECK(yon_await(f) == YON_ESTATE);
    CHECK(strstr(yon_error(f), "fork") != NULL);
    yon_free(f);
    CHECK(use_yon(NULL) == 0);
    yon_free(in->f);
    yon_set_patience(in->c, 1);
    yon_close(in->c);
    CHECK(use_yon(NULL) == 0);
    return 0;
}

static void what_a_child_inherits_is_refused_and_its_own_works(void **state)
{
    struct inherited in;
    uint64_t job = 0;

    (void)state;
    assert_int_equal(yon_connect(cluster.address, &in.c), 0);
    in.f = call_forever(in.c);
    assert_int_equal(yon_await_id(in.f, &job), 0);
    assert_true(yon_fd(in.c) >= 0);
    assert_int_equal(in_child(use_what_is_inherited, &in), 0);
    /* The parent goes on as if nothing had been. */
    assert_int_equal(yon_cancel(in.f), 0);
    assert_int_equal(yon_await(in.f), YON_ECANCELLED);
    yon_free(in.f);
    yon_close(in.c);
}

static void a_child_works_when_the_parent_has_closed_its_client(void **state)
{
    (void)state;
    assert_int_equal(use_yon(NULL), 0);
    assert_int_equal(in_child(use_yon, NULL), 0);
}

static void children_of_a_preforking_server_work_at_once(void **state)
{
    enum { N = 4 };
    yon_client *c;
    pid_t pids[N];
    int status;

    (void)state;
    assert_int_equal(yon_connect(cluster.address, &c), 0);
    for (size_t i = 0; i < N; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            alarm(PATIENCE_S);
            _exit(use_yon(NULL) != 0);
        }
    }
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    yon_close(c);
    assert_int_equal(use_yon(NULL), 0);
}

/* ---- daemon(3): the parent exits, the child goes on ---- */

static int become_a_daemon(void *arg)
{
    int *fds = arg;
    char line;

    CHECK(use_yon(NULL) == 0);
    CHECK(daemon(1, 1) == 0);
    alarm(PATIENCE_S);
    line = (char)use_yon(NULL);
    CHECK(write(fds[1], &line, 1) == 1);
    return 0;
}

static void a_daemon_works(void **state)
{
    int fds[2];
    char line = 1;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(in_child(become_a_daemon, fds), 0);
    close(fds[1]);
    assert_int_equal(read(fds[0], &line, 1), 1);
    assert_int_equal(line, 0);
    close(fds[0]);
}

/* ---- inside a coroutine ---- */

struct inside {
    yon_future *timer;
    yon_stream *ends[2];
    yon_promise *promise;
    int code;
};

static int inner(void *arg)
{
    (void)arg;
    return yon_sleep(1);
}

static int go_on_in_a_child(void *arg)
{
    struct inside *in = arg;
    yon_future *f;
    char byte;
    size_t got;

    CHECK(yon_await_for(in->timer, 50) == YON_ESTATE);
    CHECK(yon_read(in->ends[0], &byte, 1, &got) == YON_ESTATE);
    CHECK(yon_sleep(1) == 0); /* nobody else is to run */
    f = yon_spawn(inner, NULL);
    CHECK(yon_await(f) == YON_ESTATE);
    yon_free(f);
    CHECK(yon_keep(in->promise, "") == 0); /* not into the parent's loop */
    yon_stream_close(in->ends[0]);
    yon_free(in->timer);
    CHECK(yon_run(inner, NULL) == 0);
    CHECK(use_yon(NULL) == 0);
    return 0;
}

static int fork_inside(void *arg)
{
    struct inside *in = arg;
    yon_future *kept = yon_promise_new(&in->promise);
    char byte = 0;
    size_t got;

    in->timer = yon_timer(100);
    in->code = yon_pipe(&in->ends[0], &in->ends[1]);
    if (in->code != 0)
        return in->code;
    in->code = in_child(go_on_in_a_child, in);
    /* The parent's things are as they were. */
    if (yon_is_done(kept) || yon_write(in->ends[1], "x", 1) != 0 ||
        yon_read(in->ends[0], &byte, 1, &got) != 0 || byte != 'x')
        in->code = 100;
    yon_keep(in->promise, "");
    if (yon_await(kept) != 0 || yon_await(in->timer) != 0)
        in->code = 101;
    yon_free(kept);
    yon_free(in->timer);
    yon_stream_close(in->ends[0]);
    yon_stream_close(in->ends[1]);
    return 0;
}

static void a_child_of_a_coroutine_is_outside_of_coroutines(void **state)
{
    struct inside in = { .code = -1 };

    (void)state;
    assert_int_equal(yon_run(fork_inside, &in), 0);
    assert_int_equal(in.code, 0);
}

static int return_twice(void *arg)
{
    pid_t *pid = arg;

    *pid = fork();
    if (*pid == 0)
        alarm(PATIENCE_S);
    return 0;
}

static void a_coroutine_does_not_return_in_a_child(void **state)
{
    pid_t pid = 0, self = getpid();
    int status = 0;

    (void)state;
    assert_int_equal(yon_run(return_twice, &pid), 0);
    if (getpid() != self) /* it did */
        _exit(0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_child_inherits_is_refused_and_its_own_works),
        cmocka_unit_test(a_child_works_when_the_parent_has_closed_its_client),
        cmocka_unit_test(children_of_a_preforking_server_work_at_once),
        cmocka_unit_test(a_daemon_works),
        cmocka_unit_test(a_child_of_a_coroutine_is_outside_of_coroutines),
        cmocka_unit_test(a_coroutine_does_not_return_in_a_child),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
