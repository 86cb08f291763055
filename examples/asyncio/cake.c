/* SPDX-License-Identifier: MIT */
/* cake - two coroutines with results, awaited together. */
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

static int bake_cake(void *arg)
{
    (void)arg;
    printf("The cake is in the oven ...\n");
    yon_sleep(seconds(2));
    printf("The cake is done.\n");
    return yon_value("s", "sponge cake");
}

static int make_frosting(void *arg)
{
    (void)arg;
    printf("Stirring the frosting ...\n");
    yon_sleep(seconds(1));
    printf("The frosting is done.\n");
    return yon_value("s", "lemon frosting");
}

static int party(void *arg)
{
    yon_future *parts[] = { yon_spawn(bake_cake, NULL),
                            yon_spawn(make_frosting, NULL) };
    const char *cake, *frosting;
    int err = yon_all(parts, 2);

    (void)arg;
    if (err == 0 && (err = yon_result(parts[0], "s", &cake)) == 0 &&
        (err = yon_result(parts[1], "s", &frosting)) == 0)
        printf("There is %s with %s!\n", cake, frosting);
    yon_free(parts[0]);
    yon_free(parts[1]);
    return err;
}

int main(void)
{
    return yon_run(party, NULL) == 0 ? 0 : 1;
}
