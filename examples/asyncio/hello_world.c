/* SPDX-License-Identifier: MIT */
/* hello_world - a coroutine, gathered with itself. */
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

static int greet(void *arg)
{
    (void)arg;
    printf("Hello ...\n");
    yon_sleep(seconds(1));
    printf("... world!\n");
    return 0;
}

static int greet_twice(void *arg)
{
    yon_future *greetings[] = { yon_spawn(greet, NULL),
                                yon_spawn(greet, NULL) };
    int err = yon_all(greetings, 2);

    (void)arg;
    yon_free(greetings[0]);
    yon_free(greetings[1]);
    return err;
}

int main(void)
{
    return yon_run(greet_twice, NULL) == 0 ? 0 : 1;
}
