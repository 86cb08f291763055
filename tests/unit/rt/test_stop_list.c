/* SPDX-License-Identifier: MIT */
/* Which error the awaits of a coroutine end with: the list alone, without
 * coroutines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/rt/co/stop.h"

struct rig {
    uv_loop_t uv;
    struct alarm_set alarms;
    struct stop_list list;
    int n_struck, n_dropped;
};

static struct rig *dropping; /* drop has no argument of its own */

static void struck(struct stop_list *l)
{
    CONTAINER_OF(l, struct rig, list)->n_struck++;
}

static void dropped(struct stop *s)
{
    (void)s;
    dropping->n_dropped++;
}

static int rig_begin(void **state)
{
    static struct rig rig;

    rig = (struct rig){ 0 };
    dropping = *state = &rig;
    uv_loop_init(&rig.uv);
    alarm_set_init(&rig.alarms, &rig.uv);
    stop_list_init(&rig.list, &rig.alarms, struck);
    return 0;
}

static int rig_end(void **state)
{
    struct rig *r = *state;

    stop_list_fini(&r->list);
    alarm_set_fini(&r->alarms, NULL);
    uv_run(&r->uv, UV_RUN_DEFAULT);
    return uv_loop_close(&r->uv);
}

static struct stop stop_of(enum err err)
{
    return (struct stop){ .err = err, .at_ns = STOP_NEVER, .drop = dropped };
}

static void a_new_list_stops_nothing(void **state)
{
    struct rig *r = *state;

    assert_int_equal(stop_list_err(&r->list), ERR_NONE);
    assert_true(stop_list_at_ns(&r->list) == STOP_NEVER);
    assert_null(stop_alarm_innermost(&r->list));
}

static void a_cancel_is_told_before_a_timeout_wherever_it_is(void **state)
{
    struct rig *r = *state;
    struct stop cancel = stop_of(ERR_NONE), late = stop_of(ERR_TIMEOUT);

    stop_push(&r->list, &cancel);
    stop_push(&r->list, &late);
    assert_int_equal(stop_list_err(&r->list), ERR_TIMEOUT);
    cancel.err = ERR_CANCELLED;
    assert_int_equal(stop_list_err(&r->list), ERR_CANCELLED);
    stop_remove(&r->list, &cancel);
    assert_int_equal(stop_list_err(&r->list), ERR_TIMEOUT);
    r->list.own.err = ERR_CANCELLED;
    assert_int_equal(stop_list_err(&r->list), ERR_CANCELLED);
    stop_remove(&r->list, &late);
}

static void a_shield_keeps_out_what_was_begun_outside_of_it(void **state)
{
    struct rig *r = *state;
    struct stop outside = stop_of(ERR_CANCELLED), inside = stop_of(ERR_NONE);

    stop_push(&r->list, &outside);
    r->list.shielded++;
    stop_push(&r->list, &inside);
    assert_int_equal(stop_list_err(&r->list), ERR_NONE);
    inside.err = ERR_TIMEOUT;
    assert_int_equal(stop_list_err(&r->list), ERR_TIMEOUT);
    r->list.shielded++;
    assert_int_equal(stop_list_err(&r->list), ERR_NONE);
    r->list.shielded = 0;
    assert_int_equal(stop_list_err(&r->list), ERR_CANCELLED);
    stop_list_fini(&r->list);
}

static void the_end_drops_what_is_left_but_for_its_own(void **state)
{
    struct rig *r = *state;
    struct stop a = stop_of(ERR_NONE), b = stop_of(ERR_NONE);

    r->list.own.err = ERR_CANCELLED;
    stop_push(&r->list, &a);
    stop_push(&r->list, &b);
    stop_alarm_push(&r->list, UINT64_MAX - 1);
    stop_list_fini(&r->list);
    stop_list_fini(&r->list);
    assert_int_equal(r->n_dropped, 2);
    assert_int_equal(stop_list_err(&r->list), ERR_CANCELLED);
    assert_true(heap_top(&r->alarms.heap) == NULL);
}

static void an_alarm_strikes_by_itself(void **state)
{
    struct rig *r = *state;
    struct stop_alarm *a = stop_alarm_push(&r->list, uv_hrtime() + 1000000);

    assert_int_equal(stop_list_err(&r->list), ERR_NONE);
    uv_run(&r->uv, UV_RUN_DEFAULT);
    assert_int_equal(r->n_struck, 1);
    assert_int_equal(stop_list_err(&r->list), ERR_TIMEOUT);
    assert_true(stop_alarm_pop(&r->list, a));
    assert_int_equal(stop_list_err(&r->list), ERR_NONE);
}

static void an_alarm_of_the_past_has_struck(void **state)
{
    struct rig *r = *state;

    stop_alarm_push(&r->list, uv_hrtime());
    assert_int_equal(stop_list_err(&r->list), ERR_TIMEOUT);
    assert_int_equal(r->n_struck, 0);
}

static void a_child_takes_over_the_earliest_that_reaches(void **state)
{
    struct rig *r = *state;
    uint64_t far = UINT64_MAX - 1, near = far - 9;
    struct stop_list child;

    stop_list_init(&child, &r->alarms, struck);
    stop_alarm_inherit(&child, &r->list);
    assert_null(stop_alarm_innermost(&child));
    stop_alarm_push(&r->list, near - 9); /* shielded below */
    r->list.shielded++;
    stop_alarm_push(&r->list, near);
    stop_alarm_push(&r->list, far);
    stop_alarm_inherit(&child, &r->list);
    assert_true(stop_list_at_ns(&child) == near);
    stop_list_fini(&child);
}

#define RIG_TEST(f) cmocka_unit_test_setup_teardown(f, rig_begin, rig_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_new_list_stops_nothing),
        RIG_TEST(a_cancel_is_told_before_a_timeout_wherever_it_is),
        RIG_TEST(a_shield_keeps_out_what_was_begun_outside_of_it),
        RIG_TEST(the_end_drops_what_is_left_but_for_its_own),
        RIG_TEST(an_alarm_strikes_by_itself),
        RIG_TEST(an_alarm_of_the_past_has_struck),
        RIG_TEST(a_child_takes_over_the_earliest_that_reaches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
