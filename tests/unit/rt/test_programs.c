/* SPDX-License-Identifier: MIT */
/* Random programs of coroutines against the model in program.h.
 *
 * No program can deadlock: who waits for a coroutine has a smaller id, locks
 * are taken in one order and nobody awaits a coroutine while holding one, and
 * after some turns a janitor closes the channels, sets the event and keeps the
 * promises.
 *
 * TEST_SEED=n runs that one; TEST_SEEDS=n so many. Seeds without timers and
 * threads replay exactly.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/rt/co/coro.h"
#include "tests/unit/rt/random_program.h"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define N_SEEDS 2000
#else
#define N_SEEDS 5000
#endif

/* Without an await, after which all have come as far as they can: one that ends
 * wakes its parent, for each level of them. */
enum { TURNS_OF_REST = 20 };

static op_fn *const ops[] = {
    op_pause,  op_pause, op_sleep,   op_limit, op_shield,  op_scope,  op_spawn,
    op_spawn,  op_spawn, op_await,   op_await, op_all,     op_any,    op_cancel,
    op_let_go, op_group, op_each_of, op_put,   op_put,     op_get,    op_get,
    op_lock,   op_event, op_once,    op_keep,  op_promise, op_thread, op_gen,
};

int run_ops(struct node *n, unsigned n_ops)
{
    int code = 0, first = 0;

    for (unsigned i = 0; i < n_ops; i++) {
        code = ops[pick(n, ARRAY_LEN(ops))](n);
        if (first == 0)
            first = code;
        if (first != 0 && chance(n, 75))
            break;
    }
    return first;
}

/* Wait until nobody goes on any more, and look who waits. A timer that rings
 * later than all others is a turn of the loop with all that libuv has. */
static void rest(struct program *p)
{
    uint64_t n_steps = p->n_steps;

    for (unsigned n_quiet = 0; n_quiet < TURNS_OF_REST; n_quiet++) {
        yon_future *f = yon_timer(0);

        yon_await(f);
        yon_free(f);
        if (p->n_steps != n_steps)
            n_quiet = 0;
        n_steps = p->n_steps;
    }
    check_rest(p);
}

static int janitor(void *arg)
{
    struct program *p = arg;

    for (uint64_t i = 0; i < 10 + p->seed % 90; i++)
        yon_pause();
    if (!p->has_timers && p->seed % 2 == 0)
        rest(p);
    p->over = true;
    yon_event_set(p->event);
    for (size_t i = 0; i < N_CHANNELS; i++) {
        p->channels[i].closed = true;
        yon_channel_close(p->channels[i].ch);
    }
    for (size_t i = 0; i < p->n_promises; i++)
        promise_model_keep(&p->promises[i]);
    return 0;
}

static int first_main(void *arg)
{
    struct program *p = arg;
    struct node *root = node_new(p, NULL);

    yon_detach(yon_spawn(janitor, p));
    for (size_t i = 0; i < N_SLOTS; i++)
        root->slots[i] = node_spawn(root, NULL);
    return node_main(root);
}

static void program_init(struct program *p, uint64_t seed)
{
    *p = (struct program){
        .seed = seed,
        .has_timers = seed % 8 == 7,
        .n_nodes_max = 5 + (unsigned)(seed % 100),
        .event = yon_event_new(),
        .locks = { { .semaphore = yon_sem_new(1), .n = 1 },
                   { .semaphore = yon_sem_new(2), .n = 2 },
                   { .mutex = yon_mutex_new(), .n = 1 } },
    };
    for (size_t i = 0; i < N_CHANNELS; i++)
        p->channels[i] = (struct channel_model){ .ch = yon_channel_new(i * i),
                                                 .capacity = i * i };
}

/* What was put and not received is still in the channel. */
static void check_channel(struct program *p, struct channel_model *c)
{
    void *value;

    while (yon_try_get(c->ch, &value) == 0) {
        MUST(p, !c->received[(intptr_t)value]);
        c->received[(intptr_t)value] = true;
    }
    for (intptr_t i = 0; i < c->n_values; i++)
        MUST(p, c->received[i] == (c->state[i] == VALUE_PUT));
}

static void program_fini(struct program *p)
{
    for (size_t i = 0; i < N_CHANNELS; i++) {
        check_channel(p, &p->channels[i]);
        yon_channel_free(p->channels[i].ch);
    }
    for (size_t i = 0; i < N_LOCKS; i++) {
        MUST(p, p->locks[i].n_held == 0);
        yon_sem_free(p->locks[i].semaphore);
        yon_mutex_free(p->locks[i].mutex);
    }
    for (size_t i = 0; i < p->n_promises; i++)
        promise_model_keep(&p->promises[i]); /* though the loop is gone */
    yon_event_free(p->event);
    for (struct node *n = p->newest; n != NULL; n = n->older) {
        MUST(p, !n->begun || node_has_ended(n));
        yon_gen_close(n->gen);
    }
    for (struct node *n = p->newest, *older; n != NULL; n = older) {
        older = n->older;
        free(n);
    }
}

static bool no_coroutine_is_left(void *loop)
{
    return list_is_empty(&((struct loop *)loop)->coros);
}

/* As yon_run, on stacks whose guards are mprotected or, where the kernel can,
 * not. */
static void program_run(struct program *p, bool mprotected)
{
    struct loop *l = loop_new();
    struct coro *co;

    if (mprotected) {
        stack_pool_fini(&l->stacks);
        stack_pool_init(&l->stacks, STACK_SIZE_DEFAULT, stack_guard_probe(-1));
    }
    if (loop_spawn(l, "program", first_main, NULL, p, &co) != ERR_NONE)
        UNREACHABLE("no stack for the first coroutine");
    loop_run_await(l, no_coroutine_is_left, l);
    loop_free(l);
}

/* ---- seeds ---- */

static volatile uint64_t seed_now;

/* An assertion of the library, or nothing goes on. */
static void name_seed(int signo)
{
    char text[] = "seed 00000000000000000000\n";
    char *at = text + sizeof text - 2;

    for (uint64_t n = seed_now; n > 0; n /= 10)
        *--at = (char)('0' + n % 10);
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(1);
    signal(signo, SIG_DFL);
    raise(signo);
}

static void run_seed(uint64_t seed)
{
    struct program p;

    seed_now = seed;
    alarm(60);
    program_init(&p, seed);
    program_run(&p, seed % 4 == 1);
    program_fini(&p);
    alarm(0);
    if (p.failure[0] != '\0')
        fail_msg("TEST_SEED=%llu: %s", (unsigned long long)seed, p.failure);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void random_programs_do_as_the_model_says(void **state)
{
    uint64_t first = number_from("TEST_SEED", 0);
    uint64_t n =
        number_from("TEST_SEEDS", getenv("TEST_SEED") == NULL ? N_SEEDS : 1);

    (void)state;
    signal(SIGABRT, name_seed);
    signal(SIGALRM, name_seed);
    for (uint64_t seed = first; seed < first + n; seed++)
        run_seed(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_programs_do_as_the_model_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
