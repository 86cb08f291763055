/* SPDX-License-Identifier: MIT */
/* Mutex, semaphore, event and once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <yon/co.h>

#include "tests/unit/rt/notes.h"

enum { N = 20 };

struct record {
    yon_mutex *mutex;
    yon_sem *semaphore;
    yon_event *event;
    struct yon_once once;
    unsigned n_inside, most_inside, n_total;
    int order[N], n_ordered;
    struct buf notes;
};

static void enter(struct record *r)
{
    r->n_total++;
    r->n_inside++;
    if (r->n_inside > r->most_inside)
        r->most_inside = r->n_inside;
}

static void spawn_and_wait_for(size_t n, yon_fn *fn, void *arg)
{
    yon_future *fs[N];

    for (size_t i = 0; i < n; i++)
        fs[i] = yon_spawn(fn, arg);
    yon_all(fs, n);
    for (size_t i = 0; i < n; i++)
        yon_free(fs[i]);
}

/* ---- mutex ---- */

static int lock_and_pause(void *arg)
{
    struct record *r = arg;

    for (int i = 0; i < 5; i++) {
        yon_lock(r->mutex);
        enter(r);
        yon_pause();
        r->n_inside--;
        yon_unlock(r->mutex);
    }
    return 0;
}

static int share_a_mutex(void *arg)
{
    struct record *r = arg;

    r->mutex = yon_mutex_new();
    spawn_and_wait_for(N, lock_and_pause, r);
    yon_mutex_free(r->mutex);
    yon_mutex_free(NULL);
    return 0;
}

static void one_at_a_time_holds_a_mutex(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(share_a_mutex, &r);
    assert_int_equal(r.most_inside, 1);
    assert_int_equal(r.n_total, 5 * N);
}

static int lock_in_turn(void *arg)
{
    struct record *r = arg;
    int turn = r->n_ordered++;

    yon_lock(r->mutex);
    r->order[turn] = (int)r->n_total++;
    yon_unlock(r->mutex);
    return 0;
}

static int wait_for_a_mutex(void *arg)
{
    struct record *r = arg;

    r->mutex = yon_mutex_new();
    yon_lock(r->mutex);
    note(&r->notes, "lock", yon_lock(r->mutex)); /* it would wait for itself */
    for (int i = 0; i < N; i++)
        yon_detach(yon_spawn(lock_in_turn, r));
    yon_pause();
    yon_pause();
    yon_unlock(r->mutex);
    note(&r->notes, "lock", yon_lock(r->mutex)); /* behind all of them */
    note_number(&r->notes, "total", (int)r->n_total);
    yon_unlock(r->mutex);
    yon_mutex_free(r->mutex);
    return 0;
}

static void a_mutex_is_fair_and_knows_its_owner(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(wait_for_a_mutex, &r);
    assert_notes(&r.notes, "lock: invalid state\n"
                           "lock: ok\n"
                           "total: 20\n");
    for (int i = 0; i < N; i++)
        assert_int_equal(r.order[i], i);
}

static int lock_once(void *arg)
{
    struct record *r = arg;
    int code = yon_lock(r->mutex);

    if (code == 0) {
        r->n_total++;
        yon_unlock(r->mutex);
    }
    return code;
}

static int cancel_the_next_owner(void *arg)
{
    struct record *r = arg;
    yon_future *fs[2];

    r->mutex = yon_mutex_new();
    yon_lock(r->mutex);
    fs[0] = yon_spawn(lock_once, r);
    fs[1] = yon_spawn(lock_once, r);
    yon_pause();
    yon_cancel(fs[0]);
    yon_unlock(r->mutex); /* before the first has run */
    note(&r->notes, "await first", yon_await(fs[0]));
    note(&r->notes, "await second", yon_await(fs[1]));

    yon_free(fs[0]);
    yon_lock(r->mutex);
    fs[0] = yon_spawn(lock_once, r);
    yon_pause();
    yon_unlock(r->mutex);
    yon_cancel(fs[0]); /* it has it already */
    note(&r->notes, "await first", yon_await(fs[0]));
    yon_free(fs[0]);
    yon_free(fs[1]);
    yon_mutex_free(r->mutex);
    return 0;
}

static void a_mutex_does_not_go_to_who_is_cancelled(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_the_next_owner, &r);
    assert_notes(&r.notes, "await first: cancelled\n"
                           "await second: ok\n"
                           "await first: ok\n");
    assert_int_equal(r.n_total, 2);
}

/* ---- semaphore ---- */

static int acquire_and_pause(void *arg)
{
    struct record *r = arg;

    for (int i = 0; i < 5; i++) {
        yon_acquire(r->semaphore);
        enter(r);
        yon_pause();
        r->n_inside--;
        yon_release(r->semaphore);
    }
    return 0;
}

static int share_a_semaphore(void *arg)
{
    struct record *r = arg;

    r->semaphore = yon_sem_new(3);
    spawn_and_wait_for(N, acquire_and_pause, r);
    yon_sem_free(r->semaphore);
    yon_sem_free(NULL);
    return 0;
}

static void so_many_at_a_time_hold_a_semaphore(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(share_a_semaphore, &r);
    assert_int_equal(r.most_inside, 3);
    assert_int_equal(r.n_total, 5 * N);
}

static int acquire_once(void *arg)
{
    struct record *r = arg;

    return yon_acquire(r->semaphore);
}

static int release_to_who_is_cancelled(void *arg)
{
    struct record *r = arg;
    yon_future *f;

    r->semaphore = yon_sem_new(0);
    f = yon_spawn(acquire_once, r);
    yon_pause();
    yon_cancel(f);
    yon_release(r->semaphore); /* before it has run */
    note(&r->notes, "await", yon_await(f));
    note(&r->notes, "acquire", yon_acquire(r->semaphore)); /* nothing is lost */
    yon_free(f);
    yon_sem_free(r->semaphore);
    return 0;
}

static void a_place_is_not_lost_with_who_is_cancelled(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(release_to_who_is_cancelled, &r);
    assert_notes(&r.notes, "await: cancelled\n"
                           "acquire: ok\n");
}

/* ---- event ---- */

static int wait_and_count(void *arg)
{
    struct record *r = arg;
    int code = yon_event_wait(r->event);

    r->n_total += code == 0;
    return code;
}

static int set_and_clear(void *arg)
{
    struct record *r = arg;
    yon_future *late;

    r->event = yon_event_new();
    note_truth(&r->notes, "event is set", yon_event_is_set(r->event));
    for (int i = 0; i < N; i++)
        yon_detach(yon_spawn(wait_and_count, r));
    yon_pause();
    yon_event_set(r->event);
    note_truth(&r->notes, "event is set", yon_event_is_set(r->event));
    note(&r->notes, "event wait", yon_event_wait(r->event));
    yon_event_clear(r->event); /* who was woken goes on */
    late = yon_spawn(wait_and_count, r);
    yon_pause();
    yon_pause();
    note_number(&r->notes, "total", (int)r->n_total);
    note_truth(&r->notes, "is done", yon_is_done(late));
    yon_event_set(r->event);
    note(&r->notes, "await", yon_await(late));
    yon_free(late);
    yon_event_free(r->event);
    yon_event_free(NULL);
    return 0;
}

static void an_event_wakes_all_who_wait_for_it(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(set_and_clear, &r);
    assert_notes(&r.notes, "event is set: no\n"
                           "event is set: yes\n"
                           "event wait: ok\n"
                           "total: 20\n"
                           "is done: no\n"
                           "await: ok\n");
}

/* ---- once ---- */

static int run_slowly(void *arg)
{
    struct record *r = arg;

    r->n_total++;
    yon_pause();
    yon_pause();
    return YON_EFAILED;
}

static int ask_once(void *arg)
{
    struct record *r = arg;

    r->n_inside += yon_once(&r->once, run_slowly, r) == YON_EFAILED;
    return 0;
}

static int ask_many_times(void *arg)
{
    struct record *r = arg;

    spawn_and_wait_for(N, ask_once, r);
    note(&r->notes, "once", yon_once(&r->once, run_slowly, r));
    return 0;
}

static void once_runs_once_and_all_get_its_code(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(ask_many_times, &r);
    assert_int_equal(r.n_total, 1);
    assert_int_equal(r.n_inside, N);
    assert_notes(&r.notes, "once: job failed\n");
    assert_int_equal(yon_once(&r.once, run_slowly, &r), YON_EFAILED);
}

static int give_up_or_end(void *arg)
{
    struct record *r = arg;

    r->n_total++;
    return yon_sleep(r->n_total <= 2 ? 100000000 : 1);
}

static int ask_who_may_give_up(void *arg)
{
    struct record *r = arg;
    int code = yon_once(&r->once, give_up_or_end, r);

    r->n_inside += code == 0;
    return code;
}

/* The first is cancelled, the second out of time; others wait meanwhile. */
static int stop_the_first_callers(void *arg)
{
    struct record *r = arg;
    struct yon_limit limit;
    yon_future *fs[3];

    fs[0] = yon_spawn(ask_who_may_give_up, r);
    yon_pause();
    yon_limit_begin(&limit, 5);
    fs[1] = yon_spawn(ask_who_may_give_up, r); /* keeps that time */
    yon_limit_end(&limit);
    fs[2] = yon_spawn(ask_who_may_give_up, r);
    yon_pause();
    yon_cancel(fs[0]);
    for (size_t i = 0; i < 3; i++)
        note(&r->notes, "once", yon_await(fs[i]));
    note(&r->notes, "once", yon_once(&r->once, give_up_or_end, r));
    for (size_t i = 0; i < 3; i++)
        yon_free(fs[i]);
    return 0;
}

static void once_is_run_again_when_its_caller_was_stopped(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(stop_the_first_callers, &r);
    assert_notes(&r.notes, "once: cancelled\n"
                           "once: timed out\n"
                           "once: ok\n"
                           "once: ok\n");
    assert_int_equal(r.n_total, 3);
    assert_int_equal(r.n_inside, 1);
}

/* ---- outside ---- */

static void outside_of_coroutines_nobody_waits(void **state)
{
    struct record r = { .mutex = yon_mutex_new(),
                        .semaphore = yon_sem_new(1),
                        .event = yon_event_new() };

    (void)state;
    assert_int_equal(yon_lock(r.mutex), YON_ESTATE);
    assert_int_equal(yon_acquire(r.semaphore), YON_ESTATE);
    assert_int_equal(yon_event_wait(r.event), YON_ESTATE);
    yon_mutex_free(r.mutex);
    yon_sem_free(r.semaphore);
    yon_event_free(r.event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_at_a_time_holds_a_mutex),
        cmocka_unit_test(a_mutex_is_fair_and_knows_its_owner),
        cmocka_unit_test(a_mutex_does_not_go_to_who_is_cancelled),
        cmocka_unit_test(so_many_at_a_time_hold_a_semaphore),
        cmocka_unit_test(a_place_is_not_lost_with_who_is_cancelled),
        cmocka_unit_test(an_event_wakes_all_who_wait_for_it),
        cmocka_unit_test(once_runs_once_and_all_get_its_code),
        cmocka_unit_test(once_is_run_again_when_its_caller_was_stopped),
        cmocka_unit_test(outside_of_coroutines_nobody_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
