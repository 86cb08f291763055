/* SPDX-License-Identifier: MIT */
/* coffee_blocking - three coffees at once, by a call that holds the loop:
 * fifteen seconds again. With YON_SLOW_MS=100 the stall monitor says who does
 * it. */
#include <stdio.h>
#include <time.h>
#include <yon/co.h>

#include "seconds.h"

static int brew_blocking(void *name)
{
    struct timespec t = { .tv_sec = seconds(5) / 1000,
                          .tv_nsec = seconds(5) % 1000 * 1000000 };

    printf("Brewing coffee for %s ...\n", (char *)name);
    while (nanosleep(&t, &t) != 0) /* not yon_sleep: nobody else can run */
        continue;
    printf("%s has coffee.\n", (char *)name);
    return 0;
}

static int breakfast(void *arg)
{
    const char *name = "brew_blocking";
    int64_t start = yon_now_ms();
    yon_future *coffees[] = { yon_spawn_named(name, brew_blocking, "Ada"),
                              yon_spawn_named(name, brew_blocking, "Grace"),
                              yon_spawn_named(name, brew_blocking, "Linus") };
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
