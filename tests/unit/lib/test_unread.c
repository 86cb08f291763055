/* SPDX-License-Identifier: MIT */
/* Errors that nobody reads are told once, when their futures go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <yon/co.h>

#include "libcommon/buf.h"
#include "libcommon/rt/co/loop.h"
#include "libcommon/rt/co/unread.h"

static struct buf told;

static void note(const struct unread *u)
{
    buf_addf(&told, "%s: %s: %s\n", u->what, err_text(u->err), u->text);
}

static int setup(void **state)
{
    (void)state;
    unread_set(note);
    buf_clear(&told);
    return 0;
}

static int be_full(void *arg)
{
    (void)arg;
    return YON_EFULL;
}

static int sleep_long(void *arg)
{
    (void)arg;
    return yon_sleep(100000000);
}

static void end(yon_future *f)
{
    for (int i = 0; i < 3 && !yon_is_done(f); i++)
        yon_pause();
}

static void assert_told(yon_fn *fn, const char *text)
{
    assert_int_equal(yon_run(fn, NULL), 0);
    assert_string_equal(buf_text(&told), text);
}

static int free_unread(void *arg)
{
    yon_future *fs[4];
    yon_promise *p;

    (void)arg;
    fs[0] = yon_spawn(be_full, NULL);
    fs[1] = yon_spawn_named("filler", be_full, NULL);
    fs[2] = yon_promise_new(&p);
    fs[3] = yon_thread(be_full, NULL);
    yon_break(p, YON_EIO, "the disk burns");
    for (size_t i = 0; i < 4; i++) {
        size_t which;

        yon_any(&fs[i], 1, &which); /* which does not say how it ended */
        yon_free(fs[i]);
    }
    yon_free(yon_spawn_named("at once", be_full, NULL));
    yon_detach(yon_spawn_named("detached", be_full, NULL));
    return 0;
}

static void what_is_freed_unread_is_told(void **state)
{
    (void)state;
    assert_told(free_unread, "coroutine be_full: no space left: no space left\n"
                             "coroutine 'filler': no space left: "
                             "no space left\n"
                             "a promise: input/output error: the disk burns\n"
                             "thread be_full: no space left: no space left\n"
                             "coroutine 'at once': no space left: "
                             "no space left\n"
                             "coroutine 'detached': no space left: "
                             "no space left\n");
}

/* The first test: nobody else is told yet. */
static void a_line_is_written_unless_the_program_has_a_log(void **state)
{
    char line[256] = "";
    int fds[2], before = dup(STDERR_FILENO);
    yon_promise *p;
    yon_future *f;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    f = yon_promise_new(&p); /* outside of coroutines: it has failed */
    yon_free(f);
    yon_keep(p, "");
    dup2(before, STDERR_FILENO);
    close(before);
    assert_true(read(fds[0], line, sizeof line - 1) > 0);
    assert_string_equal(line,
                        "yon: nobody has read the error of a promise: invalid "
                        "state: only inside a coroutine: start one with "
                        "yon_run, or with yon_uv_spawn on a loop of yours\n");
    close(fds[0]);
    close(fds[1]);
}

static int read_all(void *arg)
{
    yon_future *fs[5];
    yon_group *g;
    size_t len;

    (void)arg;
    for (size_t i = 0; i < 5; i++) {
        fs[i] = yon_spawn(be_full, NULL);
        end(fs[i]);
    }
    yon_await(fs[0]);
    yon_error(fs[1]);
    yon_result(fs[2], "*");
    yon_result_raw(fs[3], &len);
    yon_all(fs, 5); /* one error stands for all */
    for (size_t i = 0; i < 5; i++)
        yon_free(fs[i]);
    g = yon_group_enter();
    yon_group_spawn(g, be_full, NULL);
    yon_group_spawn(g, be_full, NULL);
    yon_group_leave(g);
    return 0;
}

static void what_was_read_is_not(void **state)
{
    (void)state;
    assert_told(read_all, "");
}

static int cancel_them(void *arg)
{
    yon_future *f = yon_spawn(sleep_long, NULL);

    (void)arg;
    yon_pause();
    yon_cancel(f);
    end(f);
    yon_free(f);
    f = yon_timer(100000000);
    yon_cancel(f);
    yon_free(f);
    return 0;
}

static void cancels_are_not(void **state)
{
    (void)state;
    assert_told(cancel_them, "");
}

static int leave_one(void *arg)
{
    (void)arg;
    yon_free(yon_spawn_named("left", be_full, NULL));
    return 0;
}

static void a_switch_turns_it_off(void **state)
{
    (void)state;
    setenv("YON_UNREAD", "0", 1);
    assert_told(leave_one, "");
    setenv("YON_UNREAD", "1", 1);
    assert_told(leave_one, "coroutine 'left': no space left: no space left\n");
    unsetenv("YON_UNREAD");
    unread_set(NULL);
    assert_int_equal(yon_run(leave_one, NULL), 0); /* told to nobody */
}

static void note_job(const struct unread *u)
{
    buf_addf(&told, "%s: %s\n", u->what, u->job != NULL ? u->job : "-");
}

static int work_for_a_job(void *arg)
{
    yon_future *f = yon_spawn_named("awaited", be_full, NULL);

    (void)arg;
    coro_label(coro_current(), "job 7");
    yon_free(yon_spawn_named("left", be_full, NULL));
    end(f);
    yon_free(f);
    return 0;
}

static void the_job_is_told_with_it(void **state)
{
    (void)state;
    unread_set(note_job);
    assert_told(work_for_a_job, "coroutine 'left': job 7\n"
                                "coroutine 'awaited': job 7\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_written_unless_the_program_has_a_log),
        cmocka_unit_test_setup(what_is_freed_unread_is_told, setup),
        cmocka_unit_test_setup(what_was_read_is_not, setup),
        cmocka_unit_test_setup(cancels_are_not, setup),
        cmocka_unit_test_setup(the_job_is_told_with_it, setup),
        cmocka_unit_test_setup(a_switch_turns_it_off, setup),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    buf_fini(&told);
    return failed;
}
