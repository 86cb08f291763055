/* SPDX-License-Identifier: MIT */
/* What ends the awaits of the owner of a group before it leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "libcommon/rt/co/promise.h"
#include "tests/unit/rt/members.h"

/* A member that should have fed the channel. */
static int read_from_who_fails(void *arg)
{
    struct record *r = arg;
    yon_group *g = yon_group_enter();
    void *value;

    yon_group_spawn(g, wait_to_be_stopped, r);
    yon_group_spawn(g, fail_soon, r);
    note(&r->notes, "get", yon_get(r->channel, &value));
    note(&r->notes, "pause", yon_pause()); /* from then on */
    /* Only the group is. */
    note_truth(&r->notes, "is cancelled", yon_is_cancelled());
    note(&r->notes, "leave", yon_group_leave(g));
    note_number(&r->notes, "members ended", r->n_ended);
    note(&r->notes, "pause", yon_pause());
    return 0;
}

static void the_first_error_ends_the_awaits_of_the_owner(void **state)
{
    struct record r = { .channel = yon_channel_new(0) };

    (void)state;
    yon_run(read_from_who_fails, &r);
    yon_channel_free(r.channel);
    assert_notes(&r.notes, "get: cancelled\n"
                           "pause: cancelled\n"
                           "is cancelled: no\n"
                           "leave: job lost\n"
                           "members ended: 1\n"
                           "pause: ok\n");
}

static int await_a_sibling_of_who_fails(void *arg)
{
    struct record *r = arg;
    yon_group *g = yon_group_enter();
    yon_future *f = yon_group_spawn(g, wait_to_be_stopped, r);

    yon_group_spawn(g, fail_soon, r);
    yon_shield_begin();
    note(&r->notes, "await sibling", yon_await(f));
    note(&r->notes, "pause", yon_pause());
    yon_shield_end();
    note(&r->notes, "pause", yon_pause());
    note(&r->notes, "leave", yon_group_leave(g));
    return 0;
}

static void
a_shield_holds_off_the_stop_but_not_the_end_of_siblings(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(await_a_sibling_of_who_fails, &r);
    assert_notes(&r.notes, "await sibling: cancelled\n"
                           "pause: ok\n"
                           "pause: cancelled\n"
                           "leave: job lost\n");
}

/* A member takes its time after the group has ended; the owner is cancelled, or
 * out of time, meanwhile. */
static int leave_slowly(void *arg)
{
    struct record *r = arg;
    yon_group *g = yon_group_enter();

    yon_group_spawn(g, end_slowly, r);
    yon_group_spawn(g, fail_soon, r);
    note(&r->notes, "leave", yon_group_leave(g));
    note_number(&r->notes, "members ended", r->n_ended);
    note(&r->notes, "pause", yon_pause());
    return 0;
}

static int leave_slowly_in_a_limit(void *arg)
{
    struct yon_limit limit;
    struct record *r = arg;
    yon_group *g = yon_group_enter();

    yon_group_spawn(g, end_slowly, r);
    yon_group_cancel(g);
    yon_limit_begin(&limit, 0); /* struck as it begins */
    note(&r->notes, "leave", yon_group_leave(g));
    note(&r->notes, "limit end", yon_limit_end(&limit));
    return 0;
}

static int cancel_the_owner_as_it_leaves(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_spawn(leave_slowly, r);

    for (int i = 0; i < 4; i++)
        yon_pause(); /* the group has ended, its slow member has not */
    note_number(&r->notes, "members ended", r->n_ended);
    yon_cancel(f);
    yon_await(f);
    yon_free(f);
    return leave_slowly_in_a_limit(r);
}

static void a_leave_does_not_hide_a_stop_that_comes_meanwhile(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_the_owner_as_it_leaves, &r);
    assert_notes(&r.notes, "members ended: 0\n"
                           "leave: cancelled\n"
                           "members ended: 1\n"
                           "pause: cancelled\n"
                           "leave: timed out\n"
                           "limit end: timed out\n");
}

static int enter_behind_a_shield(void *arg)
{
    struct record *r = arg;
    yon_group *g;

    yon_shield_begin();
    g = yon_group_enter();
    yon_group_spawn(g, fail_soon, r);
    note(&r->notes, "sleep", yon_sleep(LONG_MS));
    note(&r->notes, "leave", yon_group_leave(g));
    yon_shield_end();
    return 0;
}

static void a_group_entered_behind_a_shield_acts_there(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(enter_behind_a_shield, &r);
    assert_notes(&r.notes, "sleep: cancelled\n"
                           "leave: job lost\n");
}

static int fail_in_the_outer_group(void *arg)
{
    struct record *r = arg;
    yon_group *outer = yon_group_enter(), *inner = yon_group_enter();

    yon_group_spawn(inner, wait_to_be_stopped, r);
    yon_group_spawn(outer, fail_soon, r);
    note(&r->notes, "sleep", yon_sleep(LONG_MS));
    /* The inner one is not touched ... */
    note_number(&r->notes, "members ended", r->n_ended);
    note(&r->notes, "leave inner", yon_group_leave(inner));
    /* ... until it is left. */
    note_number(&r->notes, "members ended", r->n_ended);
    note(&r->notes, "pause", yon_pause());
    note(&r->notes, "leave outer", yon_group_leave(outer));
    note(&r->notes, "pause", yon_pause());
    return 0;
}

static void an_error_in_an_outer_group_ends_the_inner_one(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(fail_in_the_outer_group, &r);
    assert_notes(&r.notes, "sleep: cancelled\n"
                           "members ended: 0\n"
                           "leave inner: cancelled\n"
                           "members ended: 1\n"
                           "pause: cancelled\n"
                           "leave outer: job lost\n"
                           "pause: ok\n");
}

static int fail_within_a_limit(void *arg)
{
    struct record *r = arg;
    struct yon_limit limit;
    yon_group *g;

    yon_limit_begin(&limit, LONG_MS);
    g = yon_group_enter();
    yon_group_spawn(g, fail_soon, r);
    note(&r->notes, "sleep", yon_sleep(LONG_MS));
    note(&r->notes, "leave", yon_group_leave(g));
    note(&r->notes, "pause", yon_pause());
    note(&r->notes, "limit end", yon_limit_end(&limit));

    g = yon_group_enter();
    yon_group_spawn(g, fail_soon, r);
    yon_limit_begin(&limit, LONG_MS);
    note(&r->notes, "sleep", yon_sleep(LONG_MS));
    note(&r->notes, "limit end", yon_limit_end(&limit));
    note(&r->notes, "pause", yon_pause());
    note(&r->notes, "leave", yon_group_leave(g));
    return 0;
}

static void a_stop_of_the_group_is_none_of_the_limit(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(fail_within_a_limit, &r);
    assert_notes(&r.notes, "sleep: cancelled\n"
                           "leave: job lost\n"
                           "pause: ok\n"
                           "limit end: ok\n"
                           "sleep: cancelled\n"
                           "limit end: ok\n"
                           "pause: cancelled\n"
                           "leave: job lost\n");
}

static int own_a_group_that_fails(void *arg)
{
    struct record *r = arg;
    yon_group *g = yon_group_enter();

    yon_group_spawn(g, fail_soon, r);
    note(&r->notes, "sleep", yon_sleep(LONG_MS));
    yon_shield_begin();
    yon_event_wait(r->event);
    yon_shield_end();
    note(&r->notes, "leave", yon_group_leave(g));
    note(&r->notes, "pause", yon_pause());
    return 0;
}

static int cancel_the_owner_after_the_failure(void *arg)
{
    struct record *r = arg;
    yon_future *f;

    r->event = yon_event_new();
    f = yon_spawn(own_a_group_that_fails, r);
    while (r->notes.len == 0)
        yon_pause();
    yon_cancel(f);
    yon_event_set(r->event);
    yon_await(f);
    yon_free(f);
    yon_event_free(r->event);
    return 0;
}

static void a_cancelled_owner_stays_so_after_leave(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_the_owner_after_the_failure, &r);
    assert_notes(&r.notes, "sleep: cancelled\n"
                           "leave: cancelled\n"
                           "pause: cancelled\n");
}

static int add_a_failure_and_leave(void *arg)
{
    struct record *r = arg;
    yon_future *f = yon_spawn(fail_soon, r);
    yon_group *g;

    yon_await(f);
    g = yon_group_enter();
    yon_group_spawn(g, wait_to_be_stopped, r);
    yon_group_add(g, f);
    note(&r->notes, "leave", yon_group_leave(g));
    note_number(&r->notes, "members ended", r->n_ended);
    return 0;
}

static void an_owner_that_leaves_at_once_hears_of_the_error(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(add_a_failure_and_leave, &r);
    assert_notes(&r.notes, "leave: job lost\n"
                           "members ended: 1\n");
}

static int cancel_one_of_two(void *arg)
{
    struct record *r = arg;
    yon_group *g = yon_group_enter();
    yon_future *f = yon_group_spawn(g, wait_to_be_stopped, r);

    yon_group_spawn(g, pause_and_end, r);
    yon_pause();
    yon_cancel(f);
    note(&r->notes, "await sibling", yon_await(f));
    note(&r->notes, "pause", yon_pause());
    note(&r->notes, "leave", yon_group_leave(g));
    note_number(&r->notes, "members ended", r->n_ended);
    return 0;
}

static void a_member_that_is_cancelled_alone_is_no_error(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_one_of_two, &r);
    assert_notes(&r.notes, "await sibling: cancelled\n"
                           "pause: ok\n"
                           "leave: ok\n"
                           "members ended: 2\n");
}

static int cancel_the_group_of_my_owner(void *arg)
{
    struct record *r = arg;

    yon_pause();
    yon_group_cancel(r->group);
    return yon_pause();
}

static int wait_for_who_cancels(void *arg)
{
    struct record *r = arg;

    r->group = yon_group_enter();
    yon_group_spawn(r->group, cancel_the_group_of_my_owner, r);
    note(&r->notes, "sleep", yon_sleep(LONG_MS));
    note(&r->notes, "leave", yon_group_leave(r->group));
    note(&r->notes, "pause", yon_pause());
    return 0;
}

static void cancel_ends_the_awaits_of_the_owner_too(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(wait_for_who_cancels, &r);
    assert_notes(&r.notes, "sleep: cancelled\n"
                           "leave: cancelled\n"
                           "pause: ok\n");
}

static int fail_when_cancelled(void *arg)
{
    (void)arg;
    yon_sleep(LONG_MS);
    return YON_EFULL;
}

static int cancel_who_fails_then(void *arg)
{
    struct record *r = arg;
    yon_group *g = yon_group_enter();

    yon_group_spawn(g, fail_when_cancelled, r);
    yon_pause();
    yon_group_cancel(g);
    note(&r->notes, "leave", yon_group_leave(g));
    return 0;
}

static void an_error_on_the_way_out_is_not_hidden(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(cancel_who_fails_then, &r);
    assert_notes(&r.notes, "leave: no space left\n");
}

static int sleep_among_promises(void *arg)
{
    struct record *r = arg;
    yon_group *g = yon_group_enter();
    yon_promise *broken, *kept;

    yon_group_add(g, yon_promise_new(&broken));
    yon_group_add(g, yon_promise_new(&kept));
    yon_group_add(g, yon_timer(LONG_MS));
    promise_keep(broken, (struct buf){ 0 }, YON_ELOST, NULL);
    note(&r->notes, "sleep", yon_sleep(LONG_MS));
    note(&r->notes, "leave", yon_group_leave(g));
    promise_keep(kept, (struct buf){ 0 }, 0, NULL);
    return 0;
}

static void futures_that_end_at_once_when_cancelled_are_members(void **state)
{
    struct record r = { 0 };

    (void)state;
    yon_run(sleep_among_promises, &r);
    assert_notes(&r.notes, "sleep: cancelled\n"
                           "leave: job lost\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_error_ends_the_awaits_of_the_owner),
        cmocka_unit_test(
            a_shield_holds_off_the_stop_but_not_the_end_of_siblings),
        cmocka_unit_test(a_group_entered_behind_a_shield_acts_there),
        cmocka_unit_test(an_error_in_an_outer_group_ends_the_inner_one),
        cmocka_unit_test(a_stop_of_the_group_is_none_of_the_limit),
        cmocka_unit_test(a_cancelled_owner_stays_so_after_leave),
        cmocka_unit_test(a_leave_does_not_hide_a_stop_that_comes_meanwhile),
        cmocka_unit_test(an_owner_that_leaves_at_once_hears_of_the_error),
        cmocka_unit_test(a_member_that_is_cancelled_alone_is_no_error),
        cmocka_unit_test(cancel_ends_the_awaits_of_the_owner_too),
        cmocka_unit_test(an_error_on_the_way_out_is_not_hidden),
        cmocka_unit_test(futures_that_end_at_once_when_cancelled_are_members),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
