/* SPDX-License-Identifier: MIT */
/* limits - what does not go on for ever: timeout, cancel, shield. */
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

static void too_slow(void)
{
    struct yon_limit limit;

    yon_limit_begin(&limit, seconds(1));
    yon_sleep(seconds(9));
    if (yon_limit_end(&limit) == YON_ETIMEOUT)
        printf("too slow\n");
}

static int sleeper(void *arg)
{
    int err = yon_sleep(seconds(9));

    (void)arg;
    if (err == YON_ECANCELED)
        printf("woken up\n");
    return err;
}

static void cancel(void)
{
    yon_future *f = yon_spawn(sleeper, NULL);

    yon_sleep(seconds(1));
    yon_cancel(f);
    if (yon_await(f) == YON_ECANCELED)
        printf("cancelled\n");
    yon_free(f);
}

static int saver(void *arg)
{
    (void)arg;
    yon_shield_begin();
    yon_sleep(seconds(2));
    printf("saved\n");
    yon_shield_end();
    return yon_sleep(seconds(9));
}

static void shield(void)
{
    yon_future *f = yon_spawn(saver, NULL);

    yon_sleep(seconds(1));
    yon_cancel(f);
    if (yon_await(f) == YON_ECANCELED)
        printf("cancelled when all was saved\n");
    yon_free(f);
}

static int all_three(void *arg)
{
    (void)arg;
    too_slow();
    cancel();
    shield();
    return 0;
}

int main(void)
{
    return yon_run(all_three, NULL) == 0 ? 0 : 1;
}
