/* SPDX-License-Identifier: MIT */
/* Generators: values on demand, and every way to end one. Those that are
 * interrupted or left stand in test_gen_left.c. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <yon/co.h>

#include "tests/unit/rt/generate.h"

#define LONG_MS 100000000

/* ---- next ---- */

static int take_all(void *arg)
{
    struct record *r = arg;
    void *value;

    r->gen = yon_gen_new(count_to_three, r);
    r->before = yon_gen_result(r->gen);
    for (size_t i = 0; (r->codes[0] = yon_next(r->gen, &value)) == 0; i++)
        r->got[i] = (intptr_t)value;
    next_into(r, 5);
    r->after = yon_gen_result(r->gen);
    r->codes[1] = yon_gen_close(r->gen);
    return 0;
}

static void next_gives_the_values_and_then_the_end(void **state)
{
    struct record r = { .codes = { [1] = 1 } };

    (void)state;
    yon_run(take_all, &r);
    for (intptr_t i = 0; i < 3; i++)
        assert_int_equal(r.got[i], i + 1);
    assert_int_equal(r.codes[0], YON_EEXHAUSTED);
    assert_int_equal(r.codes[5], YON_EEXHAUSTED);
    assert_int_equal(r.codes[1], 0);
    assert_null(r.before);
    assert_int_equal((intptr_t)r.after, 9);
}

static int fail_after_one(yon_gen *g, void *arg)
{
    int *code = arg;

    yon_yield(g, NULL, NULL);
    return *code;
}

static int take_from_failing(void *arg)
{
    static int codes[] = { YON_ELOST, 3 };
    struct record *r = arg;

    for (size_t i = 0; i < 2; i++) {
        r->gen = yon_gen_new(fail_after_one, &codes[i]);
        next_into(r, 0);
        next_into(r, 1 + 3 * i);
        next_into(r, 2 + 3 * i);
        r->codes[3 + 3 * i] = yon_gen_close(r->gen);
    }
    return 0;
}

static void an_error_of_the_body_is_told_once_and_at_close(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(take_from_failing, &r);
    assert_int_equal(r.codes[1], YON_ELOST);
    assert_int_equal(r.codes[2], YON_EEXHAUSTED);
    assert_int_equal(r.codes[3], YON_ELOST);
    assert_int_equal(r.codes[4], YON_EFAILED); /* 3 is no code */
}

/* ---- send and throw ---- */

static int note_what_comes(yon_gen *g, void *arg)
{
    struct record *r = arg;
    void *sent = r;

    for (intptr_t i = 0; i < 3; i++) {
        r->inside[i] = yon_yield(g, number(i), &sent);
        r->got[5 + i] = (intptr_t)sent;
    }
    return 0;
}

static int send_and_throw(void *arg)
{
    struct record *r = arg;
    void *value = NULL;

    r->gen = yon_gen_new(note_what_comes, r);
    next_into(r, 0);
    r->codes[1] = yon_send(r->gen, number(41), &value);
    r->got[1] = (intptr_t)value;
    r->codes[2] = yon_throw(r->gen, YON_ELOST, &value);
    r->got[2] = (intptr_t)value;
    next_into(r, 3);
    r->codes[4] = yon_throw(r->gen, YON_EFULL, &value);
    yon_gen_close(r->gen);
    return 0;
}

static void send_and_throw_arrive_at_the_yield(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(send_and_throw, &r);
    for (intptr_t i = 0; i < 3; i++) {
        assert_int_equal(r.codes[i], 0);
        assert_int_equal(r.got[i], i);
    }
    assert_int_equal(r.inside[0], 0);
    assert_int_equal(r.got[5], 41);
    assert_int_equal(r.inside[1], YON_ELOST);
    assert_int_equal(r.got[6], 0);
    assert_int_equal(r.inside[2], 0);
    assert_int_equal(r.got[7], 0); /* next sends NULL */
    assert_int_equal(r.codes[3], YON_EEXHAUSTED);
    assert_int_equal(r.codes[4], YON_EFULL); /* nobody there to take it */
}

static int give_what_was_thrown(yon_gen *g, void *arg)
{
    struct record *r = arg;

    r->inside[0] = yon_yield(g, NULL, NULL);
    r->inside[1] = yon_yield(g, NULL, NULL);
    return 0;
}

static int throw_what_is_no_code(void *arg)
{
    struct record *r = arg;
    void *value;

    r->gen = yon_gen_new(give_what_was_thrown, r);
    next_into(r, 0);
    r->codes[1] = yon_throw(r->gen, 0, &value);
    r->codes[2] = yon_throw(r->gen, INT_MIN, &value);
    r->codes[3] = yon_throw(r->gen, YON_ELOST, &value); /* it has ended */
    r->codes[4] = yon_gen_close(r->gen);
    r->gen = yon_gen_new(give_what_was_thrown, r);
    r->codes[5] = yon_throw(r->gen, 7, &value);
    r->codes[6] = yon_gen_close(r->gen);
    return 0;
}

static void what_is_no_code_is_thrown_as_a_failure(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(throw_what_is_no_code, &r);
    assert_int_equal(r.codes[1], 0);
    assert_int_equal(r.inside[0], YON_EFAILED);
    assert_int_equal(r.codes[2], YON_EEXHAUSTED);
    assert_int_equal(r.inside[1], YON_EFAILED);
    assert_int_equal(r.codes[3], YON_ELOST);
    assert_int_equal(r.codes[4], 0);
    assert_int_equal(r.codes[5], YON_EFAILED);
    assert_int_equal(r.codes[6], YON_EFAILED);
}

static int throw_at_a_fresh_one(void *arg)
{
    struct record *r = arg;
    void *value;

    r->gen = yon_gen_new(note_what_comes, r);
    r->codes[0] = yon_throw(r->gen, YON_ELOST, &value);
    next_into(r, 1);
    r->codes[2] = yon_gen_close(r->gen);
    return 0;
}

static void throw_ends_one_that_has_not_begun(void **state)
{
    struct record r = { .inside = { 77 } };

    (void)state;
    yon_run(throw_at_a_fresh_one, &r);
    assert_int_equal(r.codes[0], YON_ELOST);
    assert_int_equal(r.codes[1], YON_EEXHAUSTED);
    assert_int_equal(r.codes[2], YON_ELOST);
    assert_int_equal(r.inside[0], 77); /* the body never ran */
}

/* ---- close ---- */

static int insist_on_yielding(yon_gen *g, void *arg)
{
    struct record *r = arg;

    for (int i = 0; i < 3; i++)
        r->n_cleanups += yon_yield(g, NULL, NULL) == YON_ECLOSED;
    return YON_EFULL;
}

static int close_some(void *arg)
{
    struct record *r = arg;

    r->gen = yon_gen_new(clean_up_when_closed, r);
    next_into(r, 0);
    r->codes[0] = yon_gen_close(r->gen);
    r->codes[1] = r->n_cleanups;

    r->gen = yon_gen_new(insist_on_yielding, r);
    next_into(r, 3);
    r->codes[2] = yon_gen_close(r->gen);
    r->codes[3] = r->n_cleanups;

    r->codes[4] = yon_gen_close(yon_gen_new(insist_on_yielding, r));
    r->codes[5] = yon_gen_close(NULL);
    return 0;
}

static void close_ends_the_body_at_its_yield(void **state)
{
    struct record r = { .codes = { 1, 0, 1, 0, 1, 1 } };

    (void)state;
    yon_run(close_some, &r);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.inside[0], YON_ECLOSED);
    assert_int_equal(r.inside[1], 0); /* it may still wait */
    assert_int_equal(r.codes[1], 1);
    assert_int_equal(r.codes[2], YON_EFULL);
    assert_int_equal(r.codes[3], 1 + 3); /* asked until it ended */
    assert_int_equal(r.codes[4], 0);
    assert_int_equal(r.codes[5], 0);
}

static int close_when_cancelled(void *arg)
{
    struct record *r = arg;

    r->gen = yon_gen_new(clean_up_when_closed, r);
    next_into(r, 0);
    r->codes[1] = yon_sleep(LONG_MS);
    next_into(r, 2);
    r->codes[3] = yon_gen_close(r->gen);
    return 0;
}

static int cancel_who_closes(void *arg)
{
    yon_future *f = yon_spawn(close_when_cancelled, arg);

    yon_pause();
    yon_pause();
    yon_pause();
    yon_cancel(f);
    yon_await(f);
    yon_free(f);
    return 0;
}

static void a_cancelled_coroutine_can_close(void **state)
{
    struct record r = { .codes = { [3] = 1 } };

    (void)state;
    yon_run(cancel_who_closes, &r);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.codes[1], YON_ECANCELLED);
    assert_int_equal(r.codes[2], YON_ECANCELLED);
    assert_int_equal(r.codes[3], 0);
    assert_int_equal(r.inside[0], YON_ECLOSED);
    assert_int_equal(r.inside[1], 0);
}

/* Doubles what an inner generator gives. */
static int double_them(yon_gen *g, void *arg)
{
    yon_gen *inner = yon_gen_new(count_to_three, arg);
    void *value;
    int code = 0;

    while (code == 0 && yon_next(inner, &value) == 0)
        code = yon_yield(g, number(2 * (intptr_t)value), NULL);
    yon_gen_close(inner);
    return code;
}

static int take_doubled(void *arg)
{
    struct record *r = arg;

    r->gen = yon_gen_new(double_them, r);
    for (size_t i = 0; i < 4; i++)
        next_into(r, i);
    yon_gen_close(r->gen);
    r->gen = yon_gen_new(double_them, r);
    next_into(r, 4);
    r->codes[5] = yon_gen_close(r->gen);
    return 0;
}

static void generators_nest(void **state)
{
    struct record r = { .codes = { [5] = 1 } };

    (void)state;
    yon_run(take_doubled, &r);
    for (intptr_t i = 0; i < 3; i++)
        assert_int_equal(r.got[i], 2 * (i + 1));
    assert_int_equal(r.codes[3], YON_EEXHAUSTED);
    assert_int_equal(r.got[4], 2);
    assert_int_equal(r.codes[5], 0);
}

static void outside_of_coroutines_nothing_is_generated(void **state)
{
    yon_gen *g = yon_gen_new(count_to_three, NULL);
    void *value;

    (void)state;
    assert_int_equal(yon_next(g, &value), YON_ESTATE);
    assert_int_equal(yon_yield(g, NULL, NULL), YON_ESTATE);
    assert_int_equal(yon_gen_close(g), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_gives_the_values_and_then_the_end),
        cmocka_unit_test(an_error_of_the_body_is_told_once_and_at_close),
        cmocka_unit_test(send_and_throw_arrive_at_the_yield),
        cmocka_unit_test(what_is_no_code_is_thrown_as_a_failure),
        cmocka_unit_test(throw_ends_one_that_has_not_begun),
        cmocka_unit_test(close_ends_the_body_at_its_yield),
        cmocka_unit_test(a_cancelled_coroutine_can_close),
        cmocka_unit_test(generators_nest),
        cmocka_unit_test(outside_of_coroutines_nothing_is_generated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
