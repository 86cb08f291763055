/* SPDX-License-Identifier: MIT */
/* tasks_in_order - task 1 awaits task 2: three seconds and three, in order. */
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

static int task2(void *arg)
{
    (void)arg;
    printf("Task 2 begins.\n");
    yon_sleep(seconds(3));
    printf("Task 2 ends.\n");
    return 0;
}

static int task1(void *arg)
{
    int64_t start = yon_now_ms();
    yon_future *second;
    int err;

    (void)arg;
    printf("Task 1 begins.\n");
    yon_sleep(seconds(3));
    second = yon_spawn(task2, NULL);
    err = yon_await(second);
    yon_free(second);
    printf("Task 1 ends after %ld seconds.\n", seconds_since(start));
    return err;
}

int main(void)
{
    return yon_run(task1, NULL) == 0 ? 0 : 1;
}
