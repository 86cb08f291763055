/* SPDX-License-Identifier: MIT */
/* Channels: values arrive once each, in order, and a bounded number waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <yon/co.h>

#include "tests/unit/rt/notes.h"

enum { N = 20, N_SIDES = 4 };

struct record {
    yon_channel *ch;
    size_t capacity;
    struct buf notes;
    intptr_t got[8];
    size_t n_got, n_put;
    intptr_t last_of[N_SIDES]; /* what came last from each putter */
    int wrong;
};

static void *number(intptr_t n)
{
    return (void *)n;
}

static int put_one(void *arg)
{
    struct record *r = arg;

    return yon_put(r->ch, number(7));
}

static int get_one(void *arg)
{
    struct record *r = arg;
    void *value = NULL;
    int code = yon_get(r->ch, &value);

    if (code == 0)
        r->got[r->n_got++] = (intptr_t)value;
    return code;
}

/* ---- order ---- */

static int put_many(void *arg)
{
    struct record *r = arg;
    intptr_t side = (intptr_t)r->n_put++ % N_SIDES;

    for (intptr_t i = 1; i <= N; i++) {
        yon_put(r->ch, number(i * N_SIDES + side));
        if (i % 3 == side)
            yon_pause();
    }
    return 0;
}

static int get_many(void *arg)
{
    struct record *r = arg;
    void *value;

    while (yon_get(r->ch, &value) == 0) {
        intptr_t n = (intptr_t)value / N_SIDES;
        intptr_t *last = &r->last_of[(intptr_t)value % N_SIDES];

        r->wrong += n != *last + 1;
        *last = n;
        r->n_got++;
        if (n % 5 == 0)
            yon_pause();
    }
    return 0;
}

static int pass_many(void *arg)
{
    struct record *r = arg;
    yon_future *putters[N_SIDES];
    yon_future *getter;

    r->ch = yon_channel_new(r->capacity);
    getter = yon_spawn(get_many, r);
    for (size_t i = 0; i < N_SIDES; i++)
        putters[i] = yon_spawn(put_many, r);
    yon_all(putters, N_SIDES);
    yon_channel_close(r->ch);
    yon_await(getter);
    for (size_t i = 0; i < N_SIDES; i++)
        yon_free(putters[i]);
    yon_free(getter);
    yon_channel_free(r->ch);
    return 0;
}

static void values_arrive_once_and_in_order(void **state)
{
    (void)state;
    for (size_t capacity = 0; capacity <= 5; capacity++) {
        struct record r = { .capacity = capacity };

        yon_run(pass_many, &r);
        assert_int_equal(r.wrong, 0);
        assert_int_equal(r.n_got, N * N_SIDES);
    }
}

/* ---- capacity ---- */

static int fill_and_empty(void *arg)
{
    struct record *r = arg;
    void *value = NULL;

    r->ch = yon_channel_new(2);
    note(&r->notes, "try get", yon_try_get(r->ch, &value));
    note(&r->notes, "try put", yon_try_put(r->ch, number(1)));
    note(&r->notes, "put",
         yon_put(r->ch, number(2))); /* there is room: no wait */
    note(&r->notes, "try put", yon_try_put(r->ch, number(3)));
    note(&r->notes, "try get", yon_try_get(r->ch, &value));
    r->got[0] = (intptr_t)value;
    note(&r->notes, "get", yon_get(r->ch, &value));
    r->got[1] = (intptr_t)value;
    note(&r->notes, "try get", yon_try_get(r->ch, &value));
    yon_channel_free(r->ch);
    yon_channel_free(NULL);
    return 0;
}

static void try_says_busy_when_full_and_when_empty(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(fill_and_empty, &r);
    assert_notes(&r.notes, "try get: busy, try again\n"
                           "try put: ok\n"
                           "put: ok\n"
                           "try put: busy, try again\n"
                           "try get: ok\n"
                           "get: ok\n"
                           "try get: busy, try again\n");
    assert_int_equal(r.got[0], 1);
    assert_int_equal(r.got[1], 2);
}

static int hand_over(void *arg)
{
    struct record *r = arg;
    yon_future *putter;
    void *value = NULL;

    r->ch = yon_channel_new(0);
    note(&r->notes, "try put", yon_try_put(r->ch, number(1)));
    putter = yon_spawn(put_one, r);
    yon_pause();
    yon_pause();
    note_truth(&r->notes, "is done", yon_is_done(putter));
    note(&r->notes, "try get", yon_try_get(r->ch, &value));
    r->got[0] = (intptr_t)value;
    note(&r->notes, "await", yon_await(putter));
    yon_free(putter);
    yon_channel_free(r->ch);
    return 0;
}

static void without_capacity_values_go_from_hand_to_hand(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(hand_over, &r);
    assert_notes(&r.notes, "try put: busy, try again\n"
                           "is done: no\n"
                           "try get: ok\n"
                           "await: ok\n");
    assert_int_equal(r.got[0], 7);
}

/* ---- close ---- */

static int close_while_they_wait(void *arg)
{
    struct record *r = arg;
    yon_future *getter, *putter;
    void *value = NULL;

    r->ch = yon_channel_new(1);
    getter = yon_spawn(get_one, r);
    yon_pause();
    yon_channel_close(r->ch);
    note(&r->notes, "await getter", yon_await(getter));
    yon_channel_free(r->ch);
    yon_free(getter);

    r->ch = yon_channel_new(1);
    yon_put(r->ch, number(5));
    putter = yon_spawn(put_one, r);
    yon_pause();
    yon_channel_close(r->ch);
    yon_channel_close(r->ch);
    note(&r->notes, "await putter", yon_await(putter));
    note(&r->notes, "put", yon_put(r->ch, number(6)));
    note(&r->notes, "get", yon_get(r->ch, &value)); /* values stay */
    r->got[0] = (intptr_t)value;
    note(&r->notes, "get", yon_get(r->ch, &value));
    note(&r->notes, "try get", yon_try_get(r->ch, &value));
    yon_channel_free(r->ch);
    yon_free(putter);
    return 0;
}

static void close_wakes_all_and_leaves_the_values(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(close_while_they_wait, &r);
    assert_notes(&r.notes, "await getter: closed\n"
                           "await putter: closed\n"
                           "put: closed\n"
                           "get: ok\n"
                           "get: closed\n"
                           "try get: closed\n");
    assert_int_equal(r.got[0], 5);
}

static int put_the_channel(void *arg)
{
    struct record *r = arg;

    return yon_put(r->ch, r->ch);
}

static int pass_the_channel_itself(void *arg)
{
    struct record *r = arg;
    yon_future *f;
    void *value = NULL;

    r->ch = yon_channel_new(0);
    f = yon_spawn(put_the_channel, r);
    yon_pause();
    note(&r->notes, "get", yon_get(r->ch, &value));
    note_truth(&r->notes, "value == ch", value == r->ch);
    note(&r->notes, "await", yon_await(f));
    yon_free(f);
    f = yon_spawn(get_one, r);
    yon_pause();
    note(&r->notes, "put", yon_put(r->ch, r->ch));
    note(&r->notes, "await", yon_await(f));
    yon_free(f);
    yon_channel_free(r->ch);
    return 0;
}

static void a_channel_may_be_a_value_of_itself(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(pass_the_channel_itself, &r);
    assert_notes(&r.notes, "get: ok\n"
                           "value == ch: yes\n"
                           "await: ok\n"
                           "put: ok\n"
                           "await: ok\n");
    assert_int_equal(r.n_got, 1);
}

/* ---- cancellation ---- */

static int cancel_the_first_getter(void *arg)
{
    struct record *r = arg;
    yon_future *first, *second;

    r->ch = yon_channel_new(0);
    first = yon_spawn(get_one, r);
    second = yon_spawn(get_one, r);
    yon_pause();
    yon_cancel(first);
    note(&r->notes, "try put",
         yon_try_put(r->ch, number(3))); /* before first has run */
    note(&r->notes, "await first", yon_await(first));
    note(&r->notes, "await second", yon_await(second));
    yon_free(first);
    yon_free(second);
    yon_channel_free(r->ch);
    return 0;
}

static void a_value_does_not_go_to_a_cancelled_getter(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_the_first_getter, &r);
    assert_notes(&r.notes, "try put: ok\n"
                           "await first: cancelled\n"
                           "await second: ok\n");
    assert_int_equal(r.n_got, 1);
    assert_int_equal(r.got[0], 3);
}

static int cancel_the_only_getter(void *arg)
{
    struct record *r = arg;
    yon_future *f;

    r->ch = yon_channel_new(0);
    f = yon_spawn(get_one, r);
    yon_pause();
    yon_cancel(f);
    note(&r->notes, "try put", yon_try_put(r->ch, number(3)));
    note(&r->notes, "await", yon_await(f));
    yon_free(f);
    yon_channel_free(r->ch);
    return 0;
}

static void for_a_cancelled_getter_nothing_is_put(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_the_only_getter, &r);
    assert_notes(&r.notes, "try put: busy, try again\n"
                           "await: cancelled\n");
}

static int cancel_after_the_grant(void *arg)
{
    struct record *r = arg;
    yon_future *f;

    r->ch = yon_channel_new(0);
    f = yon_spawn(get_one, r);
    yon_pause();
    note(&r->notes, "try put", yon_try_put(r->ch, number(3)));
    yon_cancel(f);
    note(&r->notes, "await", yon_await(f));
    yon_free(f);
    yon_channel_free(r->ch);
    return 0;
}

static void a_value_that_came_first_is_not_lost(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_after_the_grant, &r);
    assert_notes(&r.notes, "try put: ok\n"
                           "await: ok\n");
    assert_int_equal(r.got[0], 3);
}

static int cancel_a_putter(void *arg)
{
    struct record *r = arg;
    yon_future *f;
    void *value;

    r->ch = yon_channel_new(0);
    f = yon_spawn(put_one, r);
    yon_pause();
    yon_cancel(f);
    note(&r->notes, "try get",
         yon_try_get(r->ch, &value)); /* before it has run */
    note(&r->notes, "await", yon_await(f));
    yon_free(f);
    yon_channel_free(r->ch);
    return 0;
}

static void the_value_of_a_cancelled_putter_is_not_taken(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_a_putter, &r);
    assert_notes(&r.notes, "try get: busy, try again\n"
                           "await: cancelled\n");
}

/* ---- outside ---- */

static void outside_of_coroutines_nothing_waits(void **state)
{
    yon_channel *ch = yon_channel_new(1);
    void *value = NULL;

    (void)state;
    assert_int_equal(yon_get(ch, &value), YON_ESTATE);
    assert_int_equal(yon_put(ch, number(1)), 0);
    assert_int_equal(yon_put(ch, number(2)), YON_ESTATE);
    assert_int_equal(yon_get(ch, &value), 0);
    assert_int_equal((intptr_t)value, 1);
    yon_channel_free(ch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_arrive_once_and_in_order),
        cmocka_unit_test(try_says_busy_when_full_and_when_empty),
        cmocka_unit_test(without_capacity_values_go_from_hand_to_hand),
        cmocka_unit_test(close_wakes_all_and_leaves_the_values),
        cmocka_unit_test(a_channel_may_be_a_value_of_itself),
        cmocka_unit_test(a_value_does_not_go_to_a_cancelled_getter),
        cmocka_unit_test(for_a_cancelled_getter_nothing_is_put),
        cmocka_unit_test(a_value_that_came_first_is_not_lost),
        cmocka_unit_test(the_value_of_a_cancelled_putter_is_not_taken),
        cmocka_unit_test(outside_of_coroutines_nothing_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
