/* SPDX-License-Identifier: MIT */
/* client - awaits one call of `add` (jobs.c): what every client does. */
#include <stdio.h>
#include <yon/yon.h>

int main(void)
{
    yon_client *client;
    yon_future *sum;
    int64_t n = 0;
    int err;

    if (yon_connect(NULL, &client) != 0)
        return 1;
    sum = yon_call(client, "add", "{sIsI}", "a", (int64_t)2, "b", (int64_t)3);
    err = yon_await(sum);
    if (err == 0 && (err = yon_result(sum, "I", &n)) == 0)
        printf("2 + 3 = %lld\n", (long long)n);
    else
        fprintf(stderr, "client: %s\n", yon_error(sum));
    yon_free(sum);
    yon_close(client);
    return err == 0 ? 0 : 1;
}
