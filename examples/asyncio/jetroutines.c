/* SPDX-License-Identifier: MIT */
/* jetroutines - two jobs in the background, awaited together.
 *
 *   jetroutines                          coroutines of this process
 *   jetroutines ipc://... (or tcp://...) jobs of that coordinator's workers,
 *                                        which have loaded ../background.c
 */
#include <stdio.h>
#include <yon/job.h>

#include "seconds.h"

extern const struct yon_module yon_module; /* ../background.c */

static int browse(yon_client *client)
{
    int64_t start = yon_now_ms();
    yon_future *jobs[] = {
        yon_call(client, "fetch", "{sssI}", "page", "news", "ms", seconds(2)),
        yon_call(client, "fetch", "{sssI}", "page", "weather", "ms", seconds(3))
    };
    const char *text;
    int err = yon_all(jobs, 2);

    for (int i = 0; i < 2; i++) {
        if (yon_result(jobs[i], "s", &text) == 0)
            printf("Here is %s.\n", text);
        else
            printf("No page: %s\n", yon_error(jobs[i]));
        yon_free(jobs[i]);
    }
    printf("It took %ld seconds.\n", seconds_since(start));
    return err;
}

static int connect_and_browse(void *server)
{
    yon_client *client;
    int err = yon_connect(server, &client);

    if (err != 0)
        return err;
    yon_offer(client, &yon_module); /* of use to a local client only */
    err = browse(client);
    yon_close(client);
    return err;
}

int main(int argc, char **argv)
{
    char *server = argc > 1 ? argv[1] : "local:";

    return yon_run(connect_and_browse, server) == 0 ? 0 : 1;
}
