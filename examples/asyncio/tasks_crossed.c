/* SPDX-License-Identifier: MIT */
/* tasks_crossed - two tasks that end in the other order than they began. */
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

static int task1(void *arg)
{
    (void)arg;
    printf("Task 1 begins.\n");
    yon_sleep(seconds(3));
    printf("Task 1 ends.\n");
    return 0;
}

static int task2(void *arg)
{
    (void)arg;
    printf("Task 2 begins.\n");
    yon_sleep(seconds(1));
    printf("Task 2 ends.\n");
    return 0;
}

static int both(void *arg)
{
    yon_future *first = yon_spawn(task1, NULL);
    yon_future *second = yon_spawn(task2, NULL);
    int err = yon_await(first);

    (void)arg;
    if (err == 0)
        err = yon_await(second);
    yon_free(first);
    yon_free(second);
    return err;
}

int main(void)
{
    return yon_run(both, NULL) == 0 ? 0 : 1;
}
