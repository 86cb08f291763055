/* SPDX-License-Identifier: MIT */
/* turns - what the loop adds to a switch: a turn, an await, a sleeper. */
#include <unistd.h>

#include <yon/co.h>

#include "check.h"
#include "measure.h"

enum { READY = 1000, TURNS = 1000, AWAITS = 100000, SLEEPERS = 100000 };

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
    int64_t start = now_ns();

    for (size_t i = 0; i < READY; i++)
        fs[i] = yon_spawn(yield_often, NULL);
    await_all_and_free(fs, READY);
    print_cost("turn", (size_t)READY * TURNS, now_ns() - start);
}

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* Each alone: with a turn of libuv and its system call. */
static void awaits(void)
{
    int64_t start = now_ns();

    for (int i = 0; i < AWAITS; i++) {
        yon_future *f = yon_spawn(do_nothing, NULL);

        await_all_and_free(&f, 1);
    }
    print_cost("spawn_await", AWAITS, now_ns() - start);
}

static int sleep_long(void *arg)
{
    (void)arg;
    return yon_sleep(1000000);
}

static long resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long pages = 0;

    ASSERT(file != NULL);
    ASSERT(fscanf(file, "%*d %ld", &pages) == 1);
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static void sleepers(void)
{
    static yon_future *fs[SLEEPERS];
    long before = resident_bytes();

    for (size_t i = 0; i < SLEEPERS; i++)
        fs[i] = yon_spawn(sleep_long, NULL);
    yon_sleep(0);
    printf("sleeper_bytes=%ld\n", (resident_bytes() - before) / SLEEPERS);
    for (size_t i = 0; i < SLEEPERS; i++)
        yon_cancel(fs[i]);
    await_all_and_free(fs, SLEEPERS);
}

static int measure(void *arg)
{
    (void)arg;
    sleepers(); /* first, while no stack has been touched */
    turns();
    awaits();
    return 0;
}

int main(void)
{
    return yon_run(measure, NULL) == 0 ? 0 : 1;
}
