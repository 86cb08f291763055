/* SPDX-License-Identifier: MIT */
/* One future for all: coroutines, timers, threads, processes and jobs of a real
 * worker in the same call of all, any and each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <yon/io.h>

#include "tests/support/cluster.h"

#define LONG_MS (24 * 3600 * 1000)
#define ALL_KINDS (-1)

enum kind { COROUTINE, TIMER, THREAD, PROCESS, JOB, N_KINDS };

static struct cluster cluster;

/* One future of each kind. What happened is recorded, and checked outside. */
struct scene {
    int ends; /* the kind that ends by itself, or ALL_KINDS */
    yon_client *client;
    yon_process *process;
    int gate[2]; /* the thread reads it */
    yon_future *fs[N_KINDS];
    size_t which;
    int codes[N_KINDS];
    int values[N_KINDS];
    int n_given[N_KINDS];
};

static int group_setup(void **state)
{
    (void)state;
    cluster_start(&cluster);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    cluster_stop(&cluster);
    return 0;
}

/* ---- one of each ---- */

static int give_four(void *arg)
{
    (void)arg;
    return yon_value("i", 4);
}

static int wait_long(void *arg)
{
    (void)arg;
    return yon_sleep(LONG_MS);
}

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

static int wait_at_gate(void *arg)
{
    struct scene *s = arg;
    char byte;

    return read(s->gate[0], &byte, 1) == 0 ? 0 : YON_EFAILED;
}

static yon_future *process_new(struct scene *s, const char *script)
{
    const char *argv[] = { "sh", "-c", script, NULL };
    struct yon_process_options o = YON_PROCESS(.argv = argv);

    if (yon_process_start(&o, &s->process) != 0)
        abort();
    return yon_process_future(s->process);
}

static yon_future *future_new(struct scene *s, enum kind kind)
{
    bool ends = s->ends == ALL_KINDS || s->ends == (int)kind;

    switch (kind) {
    case COROUTINE:
        return yon_spawn(ends ? give_four : wait_long, NULL);
    case TIMER:
        return yon_timer(ends ? 1 : LONG_MS);
    case THREAD:
        return yon_thread(ends ? do_nothing : wait_at_gate, s);
    case PROCESS:
        return process_new(s, ends ? "exit 3" : "exec sleep 86400");
    default:
        return ends ? yon_call(s->client, "add", "{sisi}", "a", 2, "b", 3)
                    : yon_call(s->client, "sleep", "{si}", "ms", LONG_MS);
    }
}

static int scene_begin(struct scene *s)
{
    int code = yon_connect(cluster.address, &s->client);

    if (code != 0)
        return code;
    if (pipe(s->gate) != 0)
        return YON_ESYSTEM;
    for (int kind = 0; kind < N_KINDS; kind++)
        s->fs[kind] = future_new(s, (enum kind)kind);
    return 0;
}

/* End those that have not ended. */
static void scene_stop(struct scene *s)
{
    for (int kind = 0; kind < N_KINDS; kind++)
        if (s->fs[kind] != NULL)
            yon_cancel(s->fs[kind]);
    close(s->gate[1]);
}

static void scene_end(struct scene *s)
{
    for (int kind = 0; kind < N_KINDS; kind++)
        yon_free(s->fs[kind]);
    close(s->gate[0]);
    yon_process_free(s->process);
    yon_close(s->client);
}

/* ---- all ---- */

static int await_all(void *arg)
{
    struct scene *s = arg;
    int code = scene_begin(s);

    if (code != 0)
        return code;
    code = yon_all(s->fs, N_KINDS);
    for (int kind = 0; kind < N_KINDS; kind++)
        s->codes[kind] = yon_is_done(s->fs[kind]);
    yon_result(s->fs[COROUTINE], "i", &s->values[COROUTINE]);
    yon_result(s->fs[PROCESS], "i", &s->values[PROCESS]);
    yon_result(s->fs[JOB], "i", &s->values[JOB]);
    scene_stop(s); /* to no effect */
    scene_end(s);
    return code;
}

static void all_waits_for_every_kind(void **state)
{
    struct scene s = { .ends = ALL_KINDS };

    (void)state;
    assert_int_equal(yon_run(await_all, &s), 0);
    for (int kind = 0; kind < N_KINDS; kind++)
        assert_true(s.codes[kind]);
    assert_int_equal(s.values[COROUTINE], 4);
    assert_int_equal(s.values[PROCESS], 3);
    assert_int_equal(s.values[JOB], 5);
}

static int cancel_all(void *arg)
{
    struct scene *s = arg;
    int code = scene_begin(s);

    if (code != 0)
        return code;
    yon_sleep(1); /* a coroutine has begun, a thread perhaps */
    scene_stop(s);
    code = yon_all(s->fs, N_KINDS);
    for (int kind = 0; kind < N_KINDS; kind++)
        s->codes[kind] = yon_await(s->fs[kind]);
    scene_end(s);
    return code;
}

/* A call on a thread that has begun ends when it does. */
static void every_kind_can_be_cancelled(void **state)
{
    struct scene s = { .ends = N_KINDS };

    (void)state;
    assert_int_equal(yon_run(cancel_all, &s), YON_ECANCELLED);
    for (int kind = 0; kind < N_KINDS; kind++)
        if (kind != THREAD)
            assert_int_equal(s.codes[kind], YON_ECANCELLED);
}

/* ---- any ---- */

static int await_any(void *arg)
{
    struct scene *s = arg;
    int code = scene_begin(s);

    if (code != 0)
        return code;
    code = yon_any(s->fs, N_KINDS, &s->which);
    for (int kind = 0; kind < N_KINDS; kind++)
        s->codes[kind] = yon_is_done(s->fs[kind]);
    scene_stop(s);
    yon_all(s->fs, N_KINDS);
    scene_end(s);
    return code;
}

static void any_finds_whichever_kind_ends(void **state)
{
    (void)state;
    for (int ends = 0; ends < N_KINDS; ends++) {
        struct scene s = { .ends = ends, .which = N_KINDS };

        assert_int_equal(yon_run(await_any, &s), 0);
        assert_int_equal(s.which, ends);
        for (int kind = 0; kind < N_KINDS; kind++)
            assert_int_equal(s.codes[kind], kind == ends);
    }
}

/* ---- each ---- */

/* Take the next and note which it is. */
static int take_one(struct scene *s)
{
    yon_future *taken;
    int code = yon_each(s->fs, N_KINDS, &s->which, &taken);

    if (code != 0)
        return code;
    s->n_given[s->which]++;
    s->codes[s->which] = yon_await(taken);
    yon_free(taken);
    return 0;
}

static int await_each(void *arg)
{
    struct scene *s = arg;
    int code = scene_begin(s);

    if (code == 0)
        code = take_one(s);
    if (code != 0)
        return code;
    if (s->ends != ALL_KINDS && s->which != (size_t)s->ends)
        return YON_EFAILED;
    scene_stop(s); /* what is left comes as well */
    while (code == 0)
        code = take_one(s);
    scene_end(s);
    return code;
}

static void each_gives_every_kind_once(void **state)
{
    (void)state;
    for (int ends = ALL_KINDS; ends < N_KINDS; ends++) {
        struct scene s = { .ends = ends };

        assert_int_equal(yon_run(await_each, &s), YON_EEXHAUSTED);
        for (int kind = 0; kind < N_KINDS; kind++)
            assert_int_equal(s.n_given[kind], 1);
        if (ends != ALL_KINDS)
            assert_int_equal(s.codes[ends], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_waits_for_every_kind),
        cmocka_unit_test(every_kind_can_be_cancelled),
        cmocka_unit_test(any_finds_whichever_kind_ends),
        cmocka_unit_test(each_gives_every_kind_once),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
