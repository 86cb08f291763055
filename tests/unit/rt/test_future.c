/* SPDX-License-Identifier: MIT */
/* Coroutines record what they see; the assertions stand on the main stack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <yon/co.h>

#include "check.h"
#include "future.h"
#include "mem.h"

#define N 5

/* ---- a future that the test ends ---- */

struct promise {
    yon_future base;
    int n_cancels, n_abandons;
    int *n_destroyed;
};

static struct promise *promise_of(yon_future *f)
{
    return CONTAINER_OF(f, struct promise, base);
}

static void promise_cancel(yon_future *f)
{
    promise_of(f)->n_cancels++;
}

static void promise_abandon(yon_future *f)
{
    promise_of(f)->n_abandons++;
}

static void promise_destroy(yon_future *f)
{
    ++*promise_of(f)->n_destroyed;
    free(promise_of(f));
}

static const struct future_kind promise_kind = {
    .name = "promise",
    .cancel = promise_cancel,
    .abandon = promise_abandon,
    .destroy = promise_destroy,
};

static const struct future_kind stubborn_kind = {
    .name = "stubborn",
    .destroy = promise_destroy,
};

static struct promise *
promise_new(struct loop *loop, const struct future_kind *kind, int *n_destroyed)
{
    struct promise *p = xcalloc(1, sizeof *p);

    future_init(&p->base, kind, loop);
    p->n_destroyed = n_destroyed;
    return p;
}

/* ---- life ---- */

static void a_future_is_pending_until_it_ends(void **state)
{
    int n_destroyed = 0;
    struct promise *p = promise_new(NULL, &promise_kind, &n_destroyed);

    (void)state;
    assert_false(yon_is_done(&p->base));
    assert_string_equal(yon_error(&p->base), "");
    future_end(&p->base, ERR_NONE, NULL);
    assert_true(yon_is_done(&p->base));
    assert_int_equal(yon_await(&p->base), 0);
    assert_string_equal(yon_error(&p->base), "");
    yon_free(&p->base);
    assert_int_equal(n_destroyed, 1);
}

static void an_error_has_a_text_always(void **state)
{
    int n_destroyed = 0;
    struct promise *a = promise_new(NULL, &promise_kind, &n_destroyed);
    struct promise *b = promise_new(NULL, &promise_kind, &n_destroyed);
    char text[] = "the disk is on fire";

    (void)state;
    future_end(&a->base, ERR_FAILED, text);
    memset(text, 'x', sizeof text - 1); /* it was copied */
    future_end(&b->base, ERR_LOST, NULL);
    assert_string_equal(yon_error(&a->base), "the disk is on fire");
    assert_string_equal(yon_error(&b->base), yon_strerror(YON_ELOST));
    assert_int_equal(yon_await(&a->base), YON_EFAILED);
    assert_int_equal(yon_await_for(&b->base, 0), YON_ELOST);
    yon_free(&a->base);
    yon_free(&b->base);
    yon_free(NULL);
}

static void cancel_asks_the_kind_while_it_is_pending(void **state)
{
    int n_destroyed = 0;
    struct promise *a = promise_new(NULL, &promise_kind, &n_destroyed);
    struct promise *b = promise_new(NULL, &stubborn_kind, &n_destroyed);

    (void)state;
    assert_int_equal(yon_cancel(&a->base), 0);
    assert_int_equal(a->n_cancels, 1);
    assert_int_equal(yon_cancel(&b->base), YON_ESTATE);
    future_end(&a->base, ERR_NONE, NULL);
    assert_int_equal(yon_cancel(&a->base), 0);
    assert_int_equal(a->n_cancels, 1);
    assert_int_equal(yon_await(&a->base), 0);
    yon_free(&a->base);
    yon_free(&b->base);
}

static void who_lets_go_of_a_pending_future_abandons_it(void **state)
{
    int n_destroyed = 0;
    struct promise *a = promise_new(NULL, &promise_kind, &n_destroyed);
    struct promise *b = promise_new(NULL, &promise_kind, &n_destroyed);

    (void)state;
    future_ref(&a->base); /* an owner inside */
    yon_free(&a->base);
    assert_int_equal(a->n_abandons, 1);
    assert_int_equal(n_destroyed, 0);
    future_unref(&a->base);
    assert_int_equal(n_destroyed, 1);

    future_ref(&b->base);
    future_end(&b->base, ERR_NONE, NULL);
    yon_free(&b->base);
    assert_int_equal(b->n_abandons, 0);
    future_unref(&b->base);
    assert_int_equal(n_destroyed, 2);
}

/* ---- blocking ---- */

/* Promises that a uv timer ends, one in each turn, the last of them first. */
struct countdown {
    uv_timer_t timer;
    yon_future *fs[N];
    size_t n_left;
    int n_destroyed;
};

static void countdown_step(uv_timer_t *timer)
{
    struct countdown *c = timer->data;

    c->n_left--;
    future_end(c->fs[c->n_left], c->n_left == 1 ? ERR_FAILED : ERR_NONE, NULL);
    if (c->n_left == 0)
        uv_close((uv_handle_t *)timer, NULL);
}

static void countdown_init(struct countdown *c, struct loop *loop)
{
    *c = (struct countdown){ .n_left = N };
    for (size_t i = 0; i < N; i++)
        c->fs[i] = &promise_new(loop, &promise_kind, &c->n_destroyed)->base;
    uv_timer_init(loop_uv(loop), &c->timer);
    c->timer.data = c;
}

static void countdown_start(struct countdown *c)
{
    uv_timer_start(&c->timer, countdown_step, 1, 1);
}

static void outside_await_runs_the_loop(void **state)
{
    struct loop *loop = loop_new();
    struct countdown c;

    (void)state;
    countdown_init(&c, loop);
    assert_int_equal(yon_await_for(c.fs[1], 0), YON_ETIMEOUT);
    assert_int_equal(yon_await_for(c.fs[1], 3), YON_ETIMEOUT);
    countdown_start(&c);
    assert_int_equal(yon_await(c.fs[1]), YON_EFAILED);
    assert_int_equal(yon_await_for(c.fs[0], 1000000), 0);
    for (size_t i = 0; i < N; i++)
        yon_free(c.fs[i]);
    assert_int_equal(c.n_destroyed, N);
    loop_free(loop);
}

static void outside_a_poll_of_no_time_gets_there(void **state)
{
    struct loop *loop = loop_new();
    struct countdown c;
    int code;

    (void)state;
    countdown_init(&c, loop);
    countdown_start(&c);
    while ((code = yon_await_for(c.fs[0], 0)) == YON_ETIMEOUT)
        ;
    assert_int_equal(code, 0);
    for (size_t i = 0; i < N; i++)
        yon_free(c.fs[i]);
    loop_free(loop);
}

static void outside_all_any_and_each_work(void **state)
{
    struct loop *loop = loop_new();
    struct countdown c;
    yon_future *taken;
    size_t which = 0;

    (void)state;
    countdown_init(&c, loop);
    countdown_start(&c);
    assert_int_equal(yon_any(c.fs, N, &which), 0);
    assert_int_equal(which, N - 1);
    for (size_t i = N; i-- > 2;) {
        assert_int_equal(yon_each(c.fs, N, &which, &taken), 0);
        assert_int_equal(which, i);
        assert_null(c.fs[which]);
        yon_free(taken);
    }
    assert_int_equal(yon_all(c.fs, N), YON_EFAILED); /* skips the empty */
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(yon_each(c.fs, N, &which, &taken), 0);
        assert_int_equal(which, i);
        yon_free(taken);
    }
    assert_int_equal(c.n_destroyed, N);
    assert_int_equal(yon_each(c.fs, N, &which, &taken), YON_EEXHAUSTED);
    assert_int_equal(yon_any(c.fs, N, &which), YON_EEXHAUSTED);
    assert_int_equal(yon_any(NULL, 0, &which), YON_EEXHAUSTED);
    assert_int_equal(yon_all(c.fs, N), 0);
    loop_free(loop);
}

static void futures_of_two_loops_cannot_be_awaited_together(void **state)
{
    struct loop *loops[] = { loop_new(), loop_new() };
    int n_destroyed = 0;
    yon_future *fs[2];

    (void)state;
    for (size_t i = 0; i < 2; i++)
        fs[i] = &promise_new(loops[i], &promise_kind, &n_destroyed)->base;
    assert_int_equal(yon_all(fs, 2), YON_ESTATE);
    for (size_t i = 0; i < 2; i++) {
        yon_free(fs[i]);
        loop_free(loops[i]);
    }
}

/* ---- inside coroutines ---- */

struct record {
    int codes[8];
    size_t order[N];
    size_t n;
    yon_future *f;
    int n_destroyed;
};

/* Where each of N sleepers stands in the order of their ends. */
static size_t turn_of[N] = { 4, 2, 0, 1, 3 };

static int yield_many_times(void *arg)
{
    for (size_t i = 0; i < 10 * *(size_t *)arg; i++)
        yon_sleep(0);
    return 0;
}

static int each_of_many(void *arg)
{
    struct record *r = arg;
    yon_future *fs[N], *taken;
    size_t which;

    for (size_t i = 0; i < N; i++)
        fs[i] = yon_spawn(yield_many_times, &turn_of[i]);
    while (yon_each(fs, N, &which, &taken) == 0) {
        r->order[turn_of[which]] = r->n++;
        yon_free(taken);
    }
    return 0;
}

static void each_gives_them_as_they_end(void **state)
{
    struct record r = { 0 };

    (void)state;
    assert_int_equal(yon_run(each_of_many, &r), 0);
    assert_int_equal(r.n, N);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(r.order[i], i);
}

static int sleep_for(void *arg)
{
    return yon_sleep(*(int64_t *)arg);
}

/* A long time between the two, against a loaded machine. */
static int any_of_two_sleepers(void *arg)
{
    static int64_t ms[] = { 1000000, 1 };
    yon_future *fs[] = { yon_spawn(sleep_for, &ms[0]),
                         yon_spawn(sleep_for, &ms[1]) };
    size_t which = 0;

    yon_any(fs, 2, &which);
    *(size_t *)arg = which;
    yon_cancel(fs[0]);
    yon_free(fs[0]);
    yon_free(fs[1]);
    return 0;
}

static void the_shorter_sleep_ends_first(void **state)
{
    size_t which = 0;

    (void)state;
    yon_run(any_of_two_sleepers, &which);
    assert_int_equal(which, 1);
}

static int fail_as_told(void *arg)
{
    yon_sleep(1);
    return *(int *)arg;
}

static int all_of_failing(void *arg)
{
    static int codes[] = { 0, YON_ELOST, YON_EFAILED };
    struct record *r = arg;
    yon_future *fs[3];

    for (size_t i = 0; i < 3; i++)
        fs[i] = yon_spawn(fail_as_told, &codes[i]);
    r->codes[0] = yon_all(fs, 3);
    r->codes[1] = yon_all(fs, 1);
    for (size_t i = 0; i < 3; i++)
        yon_free(fs[i]);
    return 0;
}

static void all_tells_the_first_error_in_order(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(all_of_failing, &r);
    assert_int_equal(r.codes[0], YON_ELOST);
    assert_int_equal(r.codes[1], 0);
}

static int return_a_positive_number(void *arg)
{
    (void)arg;
    return 3;
}

static int await_a_positive_number(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_spawn(return_a_positive_number, NULL);

    r->codes[0] = yon_await(f);
    r->codes[1] = strstr(yon_error(f), "3") != NULL;
    yon_free(f);
    return 0;
}

static void a_positive_code_does_not_pass_for_success(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(await_a_positive_number, &r);
    assert_int_equal(r.codes[0], YON_EFAILED);
    assert_int_equal(r.codes[1], 1);
}

static int await_with_limits(void *arg)
{
    struct record *r = arg;
    yon_future *late = yon_timer(INT64_MAX), *soon = yon_timer(3);

    r->codes[0] = yon_await_for(late, 0);
    r->codes[1] = yon_await_for(late, 3);
    r->codes[2] = yon_await_for(late, -5);
    r->codes[3] = yon_await_for(soon, INT64_MAX - 1);
    r->codes[4] = yon_await_for(soon, 0);
    r->codes[5] = yon_is_done(late);
    yon_free(late);
    yon_free(soon);
    return 0;
}

static void await_for_ends_in_time_and_the_future_goes_on(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(await_with_limits, &r);
    assert_int_equal(r.codes[0], YON_ETIMEOUT);
    assert_int_equal(r.codes[1], YON_ETIMEOUT);
    assert_int_equal(r.codes[2], YON_ETIMEOUT);
    assert_int_equal(r.codes[3], 0);
    assert_int_equal(r.codes[4], 0);
    assert_int_equal(r.codes[5], 0);
}

static int await_recorded(void *arg)
{
    struct record *r = arg;
    int code = yon_await(r->f);

    r->codes[r->n++] = code;
    return code;
}

static int await_one_by_three(void *arg)
{
    struct record *r = arg;
    yon_future *fs[3];

    r->f = yon_timer(2);
    for (size_t i = 0; i < 3; i++)
        fs[i] = yon_spawn(await_recorded, r);
    r->codes[3] = yon_all(fs, 3);
    for (size_t i = 0; i < 3; i++)
        yon_free(fs[i]);
    yon_free(r->f);
    return 0;
}

static void any_number_may_await_one_future(void **state)
{
    struct record r = { .codes = { 1, 1, 1, 1 } };

    (void)state;
    yon_run(await_one_by_three, &r);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(r.codes[i], 0);
}

static int cancel_a_timer(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_timer(1000000);

    yon_cancel(f);
    r->codes[0] = yon_await(f);
    yon_free(f);
    yon_free(yon_timer(1000000)); /* abandoned: keeps nothing waiting */
    return 0;
}

static void a_timer_can_be_cancelled_and_abandoned(void **state)
{
    struct record r = { 0 };

    (void)state;
    assert_int_equal(yon_run(cancel_a_timer, &r), 0);
    assert_int_equal(r.codes[0], YON_ECANCELED);
}

static int cancel_who_awaits(void *arg)
{
    struct record *r = arg;
    yon_future *waiter;

    r->f = yon_timer(20);
    waiter = yon_spawn(await_recorded, r);
    yon_sleep(0);
    yon_cancel(waiter);
    r->codes[1] = yon_await(waiter);
    r->codes[2] = yon_await(r->f);
    yon_free(waiter);
    yon_free(r->f);
    return 0;
}

static void cancelling_an_await_leaves_the_future_alone(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_who_awaits, &r);
    assert_int_equal(r.codes[0], YON_ECANCELED);
    assert_int_equal(r.codes[1], YON_ECANCELED);
    assert_int_equal(r.codes[2], 0);
}

static int await_all_kinds(void *arg)
{
    struct record *r = arg;
    yon_future *done[] = { yon_timer(0), yon_timer(0) }, *taken;
    size_t which;

    yon_await(done[0]);
    r->codes[0] = yon_sleep(1000000); /* here it is cancelled */
    r->codes[1] = yon_await(done[0]);
    r->codes[2] = yon_await_for(done[0], 5);
    r->codes[3] = yon_all(done, 2);
    r->codes[4] = yon_any(done, 2, &which);
    r->codes[5] = yon_each(done, 2, &which, &taken);
    yon_free(done[0]);
    yon_free(done[1]);
    return 0;
}

static int cancel_all_kinds(void *arg)
{
    yon_future *f = yon_spawn(await_all_kinds, arg);

    yon_sleep(5);
    yon_cancel(f);
    yon_await(f);
    yon_free(f);
    return 0;
}

static void every_await_of_a_cancelled_coroutine_says_so(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_all_kinds, &r);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(r.codes[i], YON_ECANCELED);
}

static int free_while_awaited(void *arg)
{
    struct record *r = arg;
    struct promise *p =
        promise_new(loop_current(), &promise_kind, &r->n_destroyed);
    yon_future *waiter;

    future_ref(&p->base); /* an owner inside, as those have that end later */
    r->f = &p->base;
    waiter = yon_spawn(await_recorded, r);
    yon_sleep(0);
    yon_free(&p->base);
    r->codes[1] = p->n_abandons; /* somebody still waits */
    future_end(&p->base, ERR_NONE, NULL);
    future_unref(&p->base);
    r->codes[2] = r->n_destroyed;
    yon_await(waiter);
    r->codes[3] = r->n_destroyed;
    yon_free(waiter);
    return 0;
}

static void a_future_lives_while_someone_awaits_it(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(free_while_awaited, &r);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.codes[1], 0);
    assert_int_equal(r.codes[2], 0);
    assert_int_equal(r.codes[3], 1);
}

static int free_then_cancel_who_awaits(void *arg)
{
    struct record *r = arg;
    struct promise *p =
        promise_new(loop_current(), &promise_kind, &r->n_destroyed);
    yon_future *waiter;

    future_ref(&p->base);
    r->f = &p->base;
    waiter = yon_spawn(await_recorded, r);
    yon_sleep(0);
    yon_free(&p->base);
    yon_cancel(waiter);
    yon_await(waiter);
    r->codes[1] = p->n_abandons;
    future_unref(&p->base);
    yon_free(waiter);
    return 0;
}

static void the_last_one_who_leaves_abandons_it(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(free_then_cancel_who_awaits, &r);
    assert_int_equal(r.codes[0], YON_ECANCELED);
    assert_int_equal(r.codes[1], 1);
    assert_int_equal(r.n_destroyed, 1);
}

static int await_the_loop_outside(void *arg)
{
    return yon_await(arg);
}

static void a_coroutine_cannot_await_another_loop(void **state)
{
    struct loop *loop = loop_new();
    int n_destroyed = 0;
    struct promise *p = promise_new(loop, &promise_kind, &n_destroyed);

    (void)state;
    assert_int_equal(yon_run(await_the_loop_outside, &p->base), YON_ESTATE);
    yon_free(&p->base);
    loop_free(loop);
}

/* ---- many ---- */

#define MANY 1000

static int take_many(void *arg)
{
    static yon_future *fs[MANY];
    static int zero;
    yon_future *taken;
    size_t which;
    int *n = arg;

    for (size_t i = 0; i < MANY; i++)
        fs[i] = yon_spawn(fail_as_told, &zero);
    while (yon_each(fs, MANY, &which, &taken) == 0) {
        yon_free(taken);
        ++*n;
    }
    return 0;
}

static void each_takes_a_thousand(void **state)
{
    int n = 0;

    (void)state;
    yon_run(take_many, &n);
    assert_int_equal(n, MANY);
}

static int share_of_many(void *arg)
{
    struct record *r = arg;
    static yon_future *fs[N];
    yon_future *taken;
    size_t which;

    if (r->f == NULL) {
        for (size_t i = 0; i < N; i++)
            fs[i] = yon_timer((int64_t)i);
        r->f = fs[0]; /* made */
    }
    while (yon_each(fs, N, &which, &taken) == 0) {
        r->n++;
        yon_free(taken);
    }
    return 0;
}

static int share_each(void *arg)
{
    yon_future *fs[] = { yon_spawn(share_of_many, arg),
                         yon_spawn(share_of_many, arg) };
    int code = yon_all(fs, 2);

    yon_free(fs[0]);
    yon_free(fs[1]);
    return code;
}

static void two_may_share_one_each(void **state)
{
    struct record r = { 0 };

    (void)state;
    assert_int_equal(yon_run(share_each, &r), 0);
    assert_int_equal(r.n, N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_future_is_pending_until_it_ends),
        cmocka_unit_test(an_error_has_a_text_always),
        cmocka_unit_test(cancel_asks_the_kind_while_it_is_pending),
        cmocka_unit_test(who_lets_go_of_a_pending_future_abandons_it),
        cmocka_unit_test(outside_await_runs_the_loop),
        cmocka_unit_test(outside_a_poll_of_no_time_gets_there),
        cmocka_unit_test(outside_all_any_and_each_work),
        cmocka_unit_test(futures_of_two_loops_cannot_be_awaited_together),
        cmocka_unit_test(each_gives_them_as_they_end),
        cmocka_unit_test(the_shorter_sleep_ends_first),
        cmocka_unit_test(all_tells_the_first_error_in_order),
        cmocka_unit_test(a_positive_code_does_not_pass_for_success),
        cmocka_unit_test(await_for_ends_in_time_and_the_future_goes_on),
        cmocka_unit_test(any_number_may_await_one_future),
        cmocka_unit_test(a_timer_can_be_cancelled_and_abandoned),
        cmocka_unit_test(cancelling_an_await_leaves_the_future_alone),
        cmocka_unit_test(every_await_of_a_cancelled_coroutine_says_so),
        cmocka_unit_test(a_future_lives_while_someone_awaits_it),
        cmocka_unit_test(the_last_one_who_leaves_abandons_it),
        cmocka_unit_test(a_coroutine_cannot_await_another_loop),
        cmocka_unit_test(each_takes_a_thousand),
        cmocka_unit_test(two_may_share_one_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
