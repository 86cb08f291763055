/* SPDX-License-Identifier: MIT */
/* awaitable - a bell that coroutines await; it is rung on the loop, then from
 * another thread, and breaks. */
#include <pthread.h>
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

struct bell {
    yon_promise *rung;
};

static yon_future *bell_await(struct bell *b)
{
    return yon_promise_new(&b->rung);
}

static void bell_ring(struct bell *b, const char *who)
{
    yon_keep(b->rung, "s", who);
}

static void bell_break(struct bell *b)
{
    yon_break(b->rung, YON_EFAILED, "The bell is broken.");
}

static int visit(void *bell) /* on the loop */
{
    yon_sleep(seconds(1));
    bell_ring(bell, "a visitor");
    return 0;
}

static void *deliver(void *bell) /* on a thread of its own */
{
    bell_ring(bell, "the courier");
    return NULL;
}

static int open_door(yon_future *ring)
{
    const char *who;
    int err = yon_await(ring);

    if (err == 0 && (err = yon_result(ring, "s", &who)) == 0)
        printf("It is %s.\n", who);
    else
        printf("%s\n", yon_error(ring));
    yon_free(ring);
    return err;
}

static int stay_home(void *arg)
{
    struct bell *bell = arg;
    yon_future *ring = bell_await(bell);
    pthread_t thread;
    int err;

    printf("Waiting for the bell ...\n");
    yon_free(yon_spawn(visit, bell));
    err = open_door(ring);
    if (err != 0)
        return err;

    ring = bell_await(bell);
    printf("Waiting for the bell again ...\n");
    if (pthread_create(&thread, NULL, deliver, bell) != 0)
        bell_ring(bell, "nobody");
    else
        pthread_detach(thread);
    err = open_door(ring);
    if (err != 0)
        return err;

    ring = bell_await(bell);
    bell_break(bell);
    open_door(ring);
    return 0;
}

int main(void)
{
    struct bell bell = { 0 };

    return yon_run(stay_home, &bell) == 0 ? 0 : 1;
}
