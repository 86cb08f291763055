/* SPDX-License-Identifier: MIT */
/* to_thread - blocking code on a thread, while the loop goes on. */
#include <stdio.h>
#include <time.h>
#include <yon/co.h>

#include "seconds.h"

static int read_slowly(void *length)
{
    struct timespec t = { .tv_sec = seconds(3) / 1000,
                          .tv_nsec = seconds(3) % 1000 * 1000000 };

    nanosleep(&t, NULL); /* blocks its thread, not the loop */
    *(int *)length = 42;
    return 0;
}

static int wait_and_tick(void *arg)
{
    int length = 0, err;
    yon_future *f = yon_thread(read_slowly, &length);

    (void)arg;
    printf("reading ...\n");
    yon_sleep(seconds(1));
    printf("the loop goes on\n");
    err = yon_await(f);
    if (err == 0)
        printf("%d lines\n", length);
    yon_free(f);
    return err;
}

int main(void)
{
    return yon_run(wait_and_tick, NULL) == 0 ? 0 : 1;
}
