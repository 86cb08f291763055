/* SPDX-License-Identifier: MIT */
/* fanout - calls slow_square fifty times at once and takes each result as it
 * comes. */
#include <stdio.h>
#include <yon/yon.h>

enum { N = 50 };

int main(void)
{
    yon_client *client;
    yon_future *calls[N], *ended;
    int64_t square, sum = 0;
    size_t i, n_failed = 0;

    if (yon_connect(NULL, &client) != 0)
        return 1;
    for (i = 0; i < N; i++)
        calls[i] = yon_call(client, "slow_square", "{sI}", "n", (int64_t)i);
    while (yon_each(calls, N, &i, &ended) == 0) {
        if (yon_result(ended, "I", &square) == 0) {
            sum += square;
        } else {
            fprintf(stderr, "fanout: call %zu: %s\n", i, yon_error(ended));
            n_failed++;
        }
        yon_free(ended);
    }
    yon_close(client);
    printf("%zu squares, together %lld\n", N - n_failed, (long long)sum);
    return n_failed == 0 ? 0 : 1;
}
