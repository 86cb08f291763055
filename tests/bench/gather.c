/* SPDX-License-Identifier: MIT */
/* gather - 100,000 coroutines at once: what they cost that sleep, and those
 * that do nothing, awaited together or one by one as they end. asyncio_bench.py
 * measures the same in Python. */
#include <unistd.h>

#include <yon/co.h>

#include "libcommon/check.h"
#include "tests/bench/measure.h"

enum { MANY = 100000, ROUNDS = 10 };

static yon_future *fs[MANY];

static int await_and_free_all(void)
{
    int code = yon_all(fs, MANY);

    for (size_t i = 0; i < MANY; i++)
        yon_free(fs[i]);
    return code;
}

static int sleep_long(void *arg)
{
    (void)arg;
    return yon_sleep(100000000);
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
    long before;

    for (size_t i = 0; i < MANY; i++)
        fs[i] = NULL; /* its pages are there */
    before = resident_bytes();
    for (size_t i = 0; i < MANY; i++)
        fs[i] = yon_spawn(sleep_long, NULL);
    yon_pause();
    printf("sleeper_bytes=%ld\n", (resident_bytes() - before) / MANY);
    for (size_t i = 0; i < MANY; i++)
        yon_cancel(fs[i]);
    await_and_free_all();
}

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

static void gather(void)
{
    int64_t start = cpu_ns();

    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < MANY; i++)
            fs[i] = yon_spawn(do_nothing, NULL);
        await_and_free_all();
    }
    print_rate("gather", (size_t)MANY * ROUNDS, cpu_ns() - start);
}

static void as_completed(void)
{
    int64_t start = cpu_ns();

    for (int round = 0; round < ROUNDS; round++) {
        yon_future *taken;
        size_t i;

        for (i = 0; i < MANY; i++)
            fs[i] = yon_spawn(do_nothing, NULL);
        while (yon_each(fs, MANY, &i, &taken) == 0)
            yon_free(taken);
    }
    print_rate("each", (size_t)MANY * ROUNDS, cpu_ns() - start);
}

static int measure(void *arg)
{
    (void)arg;
    sleepers(); /* first, while no stack has been touched */
    gather();
    as_completed();
    return 0;
}

int main(void)
{
    return yon_run(measure, NULL) == 0 ? 0 : 1;
}
