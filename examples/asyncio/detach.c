/* SPDX-License-Identifier: MIT */
/* detach - a coroutine that who started it does not wait for. */
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

static int sweep(void *arg)
{
    (void)arg;
    yon_sleep(seconds(1));
    printf("the floor is clean\n");
    return 0;
}

static int close_shop(void *arg)
{
    (void)arg;
    yon_detach(yon_spawn(sweep, NULL)); /* else it would be waited for */
    return 0;
}

static int evening(void *arg)
{
    yon_future *closing = yon_spawn(close_shop, NULL);
    int err = yon_await(closing);

    (void)arg;
    printf("the shop is closed\n");
    yon_free(closing);
    return err; /* yon_run waits for the floor */
}

int main(void)
{
    return yon_run(evening, NULL) == 0 ? 0 : 1;
}
