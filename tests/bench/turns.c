/* SPDX-License-Identifier: MIT */
/* turns - what the loop adds to a switch: a turn, an await. YON_SLOW_MS=100:
 * what the stall monitor adds to that. */
#include <pthread.h>
#include <unistd.h>

#include <yon/co.h>

#include "tests/bench/measure.h"

enum { READY = 1000, TURNS = 1000, AWAITS = 100000 };

static void await_all_and_free(yon_future **fs, size_t n)
{
    yon_all(fs, n);
    for (size_t i = 0; i < n; i++)
        yon_free(fs[i]);
}

static int yield_often(void *arg)
{
    (void)arg;
    for (int i = 0; i < TURNS; i++)
        yon_sleep(0);
    return 0;
}

static void turns(void)
{
    static yon_future *fs[READY];
    int64_t start = cpu_ns();

    for (size_t i = 0; i < READY; i++)
        fs[i] = yon_spawn(yield_often, NULL);
    await_all_and_free(fs, READY);
    print_cost("turn", (size_t)READY * TURNS, cpu_ns() - start);
}

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* Each alone: with a turn of libuv and its system call. */
static void awaits(void)
{
    int64_t start = cpu_ns();

    for (int i = 0; i < AWAITS; i++) {
        yon_future *f = yon_spawn(do_nothing, NULL);

        await_all_and_free(&f, 1);
    }
    print_cost("spawn_await", AWAITS, cpu_ns() - start);
}

static int measure(void *arg)
{
    (void)arg;
    turns();
    awaits();
    return 0;
}

static void *sleep_for_ever(void *arg)
{
    for (;;)
        pause();
    return arg;
}

/* System calls of a process with one thread are faster, whatever a second one
 * does; with it the stall monitor is compared with its absence. Any process
 * that talks through ZeroMQ has some. */
int main(void)
{
    pthread_t second;

    if (pthread_create(&second, NULL, sleep_for_ever, NULL) != 0)
        return 1;
    return yon_run(measure, NULL) == 0 ? 0 : 1;
}
