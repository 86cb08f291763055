/* SPDX-License-Identifier: MIT */
/* Ctrl-C at programs that run coroutines. Each program is a child. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <yon/io.h>

#define LONG_MS 100000000

/* What main returned, as an exit code. */
enum { ENDED_WELL = 10, CANCELLED, ELSE };

static int events[2]; /* a pipe: bytes from the program */

static void tell(char what)
{
    if (write(events[1], &what, 1) != 1)
        _exit(ELSE);
}

static void expect(char what)
{
    char got = 0;

    assert_int_equal(read(events[0], &got, 1), 1);
    assert_int_equal(got, what);
}

static pid_t start(yon_fn *fn, void (*before)(void))
{
    pid_t pid;
    int code;

    assert_int_equal(pipe(events), 0);
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        alarm(60);
        signal(SIGINT, SIG_DFL); /* a shell in the background ignores it */
        if (before != NULL)
            before();
        code = yon_run(fn, NULL);
        tell('x');
        if (code == YON_EFULL) /* told to see what is left of it */
            for (;;)
                pause();
        _exit(code == 0                ? ENDED_WELL
              : code == YON_ECANCELLED ? CANCELLED
                                       : ELSE);
    }
    close(events[1]); /* it is over when the program is */
    return pid;
}

static int end_of(pid_t pid)
{
    int status = 0;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(events[0]);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- the first, and the second ---- */

static int child(void *arg)
{
    int code = yon_sleep(LONG_MS);

    (void)arg;
    tell(code == YON_ECANCELLED ? 'k' : '?');
    return code;
}

static int sleep_and_clean_up(void *arg)
{
    int code;

    (void)arg;
    yon_free(yon_spawn(child, NULL));
    yon_pause();
    tell('r');
    code = yon_sleep(LONG_MS);
    yon_shield_begin();
    yon_sleep(1);
    yon_shield_end();
    tell('c');
    return code;
}

static void the_first_cancels_the_main_coroutine(void **state)
{
    pid_t pid = start(sleep_and_clean_up, NULL);

    (void)state;
    expect('r');
    kill(pid, SIGINT);
    expect('c');
    expect('k'); /* and takes its children along */
    assert_int_equal(end_of(pid), CANCELLED);
}

static int do_not_listen(void *arg)
{
    (void)arg;
    tell('r');
    yon_shield_begin();
    while (!yon_is_cancelled())
        yon_sleep(1);
    tell('c');
    yon_sleep(LONG_MS);
    return 0;
}

static void the_second_ends_the_program(void **state)
{
    pid_t pid = start(do_not_listen, NULL);

    (void)state;
    expect('r');
    kill(pid, SIGINT);
    expect('c');
    kill(pid, SIGINT);
    assert_int_equal(end_of(pid), -SIGINT);
}

static int sleep_long(void *arg)
{
    (void)arg;
    tell('d');
    return yon_sleep(LONG_MS);
}

static int leave_one_behind(void *arg)
{
    (void)arg;
    yon_detach(yon_spawn(sleep_long, NULL));
    return 0;
}

static void what_nobody_can_cancel_is_ended_by_the_first(void **state)
{
    pid_t pid = start(leave_one_behind, NULL);

    (void)state;
    expect('d');
    kill(pid, SIGINT);
    assert_int_equal(end_of(pid), -SIGINT);
}

static int be_full(void *arg)
{
    (void)arg;
    return YON_EFULL;
}

static void after_the_run_it_is_as_before(void **state)
{
    pid_t pid = start(be_full, NULL);

    (void)state;
    expect('x');
    kill(pid, SIGINT);
    assert_int_equal(end_of(pid), -SIGINT);
}

/* ---- programs that see to it by themselves ---- */

static void own_handler(int number)
{
    (void)number;
    tell('h');
}

static void install(void)
{
    signal(SIGINT, own_handler);
}

static int end_after_a_while(void *arg)
{
    (void)arg;
    tell('r');
    return yon_sleep(100);
}

static void a_handler_of_the_program_has_its_way(void **state)
{
    pid_t pid = start(end_after_a_while, install);

    (void)state;
    expect('r');
    kill(pid, SIGINT);
    expect('h');
    assert_int_equal(end_of(pid), ENDED_WELL);
}

static void end_by_handler(int number)
{
    own_handler(number);
    _exit(ELSE);
}

static int install_and_end(void *arg)
{
    (void)arg;
    signal(SIGINT, end_by_handler);
    return YON_EFULL;
}

static void a_handler_that_comes_later_stays(void **state)
{
    pid_t pid = start(install_and_end, NULL);

    (void)state;
    expect('x');
    kill(pid, SIGINT);
    expect('h');
    assert_int_equal(end_of(pid), ELSE);
}

static int tell_when_it_waits(void *arg)
{
    (void)arg;
    tell('r'); /* the other one waits, or this one would not run */
    return 0;
}

static int wait_for_it(void *arg)
{
    int number = SIGINT, got = 0, code;

    (void)arg;
    yon_free(yon_spawn(tell_when_it_waits, NULL));
    code = yon_signal_wait(&number, 1, &got);
    return code != 0 ? code : got == SIGINT ? 0 : YON_EFAILED;
}

static void a_coroutine_that_waits_for_it_gets_it(void **state)
{
    pid_t pid = start(wait_for_it, NULL);

    (void)state;
    expect('r');
    kill(pid, SIGINT);
    assert_int_equal(end_of(pid), ENDED_WELL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_cancels_the_main_coroutine),
        cmocka_unit_test(the_second_ends_the_program),
        cmocka_unit_test(what_nobody_can_cancel_is_ended_by_the_first),
        cmocka_unit_test(after_the_run_it_is_as_before),
        cmocka_unit_test(a_handler_of_the_program_has_its_way),
        cmocka_unit_test(a_handler_that_comes_later_stays),
        cmocka_unit_test(a_coroutine_that_waits_for_it_gets_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
