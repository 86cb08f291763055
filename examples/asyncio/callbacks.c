/* SPDX-License-Identifier: MIT */
/* callbacks - who is called when a task is done need not be a coroutine. */
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

struct dish {
    const char *name;
    int n;
};

static int bake(void *arg)
{
    struct dish *dish = arg;
    int err = yon_sleep(seconds(dish->n));

    return err != 0 ? err : yon_value("s", dish->name);
}

static void on_done(void *arg, yon_future *task)
{
    const char *name;

    (void)arg;
    if (yon_result(task, "s", &name) == 0)
        printf("The %s is done.\n", name);
    yon_free(task);
}

static int kitchen(void *arg)
{
    static struct dish dishes[] = { { "bread", 2 }, { "cake", 1 } };

    (void)arg;
    for (int i = 0; i < 2; i++)
        yon_then(yon_spawn(bake, &dishes[i]), on_done, NULL);
    printf("Both are in the oven.\n");
    return 0; /* its children are waited for */
}

int main(void)
{
    return yon_run(kitchen, NULL) == 0 ? 0 : 1;
}
