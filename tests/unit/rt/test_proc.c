/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "libcommon/rt/co/future.h"
#include "tests/support/io_rig.h"

struct record {
    int codes[10];
    int exit_codes[4], signals[4];
    char text[4][256];
    size_t lens[4];
    pid_t pid;
    yon_process *p;
    struct cut cut, cut_future;
    yon_future *future;
};

/* A shell with that script; its stdout is a stream. */
static int shell(const char *script, yon_process **out)
{
    const char *argv[] = { "sh", "-c", script, NULL };
    struct yon_process_options o = YON_PROCESS(.argv = argv, .pipe_out = 1);

    return yon_process_start(&o, out);
}

/* The first line of its output, a number. */
static pid_t read_pid(yon_process *p)
{
    const char *line;
    size_t len;

    ASSERT(yon_read_line(yon_process_stream(p, 1), 100, &line, &len) == 0);
    return (pid_t)atoi(line);
}

static void read_all(yon_stream *s, char out[256])
{
    size_t n = 0, got;

    while (yon_read(s, out + n, 255 - n, &got) == 0 && got > 0)
        n += got;
    out[n] = '\0';
}

static int wait_for(void *arg)
{
    struct record *r = arg;

    return yon_process_wait(r->p, NULL, NULL);
}

/* ---- how they end ---- */

static int end_in_two_ways(void *arg)
{
    static const char *const scripts[] = { "exit 7", "kill -TERM $$" };
    struct record *r = arg;

    for (size_t i = 0; i < 2; i++) {
        yon_process *p;

        r->exit_codes[i] = r->signals[i] = -1;
        r->codes[i] = shell(scripts[i], &p);
        r->codes[2 + i] =
            yon_process_wait(p, &r->exit_codes[i], &r->signals[i]);
        r->codes[4 + i] = yon_process_kill(p, SIGTERM);
        yon_process_free(p);
    }
    yon_process_free(NULL);
    return 0;
}

static void a_process_ends_with_a_code_or_by_a_signal(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(end_in_two_ways, &r);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(r.codes[i], 0);
    assert_int_equal(r.exit_codes[0], 7);
    assert_int_equal(r.signals[0], 0);
    assert_int_equal(r.exit_codes[1], 0);
    assert_int_equal(r.signals[1], SIGTERM);
    assert_int_equal(r.codes[4], YON_EABSENT);
    assert_int_equal(r.codes[5], YON_EABSENT);
}

static int three_wait(void *arg)
{
    struct record *r = arg;
    yon_future *fs[4];

    shell("exec sleep 1000", &r->p);
    for (size_t i = 0; i < 3; i++)
        fs[i] = yon_spawn(wait_for, r);
    fs[3] = yon_process_future(r->p);
    yon_pause();
    r->codes[0] = yon_is_done(fs[0]);
    r->codes[1] = yon_process_kill(r->p, SIGKILL);
    r->codes[2] = yon_all(fs, 4);
    r->codes[3] = wait_for(r);
    for (size_t i = 0; i < 4; i++)
        yon_free(fs[i]);
    yon_process_free(r->p);
    return 0;
}

static void any_number_may_wait(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(three_wait, &r);
    assert_int_equal(r.codes[0], 0);
    for (size_t i = 2; i < 4; i++)
        assert_int_equal(r.codes[i], 0);
}

static int reap_first(void *arg)
{
    struct record *r = arg;
    int status;

    shell("echo $$; exec sleep 1000", &r->p);
    r->pid = read_pid(r->p);
    kill(r->pid, SIGKILL);
    r->codes[0] = waitpid(r->pid, &status, 0) == r->pid;
    r->codes[1] = wait_for(r);
    yon_process_free(r->p);
    return 0;
}

static void one_that_others_waited_for_is_lost(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(reap_first, &r);
    assert_int_equal(r.codes[0], 1);
    assert_int_equal(r.codes[1], YON_ELOST);
}

/* ---- what they get ---- */

static int talk_to_one(void *arg)
{
    const char *argv[] = { "sh", "-c", "echo \"$A $PWD\"; cat; echo bad >&2",
                           NULL };
    const char *env[] = { "A=b", "PATH=/usr/bin:/bin", NULL };
    struct yon_process_options o =
        YON_PROCESS(.argv = argv, .env = env, .cwd = "/", .pipe_in = 1,
                    .pipe_out = 1, .pipe_err = 1);
    struct record *r = arg;
    yon_process *p;

    r->codes[0] = yon_process_start(&o, &p);
    r->codes[1] = yon_write(yon_process_stream(p, 0), "hello", 5);
    r->codes[2] = yon_shutdown(yon_process_stream(p, 0));
    read_all(yon_process_stream(p, 1), r->text[0]);
    read_all(yon_process_stream(p, 2), r->text[1]);
    r->codes[3] = yon_process_wait(p, &r->exit_codes[0], NULL);
    r->codes[4] =
        yon_process_stream(p, 3) != NULL || yon_process_stream(p, -1) != NULL;
    yon_process_free(p);
    return 0;
}

static void a_process_has_streams_environment_and_folder(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(talk_to_one, &r);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(r.codes[i], 0);
    assert_string_equal(r.text[0], "b /\nhello");
    assert_string_equal(r.text[1], "bad\n");
    assert_int_equal(r.exit_codes[0], 0);
}

/* The streams of ours that others inherit would keep a pipe from its end. */
static int list_descriptors(void *arg)
{
    struct record *r = arg;
    yon_stream *ends[2];
    yon_process *p;

    yon_pipe(&ends[0], &ends[1]);
    r->codes[0] = shell("ls /proc/self/fd | wc -l", &p);
    read_all(yon_process_stream(p, 1), r->text[0]);
    yon_process_free(p);
    yon_stream_close(ends[0]);
    yon_stream_close(ends[1]);
    return 0;
}

static void a_process_gets_three_descriptors_of_ours(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(list_descriptors, &r);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(atoi(r.text[0]), 4); /* and the folder that ls reads */
}

static int start_wrongly(void *arg)
{
    struct record *r = arg;
    const char *absent[] = { "yon-no-such-program", NULL };
    const char *empty[] = { NULL };
    const char *fine[] = { "true", NULL };
    struct yon_process_options o = YON_PROCESS(.argv = absent, .pipe_in = 1);

    r->codes[0] = yon_process_start(&o, &r->p);
    snprintf(r->text[0], sizeof r->text[0], "%s", yon_io_error());
    o.argv = empty;
    r->codes[1] = yon_process_start(&o, &r->p);
    o = YON_PROCESS(.argv = fine, .cwd = "/no/such");
    r->codes[2] = yon_process_start(&o, &r->p);
    snprintf(r->text[1], sizeof r->text[1], "%s", yon_io_error());
    return 0;
}

static void what_cannot_start_says_why(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(start_wrongly, &r);
    assert_int_equal(r.codes[0], YON_EABSENT);
    assert_non_null(strstr(r.text[0], "\"yon-no-such-program\": no such"));
    assert_int_equal(r.codes[1], YON_EABSENT);
    assert_int_equal(r.codes[2], YON_ESYSTEM);
    assert_non_null(strstr(r.text[1], "in /no/such: "));
}

/* ---- futures ---- */

static int await_futures(void *arg)
{
    static const char *const scripts[] = { "exit 3", "exit 200",
                                           "kill -KILL $$" };
    struct record *r = arg;
    yon_process *ps[3];
    yon_future *fs[4];

    for (size_t i = 0; i < 3; i++) {
        shell(scripts[i], &ps[i]);
        fs[i] = yon_process_future(ps[i]);
    }
    fs[3] = yon_timer(1);
    r->codes[0] = yon_all(fs, 4);
    for (size_t i = 0; i < 3; i++) {
        struct view v = fs[i]->kind->value(fs[i]);

        r->lens[i] = v.len;
        r->exit_codes[i] = v.data[v.len - 1];
        yon_process_free(ps[i]);
        yon_free(fs[i]); /* it lives on */
    }
    yon_free(fs[3]);
    return 0;
}

static void a_future_has_the_exit_code(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(await_futures, &r);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.exit_codes[0], 3);
    assert_int_equal(r.lens[0], 1);
    assert_int_equal(r.exit_codes[1], 200);
    assert_int_equal(r.lens[1], 2); /* a byte that says which type */
    assert_int_equal(r.exit_codes[2], 128 + SIGKILL);
}

static int cancel_futures(void *arg)
{
    struct record *r = arg;
    yon_future *fs[3];

    shell("exec sleep 1000", &r->p);
    for (size_t i = 0; i < 3; i++)
        fs[i] = yon_process_future(r->p);
    yon_free(fs[2]); /* nobody is interested */
    yon_cancel(fs[0]);
    r->codes[0] = yon_await(fs[0]);
    r->codes[1] = yon_await(fs[1]);
    r->codes[2] = yon_process_wait(r->p, NULL, &r->signals[0]);
    yon_free(fs[0]);
    yon_free(fs[1]);
    fs[0] = yon_process_future(r->p);
    r->codes[3] = yon_is_done(fs[0]);
    yon_free(fs[0]);
    yon_process_free(r->p);
    return 0;
}

static void cancelling_its_future_kills_a_process(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(cancel_futures, &r);
    assert_int_equal(r.codes[0], YON_ECANCELLED);
    assert_int_equal(r.codes[1], 0);
    assert_int_equal(r.codes[2], 0);
    assert_int_equal(r.signals[0], SIGKILL);
    assert_int_equal(r.codes[3], 1);
}

/* ---- their clean-up ---- */

static int free_a_running_one(void *arg)
{
    struct record *r = arg;
    yon_future *waiter, *f;

    shell("trap '' TERM; echo $$; exec sleep 1000", &r->p);
    r->pid = read_pid(r->p);
    waiter = yon_spawn(wait_for, r);
    f = yon_process_future(r->p);
    yon_pause();
    yon_process_free(r->p);
    r->codes[0] = kill(r->pid, 0) == 0 ? 0 : errno;
    r->codes[1] = yon_await(waiter);
    r->codes[2] = yon_await(f);
    yon_free(waiter);
    yon_free(f);
    return 0;
}

static void one_that_runs_when_it_is_freed_is_killed_and_reaped(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(free_a_running_one, &r);
    assert_int_equal(r.codes[0], ESRCH);
    assert_int_equal(r.codes[1], 0);
    assert_int_equal(r.codes[2], 0);
}

static int free_when_cancelled(void *arg)
{
    struct record *r = arg;

    shell("echo $$; exec sleep 1000", &r->p);
    r->pid = read_pid(r->p);
    r->codes[0] = wait_for(r); /* here it is cancelled */
    yon_process_free(r->p);
    r->codes[1] = kill(r->pid, 0) == 0 ? 0 : errno;
    return 0;
}

static int cancel_who_has_one(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_spawn(free_when_cancelled, r);

    while (r->pid == 0)
        yon_pause();
    yon_pause();
    yon_cancel(f);
    yon_await(f);
    yon_free(f);
    return 0;
}

static void one_who_was_cancelled_can_free_it(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(cancel_who_has_one, &r);
    assert_int_equal(r.codes[0], YON_ECANCELLED);
    assert_int_equal(r.codes[1], ESRCH);
}

static int start_true(void *arg)
{
    struct record *r = arg;

    return shell("true", &r->p);
}

static int await_future(void *arg)
{
    return yon_await(((struct record *)arg)->future);
}

static int cut_a_wait(void *arg)
{
    struct record *r = arg;

    shell("exec sleep 1000", &r->p);
    r->cut = cut_short(wait_for, r);
    r->future = yon_process_future(r->p);
    r->cut_future = cut_short(await_future, r);
    r->codes[1] = yon_is_done(r->future);
    yon_free(r->future);
    yon_process_free(r->p);
    r->codes[0] = cut_before(start_true, r);
    return 0;
}

static void a_wait_can_be_cut_short(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(cut_a_wait, &r);
    ASSERT_CUT(r.cut);
    ASSERT_CUT(r.cut_future);
    assert_int_equal(r.codes[0], YON_ECANCELLED);
    assert_int_equal(r.codes[1], 0); /* only the awaits have ended */
}

static void outside_of_coroutines_nothing_starts(void **state)
{
    yon_process *p;

    (void)state;
    assert_int_equal(shell("true", &p), YON_ESTATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_ends_with_a_code_or_by_a_signal),
        cmocka_unit_test(any_number_may_wait),
        cmocka_unit_test(one_that_others_waited_for_is_lost),
        cmocka_unit_test(a_process_has_streams_environment_and_folder),
        cmocka_unit_test(a_process_gets_three_descriptors_of_ours),
        cmocka_unit_test(what_cannot_start_says_why),
        cmocka_unit_test(a_future_has_the_exit_code),
        cmocka_unit_test(cancelling_its_future_kills_a_process),
        cmocka_unit_test(one_that_runs_when_it_is_freed_is_killed_and_reaped),
        cmocka_unit_test(one_who_was_cancelled_can_free_it),
        cmocka_unit_test(a_wait_can_be_cut_short),
        cmocka_unit_test(outside_of_coroutines_nothing_starts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
