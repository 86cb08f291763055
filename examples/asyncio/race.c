/* SPDX-License-Identifier: MIT */
/* race - results as they come, and the first of several. */
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

static int run_for(void *arg)
{
    int64_t n = *(int *)arg;

    yon_sleep(seconds(n));
    return yon_value("I", n);
}

static void start(yon_future *runners[3])
{
    static int times[] = { 3, 1, 2 };

    for (int i = 0; i < 3; i++)
        runners[i] = yon_spawn(run_for, &times[i]);
}

static void as_completed(void)
{
    yon_future *runners[3], *runner;
    size_t which;
    int64_t n;

    start(runners);
    while (yon_each(runners, 3, &which, &runner) == 0) {
        if (yon_result(runner, "I", &n) == 0)
            printf("arrived after %d\n", (int)n);
        yon_free(runner);
    }
}

static void wait_for_first(void)
{
    yon_future *runners[3];
    size_t which;

    start(runners);
    if (yon_any(runners, 3, &which) == 0)
        printf("runner %zu wins\n", which);
    for (int i = 0; i < 3; i++) {
        yon_cancel(runners[i]);
        yon_free(runners[i]);
    }
}

static int races(void *arg)
{
    (void)arg;
    as_completed();
    wait_for_first();
    return 0;
}

int main(void)
{
    return yon_run(races, NULL) == 0 ? 0 : 1;
}
