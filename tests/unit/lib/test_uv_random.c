/* SPDX-License-Identifier: MIT */
/* Random programs of callbacks on a libuv loop: whatever is called, freed,
 * cancelled and closed, in callbacks or outside, each callback that was
 * promised comes once, and nothing is left. TEST_SEED runs one seed, TEST_SEEDS
 * so many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/rng.h"
#include "libcommon/rt/co/future.h"
#include "tests/unit/lib/uv_rig.h"

#define N_SEEDS 40
#define N_STEPS 200
#define N_HELD 16     /* futures at a time */
#define NEVER_MAX 20  /* the fake has room for them, asked again, too */
#define INSIDE_MAX 4  /* steps within one callback */
#define LONG_AGO_MS 1 /* of a coroutine */

/* A callback that was promised, or not. */
struct promised {
    struct program *program;
    bool promised;
    int n_calls;
};

struct program {
    struct bench *bench;
    struct rng rng;
    yon_future *held[N_HELD]; /* NULL: a free place */
    struct promised *callbacks;
    size_t n_callbacks;
    int n_never;
    int n_closed;
    int depth;
};

/* How often futures have ended so, in all programs. */
static int n_seen[64];
#define N_SEEN(code) n_seen[-(code)]

static void step(struct program *p);

static uint64_t below(struct program *p, uint64_t n)
{
    return rng_below(&p->rng, n);
}

static void called(void *arg, yon_future *f)
{
    struct promised *c = arg;
    struct program *p = c->program;

    assert_int_equal(p->depth, 0); /* not within a call of the API */
    assert_true(yon_is_done(f));
    c->n_calls++;
    n_seen[f->err]++;
    for (uint64_t i = below(p, INSIDE_MAX); i > 0; i--)
        step(p);
}

/* Calls of the API that must not call back. */
#define API(p, call)  \
    do {              \
        (p)->depth++; \
        call;         \
        (p)->depth--; \
    } while (0)

static int nap(void *arg)
{
    (void)arg;
    return yon_sleep(LONG_AGO_MS);
}

static yon_future *future_new(struct program *p)
{
    static const char *const fns[] = { "echo", "fail", "refuse", "mute" };
    yon_client *c = p->bench->client;

    switch (below(p, 5)) {
    case 0:
        return yon_attach(c, below(p, 2000), 0); /* 0 is none */
    case 1:
        return yon_uv_spawn(&p->bench->uv, nap, NULL);
    case 2:
        return yon_call(c, "echo", "[");
    case 3:
        if (p->n_never++ < NEVER_MAX)
            return yon_call(c, "never", "");
        return yon_timer(1); /* of nobody */
    default:
        return yon_call(c, fns[below(p, 4)], "");
    }
}

static void then(struct program *p, yon_future *f)
{
    struct promised *c = &p->callbacks[p->n_callbacks++];
    int code = 0;

    c->program = p;
    API(p, code = yon_then(f, called, c));
    c->promised = code == 0;
}

static void renew_client(struct program *p)
{
    API(p, yon_close(p->bench->client));
    p->n_closed++;
    API(p,
        assert_int_equal(yon_uv_connect(&p->bench->uv, p->bench->fake.address,
                                        &p->bench->client),
                         0));
}

static void step(struct program *p)
{
    yon_future **place = &p->held[below(p, N_HELD)];
    yon_future *f = *place, *receipt = NULL;

    if (p->n_callbacks + 2 > N_STEPS || p->bench->client == NULL)
        return; /* it is over */
    if (f == NULL) {
        API(p, *place = future_new(p));
        then(p, *place);
        return;
    }
    switch (below(p, 8)) {
    case 0:
        then(p, f);
        break;
    case 1:
        API(p, receipt = yon_receipt(f));
        if (receipt != NULL)
            then(p, receipt);
        break;
    case 2:
        API(p, yon_cancel(f));
        break;
    case 3:
        if (below(p, 8) == 0)
            renew_client(p);
        break;
    default:
        *place = NULL;
        API(p, yon_free(f));
    }
}

/* ZeroMQ tries again after a while, for nobody listened at first. */
static void connect_first(struct bench *b)
{
    struct seen seen = { 0 };

    yon_then(yon_call(b->client, "echo", ""), note_and_free, &seen);
    assert_quiet(b);
    ASSERT_SEEN(seen, 0);
}

static void rang(uv_timer_t *timer)
{
    (void)timer;
}

/* Something, or a millisecond. */
static void turn(struct bench *b, uv_timer_t *timer)
{
    uv_timer_start(timer, rang, 1, 0);
    uv_run(&b->uv, UV_RUN_ONCE);
}

static void run_program(struct bench *b, uint64_t seed)
{
    struct program p = { .bench = b };
    uv_timer_t timer;

    connect_first(b);
    uv_timer_init(&b->uv, &timer);
    rng_init(&p.rng, seed);
    p.callbacks = calloc(N_STEPS, sizeof *p.callbacks);
    while (p.n_callbacks + 2 <= N_STEPS) {
        for (uint64_t i = below(&p, 10); i > 0; i--)
            step(&p);
        turn(b, &timer);
    }
    uv_close((uv_handle_t *)&timer, NULL);
    yon_close(b->client);
    b->client = NULL;
    for (int i = 0; i < N_HELD; i++)
        yon_free(p.held[i]);
    assert_quiet(b);
    for (size_t i = 0; i < p.n_callbacks; i++)
        if (p.callbacks[i].n_calls != p.callbacks[i].promised)
            fail_msg("TEST_SEED=%llu: callback %zu came %d times",
                     (unsigned long long)seed, i, p.callbacks[i].n_calls);
    free(p.callbacks);
}

static void each_promised_callback_comes_once(void **state)
{
    const char *one = getenv("TEST_SEED"), *many = getenv("TEST_SEEDS");
    uint64_t first = one != NULL ? strtoull(one, NULL, 10) : 1;
    uint64_t n = one != NULL    ? 1
                 : many != NULL ? strtoull(many, NULL, 10)
                                : N_SEEDS;

    (void)state;
    for (uint64_t seed = first; seed < first + n; seed++) {
        void *bench;

        assert_int_equal(setup_listening(&bench), 0);
        run_program(bench, seed);
        assert_int_equal(teardown(&bench), 0);
    }
    if (one != NULL)
        return;
    assert_true(N_SEEN(0) > 0 && N_SEEN(YON_ECLOSED) > 0 &&
                N_SEEN(YON_ECANCELLED) > 0 && N_SEEN(YON_EABSENT) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_promised_callback_comes_once),
    };

    return cmocka_run_group_tests(tests, open_what_stays, NULL);
}
