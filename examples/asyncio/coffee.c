/* SPDX-License-Identifier: MIT */
/* coffee - three coffees, one after the other: fifteen seconds. To await a
 * coroutine at once is to call it. */
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

static int brew(void *name)
{
    int err;

    printf("Brewing coffee for %s ...\n", (char *)name);
    err = yon_sleep(seconds(5));
    if (err == 0)
        printf("%s has coffee.\n", (char *)name);
    return err;
}

static int breakfast(void *arg)
{
    int64_t start = yon_now_ms();
    int err;

    (void)arg;
    err = brew("Ada");
    if (err == 0)
        err = brew("Grace");
    if (err == 0)
        err = brew("Linus");
    printf("Three coffees in %ld seconds.\n", seconds_since(start));
    return err;
}

int main(void)
{
    return yon_run(breakfast, NULL) == 0 ? 0 : 1;
}
