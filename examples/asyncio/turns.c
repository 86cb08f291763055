/* SPDX-License-Identifier: MIT */
/* turns - coroutines that let each other run, and one that keeps time. */
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

static int count(void *name)
{
    for (int i = 1; i <= 3; i++) {
        printf("%s %d\n", (char *)name, i);
        yon_pause();
    }
    return 0;
}

static void tick(void)
{
    int64_t next_ms = yon_now_ms();

    for (int i = 0; i < 3; i++) {
        printf("tick\n");
        next_ms += seconds(1);
        yon_sleep_until(next_ms);
    }
}

static int take_turns(void *arg)
{
    yon_future *fs[] = { yon_spawn(count, "ping"), yon_spawn(count, "pong") };

    (void)arg;
    yon_all(fs, 2);
    yon_free(fs[0]);
    yon_free(fs[1]);
    tick();
    return 0;
}

int main(void)
{
    return yon_run(take_turns, NULL) == 0 ? 0 : 1;
}
