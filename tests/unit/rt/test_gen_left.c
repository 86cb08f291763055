/* SPDX-License-Identifier: MIT */
/* Generators that are interrupted, left by their owner, or asked by several. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <yon/co.h>

#include "tests/unit/rt/generate.h"

/* ---- interrupted ---- */

static int give_after_the_event(yon_gen *g, void *arg)
{
    struct record *r = arg;

    r->has_begun = true;
    r->inside[0] = yon_event_wait(r->event);
    yon_yield(g, number(1), NULL);
    yon_yield(g, number(2), NULL);
    return YON_ELOST;
}

/* A limit strikes while the body waits for the event; one that is over before
 * the body has begun, on a slow machine, interrupts nothing. */
static void interrupt_the_first_next(struct record *r)
{
    struct yon_limit limit;

    r->event = yon_event_new();
    r->gen = yon_gen_new(give_after_the_event, r);
    while (!r->has_begun) {
        yon_limit_begin(&limit, 1);
        next_into(r, 0);
        yon_limit_end(&limit);
    }
}

static int interrupt_next(void *arg)
{
    struct record *r = arg;
    void *value;

    interrupt_the_first_next(r);
    r->codes[1] = yon_send(r->gen, r, &value);
    r->codes[2] = yon_throw(r->gen, YON_EFULL, &value);
    yon_event_set(r->event);
    yon_pause();
    yon_pause(); /* the body has given a value to nobody */
    r->codes[3] = yon_send(r->gen, r, &value);
    next_into(r, 4);
    next_into(r, 5);
    next_into(r, 6);
    r->codes[7] = yon_gen_close(r->gen);
    yon_event_free(r->event);
    return 0;
}

static void an_interrupted_next_loses_no_value(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(interrupt_next, &r);
    assert_int_equal(r.codes[0], YON_ETIMEOUT);
    assert_int_equal(r.inside[0], 0); /* the limit was the caller's */
    assert_int_equal(r.codes[1], YON_EBUSY);
    assert_int_equal(r.codes[2], YON_EBUSY);
    assert_int_equal(r.codes[3], YON_EBUSY);
    assert_int_equal(r.codes[4], 0);
    assert_int_equal(r.got[4], 1);
    assert_int_equal(r.codes[5], 0);
    assert_int_equal(r.got[5], 2);
    assert_int_equal(r.codes[6], YON_ELOST);
    assert_int_equal(r.codes[7], YON_ELOST);
}

static int interrupt_and_close(void *arg)
{
    struct record *r = arg;

    interrupt_the_first_next(r);
    r->codes[1] = yon_gen_close(r->gen);
    yon_event_free(r->event);
    return 0;
}

static void one_that_is_still_inside_is_cancelled_by_close(void **state)
{
    struct record r = { .codes = { [1] = 1 } };

    (void)state;
    yon_run(interrupt_and_close, &r);
    assert_int_equal(r.codes[0], YON_ETIMEOUT);
    assert_int_equal(r.inside[0], YON_ECANCELLED);
    assert_int_equal(r.codes[1], YON_ELOST);
}

static int limit_the_yield(yon_gen *g, void *arg)
{
    struct record *r = arg;
    struct yon_limit limit;

    r->inside[1] = yon_yield(g, number(0), NULL);
    while (!r->was_given) { /* in time; else it has not rested */
        yon_limit_begin(&limit, 1);
        r->inside[0] = yon_yield(g, number(1), NULL);
        yon_limit_end(&limit);
    }
    yon_event_set(r->event);
    yon_yield(g, number(2), NULL);
    yon_yield(g, number(3), NULL);
    return 0;
}

static int let_a_yield_time_out(void *arg)
{
    struct record *r = arg;
    void *value = NULL;

    r->event = yon_event_new();
    r->gen = yon_gen_new(limit_the_yield, r);
    next_into(r, 3);
    r->codes[0] = yon_throw(r->gen, YON_EFULL, &value);
    r->got[0] = (intptr_t)value;
    r->was_given = true;
    yon_event_wait(r->event);
    yon_pause(); /* it gives 2 of its own accord */
    next_into(r, 1);
    next_into(r, 2);
    yon_gen_close(r->gen);
    yon_event_free(r->event);
    return 0;
}

static void a_body_may_limit_how_long_it_rests(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(let_a_yield_time_out, &r);
    assert_int_equal(r.inside[1], YON_EFULL);
    assert_int_equal(r.inside[0], YON_ETIMEOUT);
    for (intptr_t i = 0; i < 3; i++) {
        assert_int_equal(r.codes[i], 0);
        assert_int_equal(r.got[i], i + 1);
    }
}

static int start_in_a_limit(void *arg)
{
    struct record *r = arg;
    struct yon_limit limit;

    r->gen = yon_gen_new(count_to_three, r);
    yon_limit_begin(&limit, 1000);
    next_into(r, 0);
    r->codes[5] = yon_limit_left_ms() > 0;
    yon_limit_end(&limit);
    yon_limit_begin(&limit, 0);
    next_into(r, 1);
    yon_limit_end(&limit);
    next_into(r, 2);
    next_into(r, 3);
    yon_gen_close(r->gen);
    return 0;
}

static void limits_end_calls_and_not_the_body(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(start_in_a_limit, &r);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.codes[1], YON_ETIMEOUT);
    assert_int_equal(r.codes[2], 0);
    assert_int_equal(r.got[2], 2);
    assert_int_equal(r.got[3], 3);
}

/* ---- whose it is ---- */

static int take_one(void *arg)
{
    struct record *r = arg;

    next_into(r, 0);
    return 0;
}

static int ask_oneself(yon_gen *g, void *arg)
{
    struct record *r = arg;
    void *value;

    r->codes[4] = yon_next(g, &value);
    r->codes[5] = yon_gen_close(g);
    r->inside[0] = yon_event_wait(r->event);
    yon_yield(g, number(1), NULL);
    return 0;
}

static int take_at_once(void *arg)
{
    struct record *r = arg;
    yon_future *f;

    r->event = yon_event_new();
    r->gen = yon_gen_new(ask_oneself, r);
    f = yon_spawn(take_one, r);
    yon_pause();
    yon_pause();
    next_into(r, 1);
    r->codes[2] = yon_gen_close(r->gen);
    r->codes[3] = yon_yield(r->gen, r, NULL);
    yon_event_set(r->event);
    yon_await(f);
    yon_free(f);
    yon_gen_close(r->gen);
    yon_event_free(r->event);
    return 0;
}

static void one_at_a_time_is_in_a_generator(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(take_at_once, &r);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.got[0], 1);
    assert_int_equal(r.codes[1], YON_EBUSY);
    assert_int_equal(r.codes[2], YON_EBUSY);
    assert_int_equal(r.codes[3], YON_ESTATE); /* only the body yields */
    assert_int_equal(r.codes[4], YON_EBUSY);
    assert_int_equal(r.codes[5], YON_EBUSY);
}

static int rest_behind_a_shield(yon_gen *g, void *arg)
{
    struct record *r = arg;

    yon_defer(count_cleanup, r);
    yon_shield_begin();
    r->inside[0] = yon_yield(g, NULL, NULL);
    yon_shield_end();
    return r->inside[0];
}

static int leave_one_open(void *arg)
{
    struct record *r = arg;
    yon_gen_fn *const fns[] = { clean_up_when_closed, rest_behind_a_shield };

    for (size_t i = 0; i < 2; i++) {
        yon_gen *other = yon_gen_new(fns[i], r);
        void *value;

        yon_next(other, &value);
        if (i == 0)
            r->gen = other;
        else
            r->before = other;
    }
    return 0;
}

static int await_who_leaves_one_open(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_spawn(leave_one_open, r);

    r->codes[0] = yon_await(f);
    yon_free(f);
    next_into(r, 1);
    next_into(r, 2);
    r->codes[3] = yon_gen_close(r->gen);
    return 0;
}

static void a_generator_left_open_ends_with_its_owner(void **state)
{
    struct record r = { .codes = { 1 } };

    (void)state;
    yon_run(await_who_leaves_one_open, &r);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.inside[0], YON_ECANCELLED);
    assert_int_equal(r.n_cleanups, 2);
    assert_int_equal(r.codes[1], YON_ECANCELLED);
    assert_int_equal(r.codes[2], YON_EEXHAUSTED);
    assert_int_equal(r.codes[3], 0);
    assert_int_equal(yon_gen_close(r.before), 0); /* when the loop is gone */
}

/* ---- merged, by a task for each value ---- */

static int give_slowly(yon_gen *g, void *arg)
{
    int *first = arg, code = 0;

    for (int i = 0; i < 3 && code == 0; i++) {
        code = yon_pause();
        if (code == 0)
            code = yon_yield(g, number(*first + i), NULL);
    }
    return code;
}

struct next {
    yon_gen *gen;
    void *value;
};

static int call_next(void *arg)
{
    struct next *next = arg;

    return yon_next(next->gen, &next->value);
}

static int merge_two(void *arg)
{
    static int firsts[] = { 1, 11 };
    struct record *r = arg;
    struct next nexts[2];
    yon_future *fs[2], *f;
    size_t which;

    for (size_t i = 0; i < 2; i++) {
        nexts[i].gen = yon_gen_new(give_slowly, &firsts[i]);
        fs[i] = yon_spawn(call_next, &nexts[i]);
    }
    while (yon_each(fs, 2, &which, &f) == 0) {
        r->codes[which] = yon_await(f);
        yon_free(f);
        if (r->codes[which] != 0)
            continue;
        r->codes[2]++;
        fs[which] = yon_spawn(call_next, &nexts[which]);
    }
    r->codes[3] = yon_gen_close(nexts[0].gen);
    r->codes[4] = yon_gen_close(nexts[1].gen);
    return 0;
}

static void generators_are_merged_by_a_task_for_each_value(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(merge_two, &r);
    assert_int_equal(r.codes[0], YON_EEXHAUSTED);
    assert_int_equal(r.codes[1], YON_EEXHAUSTED);
    assert_int_equal(r.codes[2], 6);
    assert_int_equal(r.codes[3], 0);
    assert_int_equal(r.codes[4], 0);
}

static int make_one(void *arg)
{
    struct record *r = arg;
    static int first = 1;

    r->gen = yon_gen_new(give_slowly, &first);
    return 0;
}

static int take_over(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_spawn(make_one, r);

    yon_await(f);
    yon_free(f);
    next_into(r, 0);
    next_into(r, 1);
    r->codes[2] = yon_gen_close(r->gen);
    return 0;
}

static void one_whose_maker_has_ended_belongs_to_its_first_caller(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(take_over, &r);
    assert_int_equal(r.codes[0], 0);
    assert_int_equal(r.codes[1], 0);
    assert_int_equal(r.codes[2], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interrupted_next_loses_no_value),
        cmocka_unit_test(one_that_is_still_inside_is_cancelled_by_close),
        cmocka_unit_test(a_body_may_limit_how_long_it_rests),
        cmocka_unit_test(limits_end_calls_and_not_the_body),
        cmocka_unit_test(one_at_a_time_is_in_a_generator),
        cmocka_unit_test(a_generator_left_open_ends_with_its_owner),
        cmocka_unit_test(generators_are_merged_by_a_task_for_each_value),
        cmocka_unit_test(one_whose_maker_has_ended_belongs_to_its_first_caller),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
