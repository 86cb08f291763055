/* SPDX-License-Identifier: MIT */
/* Calls in processes apart, which are this program, started again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "worker/shell/cpu/cpu.h"
#include "worker/shell/cpu/cpu_child.h"
#include "worker/shell/cpu/frame_pipe.h"

struct calls {
    uv_loop_t loop;
    struct alarm_set alarms;
    struct cpu_pool *pool;
    int n_running;
    bool again; /* the end of a call starts the next */
    struct cpu_call *last;
    enum state state; /* how the last one ended */
    char reason[32], message[256];
};

static void start(struct calls *c);

static void call_ended(void *arg, const struct outcome *o)
{
    struct calls *c = arg;

    c->n_running--;
    if (c->again)
        start(c);
    c->again = false;
    c->state = o->state;
    snprintf(c->reason, sizeof c->reason, "%.*s", (int)o->reason.len,
             (const char *)o->reason.data);
    snprintf(c->message, sizeof c->message, "%.*s", (int)o->message.len,
             (const char *)o->message.data);
}

/* argv: what the processes do; see main. */
static void begin(struct calls *c, char **argv)
{
    static const struct module_files no_modules;
    static struct cpu_plan plan = { .modules = &no_modules };

    *c = (struct calls){ 0 };
    assert_int_equal(uv_loop_init(&c->loop), 0);
    alarm_set_init(&c->alarms, &c->loop);
    plan.argv = argv;
    c->pool = cpu_pool_new(&c->loop, &c->alarms, &plan);
}

static void end(struct calls *c)
{
    cpu_pool_free(c->pool);
    alarm_set_fini(&c->alarms, NULL);
    uv_run(&c->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&c->loop), 0);
}

static void start(struct calls *c)
{
    struct assignment from = { .id = { 1, 0, 1, 1 },
                               .fn = view_str("sums"),
                               .server = "ipc:///x" };
    char errmsg[ERRMSG_LEN];

    assert_int_equal(cpu_start(c->pool, &from, call_ended, c, &c->last, errmsg),
                     ERR_NONE);
    c->n_running++;
}

static void wait_for_all(struct calls *c)
{
    while (c->n_running > 0)
        uv_run(&c->loop, UV_RUN_ONCE);
}

/* ---- what the processes do ---- */

static char answers[] = "--answers", tells[] = "--tells", leaves[] = "--leaves",
            lacks[] = "--lacks", stays[] = "--stays";

/* Each ASSIGN with a RESULT; told: then the parent gets SIGUSR1. */
static _Noreturn void answer(bool told)
{
    struct op result = { .type = OP_RESULT }, op;
    struct pollfd fd = { .fd = CPU_CHILD_SOCKET_FD, .events = POLLIN };
    struct frame_pipe pipe;
    enum err err = ERR_BUSY;

    result.u.result.outcome.state = STATE_DONE;
    frame_pipe_init(&pipe, fd.fd);
    while (err != ERR_CLOSED && poll(&fd, 1, -1) > 0)
        while ((err = frame_pipe_next(&pipe, &op)) == ERR_NONE) {
            frame_pipe_put(&pipe, &result);
            if (told)
                kill(getppid(), SIGUSR1);
        }
    _exit(0);
}

static _Noreturn void stay(void)
{
    for (;;)
        pause();
}

/* ---- tests ---- */

static void
a_call_has_its_result_and_its_process_waits_for_the_next(void **state)
{
    char *argv[] = { answers, answers, NULL };
    struct cpu_call *first;
    struct calls c;

    (void)state;
    begin(&c, argv);
    start(&c);
    first = c.last;
    wait_for_all(&c);
    assert_int_equal(c.state, STATE_DONE);
    start(&c);
    assert_ptr_equal(c.last, first);
    wait_for_all(&c);
    assert_int_equal(c.state, STATE_DONE);
    end(&c);
}

static void a_call_that_is_killed_is_cancelled(void **state)
{
    char *argv[] = { stays, stays, NULL };
    struct calls c;

    (void)state;
    begin(&c, argv);
    start(&c);
    cpu_kill(c.last);
    wait_for_all(&c);
    assert_int_equal(c.state, STATE_CANCELLED);
    end(&c);
}

/* It has answered before it was killed: the answer counts, and the process is
 * not there for another call. */
static void a_process_that_is_killed_gets_no_other_call(void **state)
{
    char *argv[] = { tells, tells, NULL };
    struct calls c;
    sigset_t usr1;

    (void)state;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    begin(&c, argv);
    start(&c);
    while (sigwaitinfo(&usr1, NULL) < 0)
        assert_int_equal(errno, EINTR); /* an older process has ended */
    cpu_kill(c.last);
    c.again = true;
    wait_for_all(&c);
    assert_int_equal(c.state, STATE_DONE);
    end(&c);
}

static void a_process_that_cannot_begin_is_no_crash_of_its_call(void **state)
{
    char *argv[] = { leaves, leaves, NULL };
    struct calls c;

    (void)state;
    begin(&c, argv);
    start(&c);
    wait_for_all(&c);
    assert_int_equal(c.state, STATE_FAILED);
    assert_string_equal(c.reason, "start");
    assert_non_null(
        strstr(c.message, "the process for function sums cannot start"));
    end(&c);
}

static void a_process_that_is_short_of_something_is_no_attempt(void **state)
{
    char *argv[] = { lacks, lacks, NULL };
    struct calls c;

    (void)state;
    begin(&c, argv);
    start(&c);
    wait_for_all(&c);
    assert_int_equal(c.state, STATE_HANDED_BACK);
    assert_non_null(strstr(c.message, "ended before it began"));
    end(&c);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_call_has_its_result_and_its_process_waits_for_the_next),
        cmocka_unit_test(a_call_that_is_killed_is_cancelled),
        cmocka_unit_test(a_process_that_is_killed_gets_no_other_call),
        cmocka_unit_test(a_process_that_cannot_begin_is_no_crash_of_its_call),
        cmocka_unit_test(a_process_that_is_short_of_something_is_no_attempt),
    };
    const char *role = argc > 1 ? argv[1] : "";
    sigset_t usr1;

    if (strcmp(role, answers) == 0 || strcmp(role, tells) == 0)
        answer(strcmp(role, tells) == 0);
    if (strcmp(role, stays) == 0)
        stay();
    if (strcmp(role, leaves) == 0)
        _exit(1);
    if (strcmp(role, lacks) == 0)
        _exit(CPU_CHILD_SHORT);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, NULL); /* for those who wait for it */
    return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
