/* SPDX-License-Identifier: MIT */
/* Groups: leaving one waits for all that is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "libcommon/rt/co/future.h"
#include "tests/unit/rt/members.h"
#include "tests/unit/rt/promise_rig.h"

/* ---- leave ---- */

static int leave_with_two(void *arg)
{
    struct record *r = arg;
    yon_group *g = yon_group_enter();

    yon_group_spawn(g, pause_and_end, r);
    yon_group_spawn(g, pause_and_end, r);
    note(&r->notes, "leave g", yon_group_leave(g));
    note_number(&r->notes, "members ended", r->n_ended);
    note(&r->notes, "leave yon_group_enter()",
         yon_group_leave(yon_group_enter()));
    return 0;
}

static void leave_waits_for_all(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(leave_with_two, &r);
    assert_notes(&r.notes, "leave g: ok\n"
                           "members ended: 2\n"
                           "leave yon_group_enter(): ok\n");
}

static void outside_of_coroutines_there_is_no_group(void **state)
{
    (void)state;
    assert_null(yon_group_enter());
}

static int leave_with_failures(void *arg)
{
    struct record *r = arg;
    yon_group *g = yon_group_enter();

    yon_group_spawn(g, fail_later, r);
    yon_group_spawn(g, fail_soon, r);
    yon_group_spawn(g, end_slowly, r);
    yon_group_spawn(g, wait_to_be_stopped, r);
    note(&r->notes, "leave", yon_group_leave(g));
    note_number(&r->notes, "members ended", r->n_ended);
    return 0;
}

static void the_first_error_in_time_cancels_the_others(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(leave_with_failures, &r);
    assert_notes(&r.notes, "leave: job lost\n"
                           "members ended: 2\n");
}

static int leave_when_one_has_failed(void *arg)
{
    struct record *r = arg;
    yon_group *g = yon_group_enter();

    yon_group_spawn(g, wait_to_be_stopped, r);
    yon_await(yon_group_spawn(g, fail_soon, r));
    note(&r->notes, "leave", yon_group_leave(g));
    note_number(&r->notes, "members ended", r->n_ended);
    return 0;
}

static void an_error_from_before_leave_counts(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(leave_when_one_has_failed, &r);
    assert_notes(&r.notes, "leave: job lost\n"
                           "members ended: 1\n");
}

/* ---- cancel ---- */

static int cancel_a_group(void *arg)
{
    struct record *r = arg;
    yon_group *g = yon_group_enter();

    yon_group_spawn(g, wait_to_be_stopped, r);
    yon_group_spawn(g, end_slowly, r);
    yon_pause();
    yon_group_cancel(g);
    yon_group_cancel(g);
    note(&r->notes, "leave", yon_group_leave(g));
    note_number(&r->notes, "members ended", r->n_ended);
    note(&r->notes, "pause", yon_pause()); /* only the group was cancelled */
    return 0;
}

static void cancel_ends_all_in_the_group(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_a_group, &r);
    assert_notes(&r.notes, "leave: cancelled\n"
                           "members ended: 2\n"
                           "pause: ok\n");
}

static int leave_a_group_of_two(void *arg)
{
    struct record *r = arg;
    yon_group *g = yon_group_enter();
    int code;

    yon_group_spawn(g, wait_to_be_stopped, r);
    yon_group_spawn(g, end_slowly, r);
    code = note(&r->notes, "leave", yon_group_leave(g));
    note_number(&r->notes, "members ended", r->n_ended);
    return code;
}

static int cancel_who_leaves(void *arg)
{
    yon_future *f = yon_spawn(leave_a_group_of_two, arg);

    yon_pause();
    yon_pause();
    yon_cancel(f);
    yon_await(f);
    yon_free(f);
    return 0;
}

static void a_cancelled_owner_takes_the_group_along(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_who_leaves, &r);
    assert_notes(&r.notes, "leave: cancelled\n"
                           "members ended: 2\n");
}

static int leave_within_a_limit(void *arg)
{
    struct record *r = arg;
    struct yon_limit limit;
    yon_group *g = yon_group_enter();

    /* Members from before the limit do not have it. */
    yon_group_spawn(g, wait_to_be_stopped, r);
    yon_limit_begin(&limit, 1);
    note(&r->notes, "leave", yon_group_leave(g));
    note_number(&r->notes, "members ended", r->n_ended);
    yon_limit_end(&limit);
    return 0;
}

static void a_limit_of_the_owner_takes_the_group_along(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(leave_within_a_limit, &r);
    assert_notes(&r.notes, "leave: timed out\n"
                           "members ended: 1\n");
}

static int leave_done_members_when_cancelled(void *arg)
{
    struct record *r = arg;
    yon_group *g = yon_group_enter();

    yon_await(yon_group_spawn(g, pause_and_end, r));
    yon_event_wait(r->event);
    note(&r->notes, "leave", yon_group_leave(g));
    return 0;
}

static int cancel_when_all_have_ended(void *arg)
{
    struct record *r = arg;
    yon_future *f;

    r->event = yon_event_new();
    f = yon_spawn(leave_done_members_when_cancelled, r);
    while (r->n_ended == 0)
        yon_pause();
    yon_cancel(f);
    yon_await(f);
    yon_free(f);
    yon_event_free(r->event);
    return 0;
}

static void leave_tells_of_the_cancellation_though_all_have_ended(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_when_all_have_ended, &r);
    assert_notes(&r.notes, "leave: cancelled\n");
}

/* ---- members ---- */

static int spawn_a_sibling(void *arg)
{
    struct record *r = arg;

    yon_pause();
    yon_group_spawn(r->group, pause_and_end, r);
    return 0;
}

static int leave_while_members_add(void *arg)
{
    struct record *r = arg;

    r->group = yon_group_enter();
    yon_group_spawn(r->group, spawn_a_sibling, r);
    note(&r->notes, "leave", yon_group_leave(r->group));
    note_number(&r->notes, "members ended", r->n_ended);
    return 0;
}

static void members_may_add_members(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(leave_while_members_add, &r);
    assert_notes(&r.notes, "leave: ok\n"
                           "members ended: 1\n");
}

static int await_the_first(void *arg)
{
    struct record *r = arg;

    note(&r->notes, "await", yon_await(r->f));
    r->n_ended++;
    return 0;
}

static int add_who_awaits_me(void *arg)
{
    struct record *r = arg;

    yon_group_spawn(r->group, await_the_first, r);
    return 0;
}

static int leave_while_one_awaits_another(void *arg)
{
    struct record *r = arg;

    r->group = yon_group_enter();
    r->f = yon_group_spawn(r->group, add_who_awaits_me, r);
    note(&r->notes, "leave", yon_group_leave(r->group));
    return 0;
}

/* Else each would wait for the other. */
static void a_member_does_not_wait_for_those_it_adds(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(leave_while_one_awaits_another, &r);
    assert_notes(&r.notes, "await: ok\n"
                           "leave: ok\n");
    assert_int_equal(r.n_ended, 1);
}

static int spawn_siblings_when_stopped(void *arg)
{
    struct record *r = arg;
    int code = yon_sleep(LONG_MS);

    yon_group_spawn(r->group, wait_to_be_stopped, r);
    yon_group_add(r->group, yon_timer(LONG_MS));
    return code;
}

static int cancel_while_members_add(void *arg)
{
    struct record *r = arg;

    r->group = yon_group_enter();
    yon_group_spawn(r->group, spawn_siblings_when_stopped, r);
    yon_group_spawn(r->group, fail_soon, r);
    note(&r->notes, "leave", yon_group_leave(r->group));
    note_number(&r->notes, "members ended", r->n_ended);
    return 0;
}

static void who_comes_while_the_group_ends_is_cancelled(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_while_members_add, &r);
    assert_notes(&r.notes, "leave: job lost\n"
                           "members ended: 1\n");
}

static int look_at_members_while_they_run(void *arg)
{
    struct record *r = arg;
    yon_group *g = r->group = yon_group_enter();
    yon_future *early = yon_group_spawn(g, pause_and_end, r);
    yon_future *late = yon_group_spawn(g, wait_to_be_stopped, r);

    yon_await(early);
    note(&r->notes, "await early",
         yon_await(early)); /* lives until the group is left */
    yon_cancel(late);
    note(&r->notes, "await late", yon_await(late));
    note(&r->notes, "leave", yon_group_leave(g));
    return 0;
}

static void members_live_until_the_group_is_left(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(look_at_members_while_they_run, &r);
    assert_notes(&r.notes, "await early: ok\n"
                           "await late: cancelled\n"
                           "leave: ok\n");
}

static int nest_groups(void *arg)
{
    struct record *r = arg;
    yon_group *outer = yon_group_enter(), *inner = yon_group_enter();

    yon_group_spawn(outer, wait_to_be_stopped, r);
    yon_group_spawn(inner, fail_soon, r);
    note(&r->notes, "leave inner", yon_group_leave(inner));
    note_number(&r->notes, "members ended", r->n_ended);
    yon_group_cancel(outer);
    note(&r->notes, "leave outer", yon_group_leave(outer));
    return 0;
}

static void groups_nest(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(nest_groups, &r);
    assert_notes(&r.notes, "leave inner: job lost\n"
                           "members ended: 0\n"
                           "leave outer: cancelled\n");
}

/* ---- any future ---- */

static int add_futures(void *arg)
{
    struct record *r = arg;
    yon_group *g = yon_group_enter();
    yon_future *done = yon_timer(0);

    yon_await(done);
    yon_group_add(g, done);
    yon_group_add(g, yon_timer(1));
    note(&r->notes, "leave", yon_group_leave(g));

    g = yon_group_enter();
    yon_group_add(g, yon_timer(LONG_MS));
    yon_group_spawn(g, fail_soon, r);
    note(&r->notes, "leave", yon_group_leave(g));
    return 0;
}

static void any_future_may_be_a_member(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(add_futures, &r);
    assert_notes(&r.notes, "leave: ok\n"
                           "leave: job lost\n");
}

static int add_one_of_another_loop(void *arg)
{
    yon_group *g = yon_group_enter();

    yon_group_add(g, arg);
    return yon_group_leave(g);
}

static void a_member_of_another_loop_is_refused_and_freed(void **state)
{
    struct loop *loop = loop_new();
    int n_destroyed = 0;
    struct promise *p = promise_new(loop, &promise_kind, &n_destroyed);

    (void)state;
    assert_int_equal(yon_run(add_one_of_another_loop, &p->base), YON_ESTATE);
    assert_int_equal(n_destroyed, 1);
    loop_free(loop);
}

static int add_to_an_ended_group(void *arg)
{
    yon_group *g = yon_group_enter();

    yon_group_cancel(g);
    yon_group_add(g, arg);
    return yon_group_leave(g);
}

/* That is for its own thread to do. */
static void one_that_is_refused_is_not_cancelled(void **state)
{
    struct loop *loop = loop_new();
    int n_destroyed = 0;
    struct promise *p = promise_new(loop, &promise_kind, &n_destroyed);

    (void)state;
    future_ref(&p->base);
    assert_int_equal(yon_run(add_to_an_ended_group, &p->base), YON_ESTATE);
    assert_int_equal(p->n_cancels, 0);
    future_unref(&p->base);
    assert_int_equal(n_destroyed, 1);
    loop_free(loop);
}

static int add_oneself(void *arg)
{
    struct record *r = arg;
    yon_group *g = yon_group_enter();

    yon_group_add(g, r->f);
    note(&r->notes, "pause", yon_pause());
    note(&r->notes, "leave", yon_group_leave(g));
    note(&r->notes, "pause", yon_pause());
    return 0;
}

static int spawn_who_adds_oneself(void *arg)
{
    struct record *r = arg;

    r->f = yon_spawn(add_oneself, r);
    return yon_await(r->f); /* the group has freed it */
}

static void the_owner_is_no_member(void **state)
{
    struct record r = { 0 };

    (void)state;
    assert_int_equal(yon_run(spawn_who_adds_oneself, &r), 0);
    assert_notes(&r.notes, "pause: cancelled\n"
                           "leave: invalid state\n"
                           "pause: ok\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leave_waits_for_all),
        cmocka_unit_test(outside_of_coroutines_there_is_no_group),
        cmocka_unit_test(the_first_error_in_time_cancels_the_others),
        cmocka_unit_test(an_error_from_before_leave_counts),
        cmocka_unit_test(cancel_ends_all_in_the_group),
        cmocka_unit_test(a_cancelled_owner_takes_the_group_along),
        cmocka_unit_test(a_limit_of_the_owner_takes_the_group_along),
        cmocka_unit_test(leave_tells_of_the_cancellation_though_all_have_ended),
        cmocka_unit_test(members_may_add_members),
        cmocka_unit_test(a_member_does_not_wait_for_those_it_adds),
        cmocka_unit_test(who_comes_while_the_group_ends_is_cancelled),
        cmocka_unit_test(members_live_until_the_group_is_left),
        cmocka_unit_test(groups_nest),
        cmocka_unit_test(any_future_may_be_a_member),
        cmocka_unit_test(a_member_of_another_loop_is_refused_and_freed),
        cmocka_unit_test(one_that_is_refused_is_not_cancelled),
        cmocka_unit_test(the_owner_is_no_member),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
