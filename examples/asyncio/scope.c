/* SPDX-License-Identifier: MIT */
/* scope - clean-up that runs on every way out. */
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

static void close_shop(void *name)
{
    yon_sleep(seconds(1)); /* it may wait */
    printf("%s is closed\n", (char *)name);
}

static int sell(void *arg)
{
    yon_scope *shop = yon_scope_enter();
    int err;

    (void)arg;
    printf("the shop is open\n");
    yon_defer(close_shop, "the shop");
    err = yon_sleep(seconds(9));
    yon_scope_leave(shop);
    return err;
}

static int day(void *arg)
{
    yon_future *f = yon_spawn(sell, NULL);

    (void)arg;
    yon_sleep(seconds(1));
    yon_cancel(f);
    if (yon_await(f) == YON_ECANCELLED)
        printf("cancelled\n");
    yon_free(f);
    return 0;
}

int main(void)
{
    return yon_run(day, NULL) == 0 ? 0 : 1;
}
