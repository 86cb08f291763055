/* SPDX-License-Identifier: MIT */
/* primes - work that computes, in a process apart.
 *
 *   primes                          in this process, for lack of another
 *   primes ipc://... (or tcp://...) a job of that coordinator's workers, which
 *                                   have loaded ../background.c
 */
#include <stdio.h>
#include <yon/job.h>

extern const struct yon_module yon_module; /* ../background.c */

static int count(yon_client *client)
{
    yon_future *f = yon_call(client, "count_primes", "[i]", 10000);
    int n = 0, err = yon_await(f);

    if (err == 0 && (err = yon_result(f, "i", &n)) == 0)
        printf("%d primes\n", n);
    yon_free(f);
    return err;
}

static int connect_and_count(void *server)
{
    yon_client *client;
    int err = yon_connect(server, &client);

    if (err != 0)
        return err;
    yon_offer(client, &yon_module); /* of use to a local client only */
    err = count(client);
    yon_close(client);
    return err;
}

int main(int argc, char **argv)
{
    char *server = argc > 1 ? argv[1] : "local:";

    return yon_run(connect_and_count, server) == 0 ? 0 : 1;
}
