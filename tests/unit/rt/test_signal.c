/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>

#include "tests/support/io_rig.h"

struct record {
    int codes[8];
    int got[4];
    struct cut cut;
};

static const int both[] = { SIGUSR1, SIGUSR2 };

struct waiting {
    const int *signals;
    size_t n;
    int got;
};

static int wait_for(void *arg)
{
    struct waiting *w = arg;

    return yon_signal_wait(w->signals, w->n, &w->got);
}

static int two_wait(void *arg)
{
    struct record *r = arg;
    struct waiting w[] = { { both, 2, 0 }, { both + 1, 1, 0 } };
    yon_future *fs[] = { yon_spawn(wait_for, &w[0]),
                         yon_spawn(wait_for, &w[1]) };

    yon_pause();
    kill(getpid(), SIGUSR2);
    r->codes[0] = yon_all(fs, 2);
    for (size_t i = 0; i < 2; i++) {
        r->got[i] = w[i].got;
        yon_free(fs[i]);
    }
    return 0;
}

static void all_who_wait_for_it_get_a_signal(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(two_wait, &r);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.got[0], SIGUSR2);
    assert_int_equal(r.got[1], SIGUSR2);
}

static int wait_in_turns(void *arg)
{
    struct record *r = arg;
    struct waiting w[] = { { both, 2, 0 }, { both, 1, 0 } };
    yon_future *first = yon_spawn(wait_for, &w[0]);

    yon_pause();
    kill(getpid(), SIGUSR1);
    r->codes[0] = yon_await(first);
    yon_free(first);
    r->got[0] = w[0].got;
    kill(getpid(), SIGUSR1); /* nobody waits */
    r->codes[1] = wait_for(&w[1]);
    r->got[1] = w[1].got;
    kill(getpid(), SIGUSR2);
    r->codes[2] = wait_for(&w[0]);
    r->got[2] = w[0].got;
    return 0;
}

static void a_signal_between_two_waits_is_for_the_next(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(wait_in_turns, &r);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(r.codes[i], 0);
    assert_int_equal(r.got[0], SIGUSR1);
    assert_int_equal(r.got[1], SIGUSR1);
    assert_int_equal(r.got[2], SIGUSR2);
}

static int wait_wrongly(void *arg)
{
    static const int wrong[] = { SIGKILL, SIGSEGV, 0, 10000 };
    struct record *r = arg;
    int got;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        r->codes[i] = yon_signal_wait(&wrong[i], 1, &got);
    r->codes[4] = yon_signal_wait(NULL, 0, &got);
    return 0;
}

static void some_signals_cannot_be_waited_for(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(wait_wrongly, &r);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(r.codes[i], YON_ERANGE);
}

static int cut_a_wait(void *arg)
{
    struct record *r = arg;
    struct waiting w = { both, 2, 0 };

    r->cut = cut_short(wait_for, &w);
    kill(getpid(), SIGUSR1);
    r->codes[0] = wait_for(&w);
    r->got[0] = w.got;
    return 0;
}

static void a_wait_can_be_cut_short(void **state)
{
    struct record r = { 0 };

    (void)state;
    RUN_CLEAN(cut_a_wait, &r);
    ASSERT_CUT(r.cut);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.got[0], SIGUSR1);
}

/* After the loop, a signal has its own effect again. */
static void outside_of_coroutines_signals_are_free(void **state)
{
    struct sigaction now;
    struct record r = { 0 };
    int got;

    (void)state;
    RUN_CLEAN(two_wait, &r);
    assert_int_equal(sigaction(SIGUSR2, NULL, &now), 0);
    assert_true(now.sa_handler == SIG_DFL);
    assert_int_equal(yon_signal_wait(both, 2, &got), YON_ESTATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_who_wait_for_it_get_a_signal),
        cmocka_unit_test(a_signal_between_two_waits_is_for_the_next),
        cmocka_unit_test(some_signals_cannot_be_waited_for),
        cmocka_unit_test(a_wait_can_be_cut_short),
        cmocka_unit_test(outside_of_coroutines_signals_are_free),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
