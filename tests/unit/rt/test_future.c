/* SPDX-License-Identifier: MIT */
/* Futures and their awaits outside of coroutines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <yon/co.h>

#include "tests/unit/rt/promise_rig.h"

#define N 5

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

/* Promises that end one in each turn, the last of them first. */
struct countdown {
    uv_idle_t idle;
    yon_future *fs[N];
    size_t n_left;
    int n_destroyed;
};

static void countdown_step(uv_idle_t *idle)
{
    struct countdown *c = idle->data;

    c->n_left--;
    future_end(c->fs[c->n_left], c->n_left == 1 ? ERR_FAILED : ERR_NONE, NULL);
    if (c->n_left == 0)
        uv_close((uv_handle_t *)idle, NULL);
}

static void countdown_init(struct countdown *c, struct loop *loop)
{
    *c = (struct countdown){ .n_left = N };
    for (size_t i = 0; i < N; i++)
        c->fs[i] = &promise_new(loop, &promise_kind, &c->n_destroyed)->base;
    uv_idle_init(loop_uv(loop), &c->idle);
    c->idle.data = c;
}

static void countdown_start(struct countdown *c)
{
    uv_idle_start(&c->idle, countdown_step);
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
