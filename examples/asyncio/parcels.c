/* SPDX-License-Identifier: MIT */
/* parcels - a producer and a consumer, with room for one between them. */
#include <stdio.h>
#include <yon/co.h>

#include "seconds.h"

static int produce(void *queue)
{
    static char *const parcels[] = { "a book", "a lamp", "a kettle" };

    for (int i = 0; i < 3; i++)
        yon_put(queue, parcels[i]); /* waits while there is no room */
    yon_channel_close(queue);
    return 0;
}

static int consume(void *queue)
{
    void *parcel;

    while (yon_get(queue, &parcel) == 0) {
        yon_sleep(seconds(1));
        printf("unpacked %s\n", (char *)parcel);
    }
    printf("no more parcels\n");
    return 0;
}

static int move(void *arg)
{
    yon_channel *queue = yon_channel_new(1);
    yon_future *both[] = { yon_spawn(produce, queue),
                           yon_spawn(consume, queue) };
    int err = yon_all(both, 2);

    (void)arg;
    yon_free(both[0]);
    yon_free(both[1]);
    yon_channel_free(queue);
    return err;
}

int main(void)
{
    return yon_run(move, NULL) == 0 ? 0 : 1;
}
