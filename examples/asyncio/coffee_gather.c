/* SPDX-License-Identifier: MIT */
/* coffee_gather - three coffees at once: five seconds. */
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
    yon_future *coffees[] = { yon_spawn(brew, "Ada"), yon_spawn(brew, "Grace"),
                              yon_spawn(brew, "Linus") };
    int err = yon_all(coffees, 3);

    (void)arg;
    for (int i = 0; i < 3; i++)
        yon_free(coffees[i]);
    printf("Three coffees in %ld seconds.\n", seconds_since(start));
    return err;
}

int main(void)
{
    return yon_run(breakfast, NULL) == 0 ? 0 : 1;
}
