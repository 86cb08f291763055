/* SPDX-License-Identifier: MIT */
/* fanout_uv - fanout.c with callbacks, on a libuv loop that is also used for
 * other things: here for a dot each 100 ms. */
#include <stdio.h>
#include <uv.h>
#include <yon/uv.h>

enum { N = 50 };

static struct {
    yon_client *client;
    uv_timer_t ticker;
    int64_t sum;
    int n_left, n_failed;
} fanout;

static void on_tick(uv_timer_t *ticker)
{
    (void)ticker;
    fputc('.', stderr);
}

/* Each call is told once, as it completes. */
static void on_square(void *arg, yon_future *call)
{
    int64_t square;

    (void)arg;
    if (yon_result(call, "I", &square) == 0) {
        fanout.sum += square;
    } else {
        fprintf(stderr, "fanout_uv: %s\n", yon_error(call));
        fanout.n_failed++;
    }
    yon_free(call);
    if (--fanout.n_left > 0)
        return;
    yon_close(fanout.client);
    uv_close((uv_handle_t *)&fanout.ticker, NULL);
}

int main(void)
{
    uv_loop_t *loop = uv_default_loop();

    if (yon_uv_connect(loop, NULL, &fanout.client) != 0)
        return 1;
    uv_timer_init(loop, &fanout.ticker);
    uv_timer_start(&fanout.ticker, on_tick, 100, 100);
    for (int i = 0; i < N; i++, fanout.n_left++)
        yon_then(
            yon_call(fanout.client, "slow_square", "{sI}", "n", (int64_t)i),
            on_square, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    uv_loop_close(loop);
    printf("%d squares, together %lld\n", N - fanout.n_failed,
           (long long)fanout.sum);
    return fanout.n_failed == 0 ? 0 : 1;
}
