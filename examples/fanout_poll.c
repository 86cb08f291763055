/* SPDX-License-Identifier: MIT */
/* fanout_poll - fanout.c with callbacks, in a loop of poll(2) that also waits
 * for something else: here for who presses Enter to give up. */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
#include <yon/yon.h>

enum { N = 50 };

struct fanout {
    int64_t sum;
    int n_left, n_failed;
};

static void on_square(void *arg, yon_future *call)
{
    struct fanout *fanout = arg;
    int64_t square;

    if (yon_result(call, "I", &square) == 0) {
        fanout->sum += square;
    } else {
        fprintf(stderr, "fanout_poll: %s\n", yon_error(call));
        fanout->n_failed++;
    }
    yon_free(call);
    fanout->n_left--;
}

int main(void)
{
    struct fanout fanout = { 0 };
    struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
    yon_client *client;

    if (yon_connect(NULL, &client) != 0)
        return 1;
    for (int i = 0; i < N; i++, fanout.n_left++)
        yon_then(yon_call(client, "slow_square", "{sI}", "n", (int64_t)i),
                 on_square, &fanout);
    fds[0].fd = yon_fd(client);
    if (fds[0].fd < 0)
        return 1;
    fds[1].fd = isatty(STDIN_FILENO) ? STDIN_FILENO : -1; /* -1: not watched */
    while (fanout.n_left > 0 && fds[1].revents == 0) {
        if (poll(fds, 2, -1) > 0 && fds[0].revents != 0)
            yon_dispatch(client);
    }
    yon_close(client); /* who is left is told YON_ECLOSED */
    printf("%d squares, together %lld\n", N - fanout.n_failed,
           (long long)fanout.sum);
    return fanout.n_failed == 0 ? 0 : 1;
}
