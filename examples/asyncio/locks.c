/* SPDX-License-Identifier: MIT */
/* locks - one at a time, two at a time, all at once when the door opens. */
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

static yon_mutex *bathroom;
static yon_sem *chairs;
static yon_event *door;

static int wash(void *name)
{
    if (yon_lock(bathroom) != 0)
        return YON_ECANCELLED;
    printf("%s is in\n", (char *)name);
    yon_sleep(seconds(1));
    printf("%s is out\n", (char *)name);
    yon_unlock(bathroom);
    return 0;
}

static int sit(void *name)
{
    if (yon_acquire(chairs) != 0)
        return YON_ECANCELLED;
    printf("%s sits\n", (char *)name);
    yon_sleep(seconds(1));
    yon_release(chairs);
    return 0;
}

static int leave(void *name)
{
    if (yon_event_wait(door) != 0)
        return YON_ECANCELLED;
    printf("%s leaves\n", (char *)name);
    return 0;
}

static void all_three(yon_fn *fn)
{
    yon_group *g = yon_group_enter();

    yon_group_spawn(g, fn, "Ada");
    yon_group_spawn(g, fn, "Grace");
    yon_group_spawn(g, fn, "Linus");
    if (fn == leave) {
        yon_sleep(seconds(1));
        printf("the door opens\n");
        yon_event_set(door);
    }
    yon_group_leave(g);
}

static int house(void *arg)
{
    (void)arg;
    bathroom = yon_mutex_new();
    chairs = yon_sem_new(2);
    door = yon_event_new();
    all_three(wash);
    all_three(sit);
    all_three(leave);
    yon_mutex_free(bathroom);
    yon_sem_free(chairs);
    yon_event_free(door);
    return 0;
}

int main(void)
{
    return yon_run(house, NULL) == 0 ? 0 : 1;
}
