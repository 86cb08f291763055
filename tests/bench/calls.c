/* SPDX-License-Identifier: MIT */
/* calls - what yon can do, end to end and durable, beside floor.
 *
 *   YON_DIR=... calls      (yon up --load example_jobs.so)
 */
#include <string.h>

#include <yon/yon.h>

#include "tests/bench/measure.h"

enum {
    N_PIPELINED = 200000,
    WINDOW = 20000,
    N_TRIPS = 2000,
    N_COMMANDS = 4000,
    N_ELEMENTS = 1000000,
};

static void must(int err, const char *what)
{
    if (err == 0)
        return;
    fprintf(stderr, "calls: %s: %s\n", what, yon_strerror(err));
    exit(1);
}

static yon_future *call(yon_client *c)
{
    static const char payload[PAYLOAD_LEN];

    return yon_call(c, "echo", "B", payload, sizeof payload);
}

static void one_by_one(yon_client *c)
{
    static int64_t trips[N_TRIPS];

    for (size_t i = 0; i < N_TRIPS; i++) {
        yon_future *f;

        trips[i] = now_ns();
        f = call(c);
        must(yon_await(f), "call");
        yon_free(f);
        trips[i] = now_ns() - trips[i];
    }
    print_trips("call", trips, N_TRIPS);
}

static void pipelined(yon_client *c)
{
    static yon_future *ring[WINDOW];
    int64_t start = now_ns();

    for (size_t i = 0; i < N_PIPELINED + WINDOW; i++) {
        yon_future **f = &ring[i % WINDOW];

        if (*f != NULL)
            must(yon_await(*f), "call");
        yon_free(*f);
        *f = i < N_PIPELINED ? call(c) : NULL;
    }
    print_rate("calls", N_PIPELINED, now_ns() - start);
}

static void commands(yon_client *c)
{
    const char *const argv[] = { "true", NULL };
    struct yon_submit what =
        YON_SUBMIT(.argv = argv, .first = 1, .last = N_COMMANDS, .step = 1);
    int64_t start = now_ns();
    yon_future *f = yon_submit(c, &what);

    must(yon_await(f), "commands");
    print_rate("commands", N_COMMANDS, now_ns() - start);
    yon_free(f);
}

static void array(yon_client *c)
{
    const char *const argv[] = { "true", NULL };
    struct yon_submit what =
        YON_SUBMIT(.argv = argv, .first = 1, .last = N_ELEMENTS, .step = 1);
    int64_t start = now_ns();
    yon_future *f = yon_submit(c, &what);
    uint64_t id;

    must(yon_await_id(f, &id), "array");
    printf("array_ms=%.1f\n", (double)(now_ns() - start) / 1e6);
    yon_cancel(f);
    yon_free(f);
}

int main(void)
{
    yon_client *c;

    must(yon_connect(NULL, &c), "connect");
    one_by_one(c);
    pipelined(c);
    commands(c);
    array(c);
    yon_close(c);
    return 0;
}
