/* SPDX-License-Identifier: MIT */
/* Coroutines on a libuv loop of the user. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <yon/io.h>

#include "tests/unit/lib/uv_rig.h"

#define LONG_MS (24 * 3600 * 1000)

/* ---- coroutines on the loop of the user ---- */

static int give_four(void *arg)
{
    (void)arg;
    return yon_value("i", 4);
}

static int any_mixture(void *arg)
{
    struct bench *b = arg;
    const char *argv[] = { "true", NULL };
    struct yon_process_options o = YON_PROCESS(.argv = argv);
    yon_process *p = NULL;
    yon_future *fs[5];
    int code = yon_process_start(&o, &p);

    if (code != 0)
        return code;
    fs[0] = yon_call(b->client, "echo", "i", 3);
    fs[1] = yon_spawn(give_four, NULL);
    fs[2] = yon_timer(1);
    fs[3] = yon_thread(do_nothing, NULL);
    fs[4] = yon_process_future(p);
    code = yon_all(fs, 5);
    for (int i = 0; i < 5; i++)
        yon_free(fs[i]);
    yon_process_free(p);
    return code != 0 ? code : yon_value("i", 12);
}

static void a_coroutine_waits_for_any_mixture(void **state)
{
    struct bench *b = *state;
    struct seen seen = { 0 };
    yon_future *f = yon_uv_spawn(&b->uv, any_mixture, b);
    int n = 0;

    yon_then(f, note, &seen);
    assert_quiet(b);
    ASSERT_SEEN(seen, 0);
    assert_int_equal(yon_result(f, "i", &n), 0);
    assert_int_equal(n, 12);
    yon_free(f);
}

static int wait_long(void *arg)
{
    (void)arg;
    return yon_sleep(LONG_MS);
}

static void cancel_other(void *arg, yon_future *f)
{
    struct seen *s = arg;

    note_and_free(s, f);
    yon_cancel(s->other);
}

static void coroutines_need_no_client(void **state)
{
    struct seen seen[2] = { 0 };
    yon_future *f;
    uv_loop_t uv;

    (void)state;
    uv_loop_init(&uv);
    seen[0].other = f = yon_uv_spawn(&uv, wait_long, NULL);
    yon_then(f, note, &seen[1]);
    yon_then(yon_uv_spawn(&uv, do_nothing, NULL), cancel_other, &seen[0]);
    assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
    ASSERT_SEEN(seen[0], 0);
    ASSERT_SEEN(seen[1], YON_ECANCELLED);
    assert_int_equal(uv_loop_close(&uv), 0); /* f is not freed yet */
    yon_free(f);
}

/* What one coroutine leaves to the next. */
struct heritage {
    yon_file *file;
    yon_process *process;
    int code;
};

static int leave_things(void *arg)
{
    const char *const argv[] = { "cat", NULL };
    struct heritage *h = arg;
    int code = yon_file_open("/proc/version", O_RDONLY, 0, &h->file);

    return code != 0
               ? code
               : yon_process_start(&YON_PROCESS(.argv = argv, .pipe_in = 1),
                                   &h->process);
}

static int take_things(void *arg)
{
    struct heritage *h = arg;
    char byte;
    size_t got;

    h->code = yon_file_read(h->file, &byte, 1, 0, &got);
    yon_file_close(h->file);
    if (h->code == 0)
        h->code = yon_shutdown(yon_process_stream(h->process, 0));
    if (h->code == 0)
        h->code = yon_process_wait(h->process, NULL, NULL);
    yon_process_free(h->process);
    return 0;
}

static void what_a_coroutine_has_opened_is_for_the_next(void **state)
{
    struct heritage h = { .code = 1 };
    struct seen seen = { 0 };
    uv_loop_t uv;

    (void)state;
    uv_loop_init(&uv);
    yon_then(yon_uv_spawn(&uv, leave_things, &h), note_and_free, &seen);
    while (seen.n_calls == 0)
        uv_run(&uv, UV_RUN_ONCE);
    ASSERT_SEEN(seen, 0);
    uv_run(&uv, UV_RUN_NOWAIT); /* nothing of that coroutine is left */
    yon_then(yon_uv_spawn(&uv, take_things, &h), note_and_free, &seen);
    assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
    assert_int_equal(h.code, 0);
    assert_int_equal(uv_loop_close(&uv), 0);
}

struct stranger {
    uv_loop_t uv;
    yon_future *future;
    int code;
};

static int see_a_pause(void *arg)
{
    struct stranger *s = arg;

    s->code = yon_pause();
    return yon_sleep(LONG_MS);
}

static int spawn_a_stranger(void *arg)
{
    struct stranger *s = arg;
    struct yon_limit limit;

    yon_limit_begin(&limit, 0);
    s->future = yon_uv_spawn(&s->uv, see_a_pause, s);
    yon_limit_end(&limit);
    return 0;
}

/* It is no child, and not within the limits, of who asked for it. */
static void a_coroutine_may_spawn_on_its_loop_too(void **state)
{
    struct stranger s = { .code = 1 };
    struct seen seen[2] = { 0 };

    (void)state;
    uv_loop_init(&s.uv);
    yon_then(yon_uv_spawn(&s.uv, spawn_a_stranger, &s), note_and_free, seen);
    while (seen[0].n_calls == 0 || s.code == 1)
        uv_run(&s.uv, UV_RUN_ONCE);
    assert_int_equal(yon_is_done(s.future), 0);
    yon_then(s.future, note, &seen[1]);
    yon_cancel(s.future);
    assert_int_equal(uv_run(&s.uv, UV_RUN_DEFAULT), 0);
    ASSERT_SEEN(seen[1], YON_ECANCELLED);
    assert_int_equal(s.code, 0);
    yon_free(s.future);
    assert_int_equal(uv_loop_close(&s.uv), 0);
}

static int leave_a_timer(void *arg)
{
    yon_future *timer = yon_timer(2);

    yon_then(timer, note, arg);
    yon_free(timer);
    return 0;
}

static void what_a_coroutine_leaves_behind_still_comes(void **state)
{
    struct seen seen = { 0 };
    uv_loop_t uv;

    (void)state;
    uv_loop_init(&uv);
    yon_free(yon_uv_spawn(&uv, leave_a_timer, &seen));
    assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
    ASSERT_SEEN(seen, 0);
    assert_int_equal(uv_loop_close(&uv), 0);
}

struct last {
    yon_future *future;
    yon_promise *promise;
};

static int make_a_promise(void *arg)
{
    struct last *last = arg;

    last->future = yon_promise_new(&last->promise);
    return 0;
}

/* Nothing else is left on the loop. */
static void promise_is_the_last_thing(bool is_kept)
{
    struct last last = { 0 };
    uv_loop_t uv;
    int n = 0;

    uv_loop_init(&uv);
    yon_free(yon_uv_spawn(&uv, make_a_promise, &last));
    while (last.future == NULL)
        uv_run(&uv, UV_RUN_ONCE);
    if (is_kept)
        yon_keep(last.promise, "i", 5);
    else
        yon_cancel(last.future);
    assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&uv), 0);
    assert_int_equal(yon_result(last.future, "i", &n),
                     is_kept ? 0 : YON_ECANCELLED);
    if (!is_kept)
        yon_keep(last.promise, "i", 5);
    yon_free(last.future);
}

static void a_promise_may_be_the_last_thing(void **state)
{
    (void)state;
    promise_is_the_last_thing(true);
    promise_is_the_last_thing(false);
}

static int leave_a_thread(void *arg)
{
    yon_future **f = arg;

    *f = yon_thread(do_nothing, NULL);
    return 0;
}

static void a_thread_may_be_the_last_thing(void **state)
{
    yon_future *f = NULL;
    uv_loop_t uv;

    (void)state;
    uv_loop_init(&uv);
    yon_free(yon_uv_spawn(&uv, leave_a_thread, &f));
    assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&uv), 0);
    assert_int_equal(yon_await(f), 0);
    yon_free(f);
}

static int make_a_timer(void *arg)
{
    yon_future **f = arg;

    *f = yon_timer(LONG_MS);
    return 0;
}

static void timer_is_the_last_thing(bool is_cancelled)
{
    yon_future *f = NULL;
    uv_loop_t uv;

    uv_loop_init(&uv);
    yon_free(yon_uv_spawn(&uv, make_a_timer, &f));
    while (f == NULL)
        uv_run(&uv, UV_RUN_ONCE);
    if (is_cancelled)
        yon_cancel(f);
    yon_free(f);
    assert_int_equal(uv_run(&uv, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&uv), 0);
}

static void a_timer_may_be_the_last_thing(void **state)
{
    (void)state;
    timer_is_the_last_thing(true);
    timer_is_the_last_thing(false);
}

static int client_of_its_own(void *arg)
{
    struct bench *b = arg;
    yon_client *c;
    yon_future *f;
    int code = yon_connect(b->fake.address, &c);

    if (code != 0)
        return code;
    f = yon_call(c, "echo", "");
    code = yon_await(f);
    yon_free(f);
    yon_close(c);
    return code;
}

static void a_coroutine_may_have_a_client_of_its_own(void **state)
{
    struct bench *b = *state;
    struct seen seen = { 0 };

    yon_then(yon_uv_spawn(&b->uv, client_of_its_own, b), note_and_free, &seen);
    assert_quiet(b);
    ASSERT_SEEN(seen, 0);
}

static void spawning_without_a_loop_says_what_to_do(void **state)
{
    struct seen seen = { 0 };
    yon_future *f = yon_spawn(do_nothing, NULL);

    (void)state;
    assert_int_equal(yon_await(f), YON_ESTATE);
    assert_non_null(strstr(yon_error(f), "yon_uv_spawn"));
    assert_int_equal(yon_then(f, note, &seen), YON_ESTATE);
    assert_int_equal(seen.n_calls, 0);
    yon_free(f);
}

static int run_the_loop_inside(void *arg)
{
    struct bench *b = arg;
    struct seen seen = { 0 }, co = { 0 };
    int code;

    yon_then(yon_call(b->client, "echo", ""), note_and_free, &seen);
    yon_then(yon_uv_spawn(&b->uv, do_nothing, NULL), note_and_free, &co);
    code = uv_run(&b->uv, UV_RUN_DEFAULT); /* it blocks this coroutine's loop */
    if (code != 0 || seen.n_calls != 1 || co.n_calls != 1)
        return YON_EFAILED;
    return yon_pause();
}

static void a_coroutine_of_yon_run_may_run_the_loop(void **state)
{
    assert_int_equal(yon_run(run_the_loop_inside, *state), 0);
}

/* ---- who holds the loop ---- */

/* Until somebody has complained. */
static int hold_the_loop(void *arg)
{
    struct stat said = { 0 };

    while (said.st_size == 0 && fstat(STDERR_FILENO, &said) == 0)
        usleep(1000);
    return yon_pause() != 0 || arg != NULL;
}

/* Run the loop with what is said on stderr in `said`. */
static void run_and_listen(uv_loop_t *uv, char said[4096])
{
    FILE *file = tmpfile();
    int before = dup(STDERR_FILENO);
    size_t n;

    dup2(fileno(file), STDERR_FILENO);
    uv_run(uv, UV_RUN_DEFAULT);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(file);
    n = fread(said, 1, 4095, file);
    said[n] = '\0';
    fclose(file);
}

static void who_holds_the_loop_is_named(void **state)
{
    char said[4096];
    uv_loop_t uv;

    (void)state;
    setenv("YON_SLOW_MS", "20", 1);
    uv_loop_init(&uv);
    yon_free(yon_uv_spawn(&uv, hold_the_loop, NULL));
    run_and_listen(&uv, said);
    unsetenv("YON_SLOW_MS");
    assert_non_null(strstr(said, "hold_the_loop"));
    assert_non_null(strstr(said, "holds the loop"));
    assert_non_null(strstr(said, "held the loop"));
    assert_int_equal(uv_loop_close(&uv), 0);
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, setup_listening, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_coroutine_waits_for_any_mixture),
        cmocka_unit_test(coroutines_need_no_client),
        cmocka_unit_test(what_a_coroutine_has_opened_is_for_the_next),
        cmocka_unit_test(a_coroutine_may_spawn_on_its_loop_too),
        cmocka_unit_test(what_a_coroutine_leaves_behind_still_comes),
        cmocka_unit_test(a_promise_may_be_the_last_thing),
        cmocka_unit_test(a_timer_may_be_the_last_thing),
        cmocka_unit_test(a_thread_may_be_the_last_thing),
        TEST(a_coroutine_may_have_a_client_of_its_own),
        cmocka_unit_test(spawning_without_a_loop_says_what_to_do),
        TEST(a_coroutine_of_yon_run_may_run_the_loop),
        cmocka_unit_test(who_holds_the_loop_is_named),
    };

    return cmocka_run_group_tests(tests, open_what_stays, NULL);
}
