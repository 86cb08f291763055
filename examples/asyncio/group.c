/* SPDX-License-Identifier: MIT */
/* group - who leaves a group waits for all in it; the first error ends them. */
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

static int work(void *n)
{
    int err = yon_sleep(seconds(*(int *)n));

    if (err == 0)
        printf("done after %d\n", *(int *)n);
    return err;
}

static int fail(void *arg)
{
    (void)arg;
    yon_sleep(seconds(1));
    return YON_EFAILED;
}

static int groups(void *arg)
{
    int two = 2, one = 1, nine = 9;
    yon_group *g;

    (void)arg;
    g = yon_group_enter();
    yon_group_spawn(g, work, &two);
    yon_group_spawn(g, work, &one);
    yon_group_leave(g);
    printf("all done\n");

    g = yon_group_enter();
    yon_group_spawn(g, work, &nine);
    yon_group_spawn(g, fail, NULL);
    if (yon_group_leave(g) == YON_EFAILED)
        printf("one failed, the other was cancelled\n");
    return 0;
}

static int read_from_who_fails(void *arg)
{
    yon_channel *queue = yon_channel_new(1);
    yon_group *g = yon_group_enter();
    void *value;

    (void)arg;
    yon_group_spawn(g, fail, queue);
    if (yon_get(queue, &value) == YON_ECANCELLED)
        printf("the reader waits no more\n");
    if (yon_group_leave(g) == YON_EFAILED)
        printf("for the writer has failed\n");
    yon_channel_free(queue);
    return 0;
}

int main(void)
{
    if (yon_run(groups, NULL) != 0)
        return 1;
    return yon_run(read_from_who_fails, NULL) == 0 ? 0 : 1;
}
