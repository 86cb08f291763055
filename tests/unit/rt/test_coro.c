/* SPDX-License-Identifier: MIT */
/* Coroutines record what they see; the assertions stand on the main stack. */
#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <yon/co.h>

#include "libcommon/buf.h"
#include "libcommon/check.h"
#include "libcommon/rt/co/loop.h"

/* What happened, as text, in order. */
static struct buf trace;

/* Names of coroutines, as their argument. */
static char name_a[] = "a", name_b[] = "b";

static int trace_clear(void **state)
{
    (void)state;
    buf_clear(&trace);
    return 0;
}

static int trace_free(void **state)
{
    (void)state;
    buf_fini(&trace);
    return 0;
}

/* ---- yon_run ---- */

static int return_arg(void *arg)
{
    return *(int *)arg;
}

static void run_returns_what_the_function_returned(void **state)
{
    int code = -42;

    (void)state;
    assert_int_equal(yon_run(return_arg, &code), -42);
    code = 0;
    assert_int_equal(yon_run(return_arg, &code), 0);
}

static int run_inside(void *arg)
{
    return yon_run(return_arg, arg);
}

static void run_inside_a_coroutine_is_refused(void **state)
{
    int code = 0;

    (void)state;
    assert_int_equal(yon_run(run_inside, &code), YON_ESTATE);
}

static void outside_of_coroutines_there_is_none(void **state)
{
    (void)state;
    assert_null(loop_current());
    assert_null(coro_current());
    assert_int_equal(yon_is_cancelled(), 0);
    assert_int_equal(yon_sleep(1), 0);
}

static void spawn_and_timer_outside_say_so_at_the_await(void **state)
{
    int code = 0;
    yon_future *fs[] = { yon_spawn(return_arg, &code), yon_timer(1) };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fs); i++) {
        assert_int_equal(yon_await(fs[i]), YON_ESTATE);
        yon_free(fs[i]);
    }
}

/* ---- order ---- */

static int say_three_times(void *arg)
{
    for (int i = 0; i < 3; i++) {
        buf_addf(&trace, "%s%d ", (const char *)arg, i);
        yon_sleep(0);
    }
    return 0;
}

static int spawn_a_and_b(void *arg)
{
    yon_future *a = yon_spawn(say_three_times, name_a);
    yon_future *b = yon_spawn(say_three_times, name_b);

    (void)arg;
    buf_addf(&trace, "spawned ");
    yon_await(a);
    yon_await(b);
    yon_free(a);
    yon_free(b);
    return 0;
}

static void coroutines_take_turns_in_order(void **state)
{
    (void)state;
    yon_run(spawn_a_and_b, NULL);
    assert_string_equal(buf_text(&trace), "spawned a0 b0 a1 b1 a2 b2 ");
}

/* ---- what a switch keeps ---- */

static int set_errno_and_wait(void *arg)
{
    int *seen = arg;

    errno = EAGAIN;
    yon_sleep(0);
    *seen = errno;
    return 0;
}

static int disturb_errno(void *arg)
{
    yon_future *f = yon_spawn(set_errno_and_wait, arg);

    for (int i = 0; i < 3; i++) {
        errno = ENOENT;
        yon_sleep(0);
    }
    yon_free(f);
    return 0;
}

static void errno_belongs_to_the_coroutine(void **state)
{
    int seen = 0;

    (void)state;
    yon_run(disturb_errno, &seen);
    assert_int_equal(seen, EAGAIN);
}

static int round_upward_and_wait(void *arg)
{
    int *seen = arg;

    fesetround(FE_UPWARD);
    yon_sleep(0);
    *seen = fegetround();
    return 0;
}

static int look_at_rounding(void *arg)
{
    int *seen = arg;
    yon_future *f = yon_spawn(round_upward_and_wait, &seen[0]);

    yon_sleep(0);
    seen[1] = fegetround();
    yon_await(f);
    yon_free(f);
    return 0;
}

static void rounding_belongs_to_the_coroutine(void **state)
{
    int seen[2] = { -1, -1 };

    (void)state;
    yon_run(look_at_rounding, seen);
    assert_int_equal(seen[0], FE_UPWARD);
    assert_int_equal(seen[1], FE_TONEAREST);
    assert_int_equal(fegetround(), FE_TONEAREST);
}

/* Values in registers and on the stack that must be the same after each of many
 * switches. */
static int mix_numbers(void *arg)
{
    uint64_t *result = arg;
    uint64_t a = *result, b = a * 3, c = a ^ 77, d = a + 5, e = ~a;
    double x = (double)a, y = x / 3;
    uint8_t bytes[2000];

    memset(bytes, (int)(a & 0xff), sizeof bytes);
    for (int i = 0; i < 50; i++) {
        a += b ^ c, b += d, c ^= e, d += a, e += 1;
        x += y;
        yon_sleep(0);
        for (size_t j = 0; j < sizeof bytes; j += 100)
            a += bytes[j];
    }
    *result = a ^ b ^ c ^ d ^ e ^ (uint64_t)x;
    return 0;
}

static int mix_many(void *arg)
{
    uint64_t *results = arg;
    yon_future *fs[20];

    for (size_t i = 0; i < ARRAY_LEN(fs); i++)
        fs[i] = yon_spawn(mix_numbers, &results[i]);
    yon_all(fs, ARRAY_LEN(fs));
    for (size_t i = 0; i < ARRAY_LEN(fs); i++)
        yon_free(fs[i]);
    return 0;
}

static void registers_and_stack_survive_switches(void **state)
{
    uint64_t together[20], alone[20];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(alone); i++) {
        together[i] = alone[i] = i + 1;
        yon_run(mix_numbers, &alone[i]);
    }
    yon_run(mix_many, together);
    assert_memory_equal(together, alone, sizeof alone);
}

/* ---- many ---- */

#ifdef __SANITIZE_THREAD__
#define MANY 5000 /* TSan of gcc counts each as a thread, and stops at 8128 */
#else
#define MANY 10000
#endif

static int sleep_a_little(void *arg)
{
    int code = yon_sleep(50);

    (*(int *)arg)++;
    return code;
}

static int sleep_many(void *arg)
{
    static yon_future *fs[MANY];
    int code;

    for (size_t i = 0; i < MANY; i++)
        fs[i] = yon_spawn(sleep_a_little, arg);
    code = yon_all(fs, MANY);
    for (size_t i = 0; i < MANY; i++)
        yon_free(fs[i]);
    return code;
}

static void thousands_sleep_at_once(void **state)
{
    int n = 0;

    (void)state;
    assert_int_equal(yon_run(sleep_many, &n), 0);
    assert_int_equal(n, MANY);
}

/* ---- the loop interface ---- */

static int wait_once(void *arg)
{
    *(enum err *)arg = coro_await();
    return 5;
}

static int ended_code;

static void note_end(void *arg, int code)
{
    (void)arg;
    ended_code = code;
}

static bool has_ended(void *arg)
{
    (void)arg;
    return ended_code != 0;
}

static bool some_turns_are_over(void *arg)
{
    return ++*(unsigned *)arg > 10;
}

static void keep_alive(uv_timer_t *timer)
{
    (void)timer;
}

static void a_spawned_coroutine_waits_until_woken(void **state)
{
    struct loop *l = loop_new();
    uv_timer_t alive;
    enum err err = ERR_IO;
    struct coro *co;
    unsigned n_turns = 0;

    (void)state;
    ended_code = 0;
    uv_timer_init(loop_uv(l), &alive);
    uv_timer_start(&alive, keep_alive, 1, 1);
    assert_int_equal(loop_spawn(l, "test", wait_once, note_end, &err, &co),
                     ERR_NONE);
    coro_wake(co); /* it does not wait yet: harmless */
    loop_run_await(l, some_turns_are_over, &n_turns);
    assert_int_equal(err, ERR_IO);
    coro_wake(co);
    coro_wake(co);
    loop_run_await(l, has_ended, NULL);
    assert_int_equal(err, ERR_NONE);
    assert_int_equal(ended_code, 5);
    uv_close((uv_handle_t *)&alive, NULL);
    loop_free(l);
}

static void cancel_wakes_a_waiting_coroutine(void **state)
{
    struct loop *l = loop_new();
    enum err err = ERR_IO;
    struct coro *co;

    (void)state;
    ended_code = 0;
    assert_int_equal(loop_spawn(l, "test", wait_once, note_end, &err, &co),
                     ERR_NONE);
    coro_cancel(co);
    assert_true(coro_is_cancelled(co));
    loop_run_await(l, has_ended, NULL);
    assert_int_equal(err, ERR_CANCELLED);
    loop_free(l);
}

/* ---- never again ---- */

static int trace_on(void *arg)
{
    for (;;) {
        buf_addf(&trace, "%s", (const char *)arg);
        yon_sleep(1);
        yon_pause();
    }
    return 0;
}

static int trace_with_a_child(void *arg)
{
    yon_future *f = yon_spawn(trace_on, arg);

    trace_on(arg);
    yon_free(f);
    return 0;
}

static int end_soon(void *arg)
{
    (void)arg;
    for (int i = 0; i < 5; i++)
        yon_sleep(1);
    return 5;
}

static bool has_b_begun(void *arg)
{
    (void)arg;
    return strchr(buf_text(&trace), 'b') != NULL;
}

/* In a process of its own, for the stacks stay. */
static int abandon_one(void)
{
    struct loop *l = loop_new();
    struct coro *a, *b;
    size_t len;

    ended_code = 0;
    if (loop_spawn(l, "a", trace_with_a_child, NULL, name_b, &a) != ERR_NONE)
        return 1;
    loop_run_await(l, has_b_begun, NULL);
    coro_cancel(a);
    if (!coro_abandon(a))
        return 2;
    len = trace.len;
    coro_wake(a);
    coro_cancel(a);
    if (loop_spawn(l, "b", end_soon, note_end, NULL, &b) != ERR_NONE)
        return 3;
    loop_run_await(l, has_ended, NULL);
    if (trace.len != len || ended_code != 5)
        return 4;
    return loop_has_coros(l) || !loop_has_abandoned(l) ? 5 : 0;
}

static void one_that_was_abandoned_never_runs_again(void **state)
{
    pid_t pid = fork();
    int status;

    (void)state;
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(abandon_one());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static int hold_the_thread(void *arg)
{
    while (!atomic_load((atomic_bool *)arg))
        sched_yield();
    return 0;
}

static int use_a_thread(void *arg)
{
    yon_future *f = yon_thread(hold_the_thread, arg);
    int code = yon_await(f);

    yon_free(f);
    return code == 0 ? 6 : code;
}

static void one_for_which_a_thread_works_is_not_abandoned(void **state)
{
    struct loop *l = loop_new();
    uv_timer_t alive;
    atomic_bool done = false;
    struct coro *co;
    unsigned n_turns = 0;

    (void)state;
    ended_code = 0;
    uv_timer_init(loop_uv(l), &alive);
    uv_timer_start(&alive, keep_alive, 1, 1);
    assert_int_equal(
        loop_spawn(l, "thread", use_a_thread, note_end, &done, &co), ERR_NONE);
    loop_run_await(l, some_turns_are_over, &n_turns);
    assert_false(coro_abandon(co));
    atomic_store(&done, true);
    loop_run_await(l, has_ended, NULL);
    assert_int_equal(ended_code, 6);
    uv_close((uv_handle_t *)&alive, NULL);
    loop_free(l);
}

/* ---- threads ---- */

#define THREADS 4

static int spawn_a_hundred(void *arg)
{
    yon_future *fs[100];
    int code;

    for (size_t i = 0; i < ARRAY_LEN(fs); i++)
        fs[i] = yon_spawn(sleep_a_little, arg);
    code = yon_all(fs, ARRAY_LEN(fs));
    for (size_t i = 0; i < ARRAY_LEN(fs); i++)
        yon_free(fs[i]);
    return code;
}

static void *run_a_loop(void *arg)
{
    yon_run(spawn_a_hundred, arg);
    return NULL;
}

static void threads_have_loops_of_their_own(void **state)
{
    pthread_t threads[THREADS];
    int n[THREADS] = { 0 };

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_a_loop, &n[i]),
                         0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(n[i], 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_returns_what_the_function_returned),
        cmocka_unit_test(run_inside_a_coroutine_is_refused),
        cmocka_unit_test(outside_of_coroutines_there_is_none),
        cmocka_unit_test(spawn_and_timer_outside_say_so_at_the_await),
        cmocka_unit_test_setup(coroutines_take_turns_in_order, trace_clear),
        cmocka_unit_test(errno_belongs_to_the_coroutine),
        cmocka_unit_test(rounding_belongs_to_the_coroutine),
        cmocka_unit_test(registers_and_stack_survive_switches),
        cmocka_unit_test(thousands_sleep_at_once),
        cmocka_unit_test(a_spawned_coroutine_waits_until_woken),
        cmocka_unit_test(cancel_wakes_a_waiting_coroutine),
        cmocka_unit_test(one_that_was_abandoned_never_runs_again),
        cmocka_unit_test(one_for_which_a_thread_works_is_not_abandoned),
        cmocka_unit_test(threads_have_loops_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, trace_free);
}
