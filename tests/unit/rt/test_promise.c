/* SPDX-License-Identifier: MIT */
/* Promises: kept from anywhere, at any time, or never. */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <yon/co.h>

#include "libcommon/rt/co/future.h"
#include "libcommon/rt/co/promise.h"
#include "tests/unit/rt/notes.h"

struct record {
    yon_promise *promise;
    yon_future *f;
    sem_t go;
    pthread_t thread;
    struct buf notes;
    char text[64];
};

static void keep(yon_promise *p, const char *bytes)
{
    struct buf value = { 0 };

    buf_addf(&value, "%s", bytes);
    promise_keep(p, value, 0, NULL);
}

static void note_value(struct record *r, const yon_future *f)
{
    struct view v = f->kind->value(f);

    memcpy(r->text, v.data, v.len);
}

/* ---- from the loop ---- */

static int keep_from_the_loop(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_promise_new(&r->promise);

    note_truth(&r->notes, "is done", yon_is_done(f));
    keep(r->promise, "value");
    note(&r->notes, "await", yon_await(f));
    note_value(r, f);
    yon_free(f);
    return 0;
}

static void a_promise_is_kept_from_the_loop(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(keep_from_the_loop, &r);
    assert_notes(&r.notes, "is done: no\n"
                           "await: ok\n");
    assert_string_equal(r.text, "value");
}

static int break_some(void *arg)
{
    static const int given[] = { YON_ELOST, 0, 5, INT32_MIN };
    struct record *r = arg;

    for (size_t i = 0; i < 4; i++) {
        yon_future *f = yon_promise_new(&r->promise);
        int code;

        yon_break(r->promise, given[i], "no luck");
        code = yon_await(f);
        note(&r->notes, yon_error(f), code);
        yon_free(f);
    }
    return 0;
}

static void a_broken_promise_is_an_error_with_its_text(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(break_some, &r);
    assert_notes(&r.notes, "no luck: job lost\n"
                           "no luck: job failed\n" /* never a success */
                           "no luck: job failed\n"
                           "no luck: job failed\n");
}

/* ---- from another thread ---- */

static void *keep_when_told(void *arg)
{
    struct record *r = arg;

    sem_wait(&r->go);
    keep(r->promise, "from afar");
    return NULL;
}

static void start_keeper(struct record *r)
{
    sem_init(&r->go, 0, 0);
    pthread_create(&r->thread, NULL, keep_when_told, r);
}

static void end_keeper(struct record *r)
{
    sem_post(&r->go);
    pthread_join(r->thread, NULL);
    sem_destroy(&r->go);
}

static int await_a_thread(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_promise_new(&r->promise);

    start_keeper(r);
    sem_post(&r->go);
    note(&r->notes, "await",
         yon_await(f)); /* nothing else keeps the loop alive */
    note_value(r, f);
    yon_free(f);
    end_keeper(r);
    return 0;
}

static void a_promise_is_kept_from_another_thread(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(await_a_thread, &r);
    assert_notes(&r.notes, "await: ok\n");
    assert_string_equal(r.text, "from afar");
}

enum { MANY = 500 };

static void *keep_many(void *arg)
{
    yon_promise **promises = arg;

    for (size_t i = 0; i < MANY; i++)
        promise_keep(promises[i], (struct buf){ 0 }, 0, NULL);
    return NULL;
}

static int await_many(void *arg)
{
    static yon_promise *promises[4][MANY];
    static yon_future *fs[4 * MANY];
    pthread_t threads[4];
    int *code = arg;

    for (size_t i = 0; i < 4 * MANY; i++)
        fs[i] = yon_promise_new(&promises[i / MANY][i % MANY]);
    for (size_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, keep_many, promises[i]);
    for (size_t i = 0; i < 4 * MANY; i += 3) /* while they are being kept */
        yon_cancel(fs[i]);
    for (size_t i = 0; i < 4 * MANY; i++) {
        int ended = yon_await(fs[i]);

        *code += ended != 0 && (i % 3 != 0 || ended != YON_ECANCELLED);
        yon_free(fs[i]);
    }
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    return 0;
}

static void several_threads_keep_many(void **state)
{
    int n_wrong = 0;

    (void)state;
    yon_run(await_many, &n_wrong);
    assert_int_equal(n_wrong, 0);
}

/* ---- too late ---- */

static int cancel_before_it_is_kept(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_promise_new(&r->promise);

    yon_cancel(f);
    yon_cancel(f);
    note(&r->notes, "await", yon_await(f));
    keep(r->promise, "too late");
    yon_pause();
    note(&r->notes, "await", yon_await(f));
    yon_free(f);
    return 0;
}

static void a_cancelled_promise_is_kept_to_no_effect(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_before_it_is_kept, &r);
    assert_notes(&r.notes, "await: cancelled\n"
                           "await: cancelled\n");
}

static int cancel_after_it_was_kept(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_promise_new(&r->promise);

    keep(r->promise, "value");
    yon_cancel(f); /* its message is on the way */
    note(&r->notes, "await", yon_await(f));
    yon_free(f);
    return 0;
}

static void a_cancel_may_overtake_the_value(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_after_it_was_kept, &r);
    assert_notes(&r.notes, "await: cancelled\n");
}

static int free_the_future(void *arg)
{
    struct record *r = arg;

    yon_free(yon_promise_new(&r->promise));
    keep(r->promise, "for nobody");
    yon_free(yon_promise_new(&r->promise));
    return 0;
}

static void nobody_waits_for_a_promise_whose_future_is_free(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(free_the_future, &r); /* which ends */
    keep(r.promise, "after the loop");
}

/* ---- the loop is gone ---- */

static int leave_one_pending(void *arg)
{
    struct record *r = arg;

    r->f = yon_promise_new(&r->promise);
    start_keeper(r);
    return 0;
}

static void the_end_of_the_loop_ends_what_was_not_kept(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(leave_one_pending, &r);
    assert_int_equal(yon_is_done(r.f), 1);
    assert_int_equal(yon_await(r.f), YON_ECLOSED);
    end_keeper(&r); /* to no effect */
    yon_cancel(r.f);
    yon_free(r.f);
}

static int keep_and_return(void *arg)
{
    struct record *r = arg;

    r->f = yon_promise_new(&r->promise);
    keep(r->promise, "just in time");
    return 0;
}

static void what_was_kept_just_before_the_end_counts(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(keep_and_return, &r);
    assert_int_equal(yon_await(r.f), 0);
    note_value(&r, r.f);
    assert_string_equal(r.text, "just in time");
    yon_free(r.f);
}

static void outside_of_coroutines_a_promise_has_ended(void **state)
{
    yon_promise *promise;
    yon_future *f = yon_promise_new(&promise);

    (void)state;
    assert_int_equal(yon_await(f), YON_ESTATE);
    keep(promise, "to no effect");
    assert_int_equal(yon_await(f), YON_ESTATE);
    yon_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_promise_is_kept_from_the_loop),
        cmocka_unit_test(a_broken_promise_is_an_error_with_its_text),
        cmocka_unit_test(a_promise_is_kept_from_another_thread),
        cmocka_unit_test(several_threads_keep_many),
        cmocka_unit_test(a_cancelled_promise_is_kept_to_no_effect),
        cmocka_unit_test(a_cancel_may_overtake_the_value),
        cmocka_unit_test(nobody_waits_for_a_promise_whose_future_is_free),
        cmocka_unit_test(the_end_of_the_loop_ends_what_was_not_kept),
        cmocka_unit_test(what_was_kept_just_before_the_end_counts),
        cmocka_unit_test(outside_of_coroutines_a_promise_has_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
