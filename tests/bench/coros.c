/* SPDX-License-Identifier: MIT */
/* coros - what a switch of coroutines costs, and a short life of one. */
#include <yon/co.h>

#include "libcommon/rt/co/fiber.h"
#include "tests/bench/measure.h"

enum { N_SWITCHES = 20000000, N_LIVES = 1000000, AT_ONCE = 1000 };

static struct fiber here, there;

static void back_and_forth(void *arg)
{
    (void)arg;
    for (;;)
        fiber_switch(&there, &here);
}

static void switches(void)
{
    static _Alignas(4096) uint8_t stack[64 << 10];
    int64_t start;

    fiber_init_here(&here);
    fiber_init(&there, stack, sizeof stack, back_and_forth, NULL);
    start = cpu_ns();
    for (size_t i = 0; i < N_SWITCHES / 2; i++)
        fiber_switch(&here, &there);
    print_cost("switch", N_SWITCHES, cpu_ns() - start);
    fiber_fini(&there);
    fiber_fini(&here);
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static int lives(void *arg)
{
    static yon_future *fs[AT_ONCE];
    int64_t start = cpu_ns();

    (void)arg;
    for (size_t n = 0; n < N_LIVES; n += AT_ONCE) {
        for (size_t i = 0; i < AT_ONCE; i++)
            fs[i] = yon_spawn(nothing, NULL);
        yon_all(fs, AT_ONCE);
        for (size_t i = 0; i < AT_ONCE; i++)
            yon_free(fs[i]);
    }
    print_cost("spawn", N_LIVES, cpu_ns() - start);
    return 0;
}

int main(void)
{
    switches();
    return yon_run(lives, NULL) == 0 ? 0 : 1;
}
