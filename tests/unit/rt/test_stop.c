/* SPDX-License-Identifier: MIT */
/* What stops an await: cancellation, time limits; and shields against both.
 *
 * Each kind of await stands in KINDS and in the table below, and meets the same
 * claims. The victim waits for what only the opening of the gate can end.
 */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/rt/co/promise.h"
#include "tests/support/io_rig.h"

#define FOREVER_MS 100000000

#define KINDS(X)   \
    X(pause)       \
    X(sleep)       \
    X(sleep_until) \
    X(timer)       \
    X(child)       \
    X(await_for)   \
    X(all)         \
    X(all_ok)      \
    X(any)         \
    X(each)        \
    X(each_of)     \
    X(group)       \
    X(put)         \
    X(get)         \
    X(lock)        \
    X(acquire)     \
    X(event)       \
    X(once)        \
    X(promise)     \
    X(thread)      \
    X(next)        \
    X(send)        \
    X(throw)

enum kind {
#define KIND_ENUM(name) KIND_##name,
    KINDS(KIND_ENUM)
#undef KIND_ENUM
};

/* How the victim is to be stopped. */
enum cause { BY_CANCEL, BY_LIMIT };

struct rig {
    enum kind kind;
    enum cause cause;
    int64_t sleep_ms;
    int is_open;
    yon_event *gate;
    yon_future *timer, *children[2];
    yon_channel *full, *empty;
    yon_mutex *mutex;
    yon_sem *semaphore;
    struct yon_once once;
    yon_promise *promise;
    yon_future *promised, *call;
    sem_t thread_gate;
    yon_gen *gen;
    int returned; /* from the first await */
    int codes[4];
};

/* ---- what waits for the gate ---- */

static int until_open(void *arg)
{
    struct rig *r = arg;

    return yon_event_wait(r->gate);
}

static int hold_the_mutex(void *arg)
{
    struct rig *r = arg;
    int code = yon_lock(r->mutex);

    until_open(r);
    yon_unlock(r->mutex);
    return code;
}

static int ask_once(void *arg)
{
    struct rig *r = arg;

    return yon_once(&r->once, until_open, r);
}

static int block_a_thread(void *arg)
{
    struct rig *r = arg;

    return sem_wait(&r->thread_gate);
}

/* The first value comes at once, so that there is a yield to send to. */
static int give_when_open(yon_gen *g, void *arg)
{
    yon_yield(g, NULL, NULL);
    until_open(arg);
    return yon_yield(g, NULL, NULL);
}

static yon_future *start_child(void *arg, size_t i)
{
    (void)i;
    return yon_spawn(until_open, arg);
}

static int take_child(void *arg, size_t i, yon_future *f)
{
    (void)arg, (void)i;
    return yon_await(f);
}

/* ---- one await of each kind ---- */

static int wait_pause(struct rig *r)
{
    int code = 0;

    while (code == 0 && !r->is_open)
        code = yon_pause();
    return code;
}

static int wait_sleep(struct rig *r)
{
    return yon_sleep(r->sleep_ms);
}

static int wait_sleep_until(struct rig *r)
{
    return yon_sleep_until(yon_now_ms() + r->sleep_ms);
}

static int wait_timer(struct rig *r)
{
    return yon_await(r->timer);
}

static int wait_child(struct rig *r)
{
    return yon_await(r->children[0]);
}

static int wait_await_for(struct rig *r)
{
    return yon_await_for(r->children[0], FOREVER_MS);
}

static int wait_all(struct rig *r)
{
    return yon_all(r->children, 2);
}

static int wait_all_ok(struct rig *r)
{
    return yon_all_ok(r->children, 2, NULL);
}

static int wait_any(struct rig *r)
{
    size_t which;

    return yon_any(r->children, 2, &which);
}

static int wait_each(struct rig *r)
{
    yon_future *fs[] = { r->children[0], r->children[1] }, *taken;
    size_t which;

    return yon_each(fs, 2, &which, &taken);
}

static int wait_each_of(struct rig *r)
{
    return yon_each_of(3, 2, start_child, take_child, r);
}

static int wait_group(struct rig *r)
{
    yon_group *g = yon_group_enter();

    yon_group_spawn(g, until_open, r);
    yon_group_spawn(g, until_open, r);
    return yon_group_leave(g);
}

static int wait_put(struct rig *r)
{
    return yon_put(r->full, r);
}

static int wait_get(struct rig *r)
{
    void *value;

    return yon_get(r->empty, &value);
}

static int wait_lock(struct rig *r)
{
    int code = yon_lock(r->mutex);

    if (code == 0)
        yon_unlock(r->mutex);
    return code;
}

static int wait_acquire(struct rig *r)
{
    return yon_acquire(r->semaphore);
}

static int wait_event(struct rig *r)
{
    return yon_event_wait(r->gate);
}

static int wait_once(struct rig *r)
{
    return ask_once(r);
}

static int wait_promise(struct rig *r)
{
    return yon_await(r->promised);
}

static int wait_thread(struct rig *r)
{
    return yon_await(r->call);
}

static int wait_next(struct rig *r)
{
    void *value;

    return yon_next(r->gen, &value);
}

static int wait_send(struct rig *r)
{
    void *value;

    return yon_send(r->gen, r, &value);
}

static int wait_throw(struct rig *r)
{
    void *value;

    return yon_throw(r->gen, YON_EFAILED, &value);
}

static int (*const wait_of[])(struct rig *r) = {
#define KIND_WAIT(name) [KIND_##name] = wait_##name,
    KINDS(KIND_WAIT)
#undef KIND_WAIT
};

/* ---- rig ---- */

static void rig_init(struct rig *r)
{
    void *value;

    sem_init(&r->thread_gate, 0, 0);
    r->gate = yon_event_new();
    r->full = yon_channel_new(0);
    r->empty = yon_channel_new(1);
    r->mutex = yon_mutex_new();
    r->semaphore = yon_sem_new(0);
    r->timer = yon_timer(r->sleep_ms);
    r->children[0] = yon_spawn(until_open, r);
    r->children[1] = yon_spawn(until_open, r);
    r->promised = yon_promise_new(&r->promise);
    r->call = yon_thread(block_a_thread, r);
    r->gen = yon_gen_new(give_when_open, r);
    yon_next(r->gen, &value);
    yon_detach(yon_spawn(hold_the_mutex, r));
    yon_detach(yon_spawn(ask_once, r));
    yon_pause();
}

static void rig_open(struct rig *r)
{
    void *value;

    r->is_open = 1;
    yon_event_set(r->gate);
    sem_post(&r->thread_gate);
    yon_try_get(r->full, &value);
    yon_try_put(r->empty, r);
    yon_release(r->semaphore);
    promise_keep(r->promise, (struct buf){ 0 }, 0, NULL);
}

static void rig_fini(struct rig *r)
{
    yon_cancel(r->timer);
    yon_free(r->timer);
    yon_all(r->children, 2);
    yon_free(r->children[0]);
    yon_free(r->children[1]);
    yon_await(r->promised);
    yon_free(r->promised);
    yon_await(r->call);
    yon_free(r->call);
    yon_gen_close(r->gen);
    yon_lock(r->mutex); /* after its holder */
    yon_unlock(r->mutex);
    yon_mutex_free(r->mutex);
    yon_once(&r->once, NULL, NULL); /* has run */
    yon_channel_free(r->full);
    yon_channel_free(r->empty);
    yon_sem_free(r->semaphore);
    yon_event_free(r->gate);
    sem_destroy(&r->thread_gate);
}

static void rig_run(struct rig *r, enum kind kind, yon_fn *test)
{
    *r = (struct rig){ .kind = kind, .sleep_ms = FOREVER_MS };
    RUN_CLEAN(test, r);
}

/* ---- cancellation ---- */

static int await_and_await(void *arg)
{
    struct rig *r = arg;

    r->codes[0] = wait_of[r->kind](r);
    r->returned = 1;
    r->codes[1] = wait_of[r->kind](r);
    r->codes[2] = yon_pause();
    return r->codes[0];
}

static int cancel_a_victim(void *arg)
{
    struct rig *r = arg;
    yon_future *victim;

    rig_init(r);
    victim = yon_spawn(await_and_await, r);
    yon_pause();
    yon_pause();
    yon_cancel(victim);
    yon_cancel(victim);
    r->codes[3] = yon_await(victim);
    yon_free(victim);
    rig_open(r);
    rig_fini(r);
    return 0;
}

static void check_cancel(enum kind kind)
{
    struct rig r;

    rig_run(&r, kind, cancel_a_victim);
    for (size_t i = 0; i < ARRAY_LEN(r.codes); i++)
        assert_int_equal(r.codes[i], YON_ECANCELLED);
}

/* ---- a cancel that is ignored ---- */

#define TURNS_MAX 10000000 /* of the loop; more than a bystander needs */

static int await_in_spite_of_it(void *arg)
{
    struct rig *r = arg;

    for (int i = 0; i < TURNS_MAX && !r->returned; i++)
        r->codes[0] = wait_of[r->kind](r);
    return 0;
}

static int pass_by(void *arg)
{
    struct rig *r = arg;

    yon_sleep(1);
    r->returned = 1;
    return 0;
}

static int cancel_the_deaf(void *arg)
{
    struct rig *r = arg;
    yon_future *victim, *bystander;

    rig_init(r);
    victim = yon_spawn(await_in_spite_of_it, r);
    bystander = yon_spawn(pass_by, r);
    yon_pause();
    yon_cancel(victim);
    yon_await(victim);
    r->codes[1] = r->returned;
    yon_await(bystander);
    yon_free(victim);
    yon_free(bystander);
    rig_open(r);
    rig_fini(r);
    return 0;
}

static void check_deaf(enum kind kind)
{
    struct rig r;

    rig_run(&r, kind, cancel_the_deaf);
    assert_int_equal(r.codes[0], YON_ECANCELLED);
    assert_int_equal(r.codes[1], 1);
}

/* ---- time limits ---- */

static int await_within_a_limit(void *arg)
{
    struct rig *r = arg;
    struct yon_limit limit;
    int64_t start_ms = yon_now_ms();

    rig_init(r);
    yon_limit_begin_at(&limit, start_ms + 2);
    r->codes[0] = wait_of[r->kind](r);
    r->returned = yon_now_ms() >= start_ms + 2;
    r->codes[1] = wait_of[r->kind](r);
    r->codes[2] = yon_limit_end(&limit);
    r->codes[3] = yon_pause();
    rig_open(r);
    rig_fini(r);
    return 0;
}

static void check_limit(enum kind kind)
{
    struct rig r;

    rig_run(&r, kind, await_within_a_limit);
    assert_int_equal(r.returned, 1); /* not early */
    assert_int_equal(r.codes[0], YON_ETIMEOUT);
    assert_int_equal(r.codes[1], YON_ETIMEOUT);
    assert_int_equal(r.codes[2], YON_ETIMEOUT);
    assert_int_equal(r.codes[3], 0);
}

/* ---- shields ---- */

static int ends_by_time(enum kind kind)
{
    return kind == KIND_sleep || kind == KIND_sleep_until || kind == KIND_timer;
}

static int await_behind_a_shield(void *arg)
{
    struct rig *r = arg;
    struct yon_limit limit;

    yon_limit_begin(&limit, r->cause == BY_LIMIT ? 0 : FOREVER_MS);
    yon_shield_begin();
    r->codes[0] = wait_of[r->kind](r);
    r->returned = 1;
    until_open(r); /* a timer may end before the cause is there */
    yon_shield_end();
    r->codes[1] = yon_pause();
    yon_limit_end(&limit);
    return 0;
}

static int stop_who_is_shielded(void *arg)
{
    struct rig *r = arg;
    yon_future *victim;

    r->sleep_ms = 2;
    rig_init(r);
    victim = yon_spawn(await_behind_a_shield, r);
    yon_pause();
    yon_pause();
    if (r->cause == BY_CANCEL)
        yon_cancel(victim);
    yon_pause();
    yon_pause();
    r->codes[2] = r->returned && !ends_by_time(r->kind);
    rig_open(r);
    yon_await(victim);
    yon_free(victim);
    rig_fini(r);
    return 0;
}

static void check_shield(enum kind kind)
{
    struct rig r = { 0 };

    for (enum cause cause = BY_CANCEL; cause <= BY_LIMIT; cause++) {
        r = (struct rig){ .kind = kind, .cause = cause };
        RUN_CLEAN(stop_who_is_shielded, &r);
        assert_int_equal(r.codes[0], 0);
        assert_int_equal(r.codes[1],
                         cause == BY_CANCEL ? YON_ECANCELLED : YON_ETIMEOUT);
        assert_int_equal(r.codes[2], 0);
    }
}

#define KIND_TESTS(name)                                            \
    static void cancel_ends_##name(void **state)                    \
    {                                                               \
        (void)state;                                                \
        check_cancel(KIND_##name);                                  \
    }                                                               \
    static void who_goes_on_with_##name##_lets_others(void **state) \
    {                                                               \
        (void)state;                                                \
        check_deaf(KIND_##name);                                    \
    }                                                               \
    static void a_limit_ends_##name(void **state)                   \
    {                                                               \
        (void)state;                                                \
        check_limit(KIND_##name);                                   \
    }                                                               \
    static void a_shield_holds_both_from_##name(void **state)       \
    {                                                               \
        (void)state;                                                \
        check_shield(KIND_##name);                                  \
    }
KINDS(KIND_TESTS)

int main(void)
{
    const struct CMUnitTest tests[] = {
#define KIND_LIST(name)                                          \
    cmocka_unit_test(cancel_ends_##name),                        \
        cmocka_unit_test(who_goes_on_with_##name##_lets_others), \
        cmocka_unit_test(a_limit_ends_##name),                   \
        cmocka_unit_test(a_shield_holds_both_from_##name),
        KINDS(KIND_LIST)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
