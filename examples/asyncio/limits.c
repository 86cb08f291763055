/* SPDX-License-Identifier: MIT */
/* limits - what does not go on for ever: timeout, deadline, wait_for, cancel,
 * shield. */
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

static void too_late(void)
{
    struct yon_limit deadline, inner;

    yon_limit_begin_at(&deadline, yon_now_ms() + seconds(1));
    yon_limit_begin(&inner, seconds(9));
    yon_sleep(seconds(9));
    yon_limit_end(&inner);
    if (yon_limit_end(&deadline) == YON_ETIMEOUT)
        printf("too late\n");
}

static void not_yet(void)
{
    yon_future *f = yon_timer(seconds(2));

    if (yon_await_for(f, seconds(1)) == YON_ETIMEOUT)
        printf("not yet\n");
    yon_await(f);
    printf("now\n");
    yon_free(f);
}

static int sleeper(void *arg)
{
    int err = yon_sleep(seconds(9));

    (void)arg;
    if (err == YON_ECANCELLED)
        printf("woken up\n");
    return err;
}

static void cancel(void)
{
    yon_future *f = yon_spawn(sleeper, NULL);

    yon_sleep(seconds(1));
    yon_cancel(f);
    if (yon_await(f) == YON_ECANCELLED)
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
    if (yon_await(f) == YON_ECANCELLED)
        printf("cancelled when all was saved\n");
    yon_free(f);
}

static int all_of_them(void *arg)
{
    (void)arg;
    too_slow();
    too_late();
    not_yet();
    cancel();
    shield();
    return 0;
}

int main(void)
{
    return yon_run(all_of_them, NULL) == 0 ? 0 : 1;
}
