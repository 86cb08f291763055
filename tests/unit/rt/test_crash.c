/* SPDX-License-Identifier: MIT */
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <yon/co.h>

#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/stack.h"

static int recurse(volatile const char *caller, int depth)
{
    volatile char frame[512];

    frame[0] = caller[0];
    return depth == 0 ? 0 : recurse(frame, depth - 1) + frame[0];
}

static int overflow(void *arg)
{
    (void)arg;
    return recurse("", 1000000);
}

static int write_to(void *arg)
{
    *(volatile char *)arg = 1;
    return 0;
}

/* Run fn in a child as a coroutine. The signal that ended it is returned, what
 * it said is in text[len]. */
static int signal_of(yon_fn *fn, void *arg, char *text, size_t len)
{
    const struct rlimit no_core = { 0 };
    int fds[2], status;
    ssize_t n;
    size_t used = 0;
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (pid == 0) {
        dup2(fds[1], STDERR_FILENO);
        close(fds[0]);
        close(fds[1]);
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGSEGV, SIG_DFL); /* without the sanitizer's handler */
        yon_run(fn, arg);
        _exit(0);
    }
    close(fds[1]);
    while ((n = read(fds[0], text + used, len - 1 - used)) > 0)
        used += (size_t)n;
    text[used] = '\0';
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void an_overflow_names_the_coroutine(void **state)
{
    char text[4096], size[32];

    (void)state;
    assert_int_equal(signal_of(overflow, NULL, text, sizeof text), SIGSEGV);
    assert_non_null(strstr(text, "stack overflow in coroutine 'main'"));
    snprintf(size, sizeof size, " %u bytes", STACK_SIZE_DEFAULT);
    assert_non_null(strstr(text, size));
}

static int spawn_an_overflow(void *arg)
{
    (void)arg;
    yon_free(yon_spawn(overflow, NULL));
    return 0;
}

static void an_overflow_says_where_one_without_a_name_began(void **state)
{
    char text[4096];

    (void)state;
    assert_int_equal(signal_of(spawn_an_overflow, NULL, text, sizeof text),
                     SIGSEGV);
    assert_non_null(strstr(text, "yon: it began at "));
    assert_non_null(strstr(text, "test_crash("));
}

static int recurse_a_little(void *arg)
{
    (void)arg;
    return recurse("", 1000) == 0 ? 0 : YON_EFAILED;
}

static void a_larger_stack_holds_more(void **state)
{
    char text[4096];

    (void)state;
    unsetenv("YON_STACK_KB");
    assert_int_equal(signal_of(recurse_a_little, NULL, text, sizeof text),
                     SIGSEGV);
    assert_non_null(strstr(text, "YON_STACK_KB"));
    setenv("YON_STACK_KB", "4096", 1);
    assert_int_equal(yon_run(recurse_a_little, NULL), 0);
    unsetenv("YON_STACK_KB");
}

static void another_fault_is_not_called_an_overflow(void **state)
{
    char text[4096];
    void *nowhere = (void *)(uintptr_t)64;

    (void)state;
    assert_int_equal(signal_of(write_to, nowhere, text, sizeof text), SIGSEGV);
    assert_null(strstr(text, "overflow"));
}

static void say_crash(const struct crash *crash)
{
    char text[128];
    int len =
        snprintf(text, sizeof text, "told: signal %d in %s%s, %s frames",
                 crash->signo, crash->place.in_thread ? "a thread of " : "",
                 crash->place.root == NULL ? "nobody" : crash->place.root->name,
                 crash->n_frames > 0 ? "with" : "without");

    if (write(STDERR_FILENO, text, (size_t)len) != len)
        _exit(1);
}

static int watch_and_abort(void *arg)
{
    (void)arg;
    signal(SIGABRT, SIG_DFL); /* without the sanitizer's handler */
    crash_watch(say_crash);
    abort();
}

static void who_watches_is_told_of_every_fatal_signal(void **state)
{
    char text[4096], want[64];

    (void)state;
    assert_int_equal(signal_of(watch_and_abort, NULL, text, sizeof text),
                     SIGABRT);
    snprintf(want, sizeof want, "told: signal %d in main, with frames",
             SIGABRT);
    assert_non_null(strstr(text, want));
}

/* Also when it uses up its stack, as the handler has its own. */
static int overflow_a_thread(void *arg)
{
    (void)arg;
    signal(SIGSEGV, SIG_DFL); /* without the sanitizer's handler */
    crash_watch(say_crash);
    return yon_await(yon_thread(overflow, NULL));
}

static void who_started_a_thread_is_told(void **state)
{
    char text[4096], want[64];

    (void)state;
    assert_int_equal(signal_of(overflow_a_thread, NULL, text, sizeof text),
                     SIGSEGV);
    snprintf(want, sizeof want, "told: signal %d in a thread of main, with",
             SIGSEGV);
    assert_non_null(strstr(text, want));
}

static sem_t its_caller_is_gone;

static int abort_later(void *arg)
{
    (void)arg;
    sem_wait(&its_caller_is_gone);
    abort();
}

static int leave_a_thread(void *arg)
{
    (void)arg;
    yon_free(yon_thread(abort_later, NULL));
    return 0;
}

static int go_on_without_its_caller(void *arg)
{
    (void)arg;
    signal(SIGABRT, SIG_DFL); /* without the sanitizer's handler */
    crash_watch(say_crash);
    sem_init(&its_caller_is_gone, 0, 0);
    yon_detach(yon_spawn(leave_a_thread, NULL));
    yon_pause();
    sem_post(&its_caller_is_gone);
    return 0; /* and the loop waits for the thread */
}

static void nobody_is_to_blame_for_what_outlives_its_caller(void **state)
{
    char text[4096], want[64];

    (void)state;
    assert_int_equal(
        signal_of(go_on_without_its_caller, NULL, text, sizeof text), SIGABRT);
    snprintf(want, sizeof want, "told: signal %d in nobody", SIGABRT);
    assert_non_null(strstr(text, want));
}

static void own_handler(int signo)
{
    (void)signo;
}

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

static void a_handler_of_the_program_is_left_alone(void **state)
{
    struct sigaction ours = { .sa_handler = own_handler }, before, after;

    (void)state;
    assert_int_equal(sigaction(SIGSEGV, &ours, &before), 0);
    yon_run(do_nothing, NULL);
    assert_int_equal(sigaction(SIGSEGV, &before, &after), 0);
    assert_ptr_equal(after.sa_handler, own_handler);
}

static void no_signal_stack_is_left_behind(void **state)
{
    stack_t none = { .ss_flags = SS_DISABLE }, before, after;

    (void)state;
    assert_int_equal(sigaltstack(&none, &before), 0);
    yon_run(do_nothing, NULL);
    assert_int_equal(sigaltstack(NULL, &after), 0);
    assert_true((after.ss_flags & SS_DISABLE) != 0);
    sigaltstack(&before, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_overflow_names_the_coroutine),
        cmocka_unit_test(an_overflow_says_where_one_without_a_name_began),
        cmocka_unit_test(a_larger_stack_holds_more),
        cmocka_unit_test(another_fault_is_not_called_an_overflow),
        cmocka_unit_test(who_watches_is_told_of_every_fatal_signal),
        cmocka_unit_test(who_started_a_thread_is_told),
        cmocka_unit_test(nobody_is_to_blame_for_what_outlives_its_caller),
        cmocka_unit_test(a_handler_of_the_program_is_left_alone),
        cmocka_unit_test(no_signal_stack_is_left_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
