/* SPDX-License-Identifier: MIT */
/* Clean-up on every way out; and who waits for whom at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <yon/co.h>

#include "libcommon/buf.h"

#define LONG_MS 100000000

/* What happened, as text, in order. */
static struct buf trace;

static char one[] = "1", two[] = "2", three[] = "3";

static int trace_clear(void **state)
{
    (void)state;
    buf_clear(&trace);
    return 0;
}

static int trace_free(void **state)
{
    (void)state;
    buf_fini(&trace);
    return 0;
}

static void say(void *arg)
{
    buf_addf(&trace, "%s ", (const char *)arg);
}

static void say_and_wait(void *arg)
{
    int code = yon_sleep(1);

    buf_addf(&trace, "%s%s ", (const char *)arg, code == 0 ? "" : "!");
}

static void check_trace(const char *expected)
{
    assert_string_equal(buf_text(&trace), expected);
}

/* ---- ways out ---- */

static int defer_and_return(void *arg)
{
    yon_defer(say, one);
    yon_defer(say_and_wait, two);
    yon_defer(say, three);
    buf_addf(&trace, "returns ");
    (void)arg;
    return -7;
}

static void clean_up_runs_at_the_return_newest_first(void **state)
{
    (void)state;
    assert_int_equal(yon_run(defer_and_return, NULL), -7);
    check_trace("returns 3 2 1 ");
}

static int defer_and_sleep(void *arg)
{
    int code;

    yon_defer(say, one);
    yon_defer(say_and_wait, two);
    code = yon_sleep(LONG_MS);
    buf_addf(&trace, "stopped ");
    (void)arg;
    return code;
}

static int cancel_during_clean_up(void *arg)
{
    yon_future *f = yon_spawn(defer_and_sleep, NULL);
    int code;

    yon_pause();
    yon_cancel(f);
    yon_pause();
    yon_cancel(f); /* while it cleans up */
    code = yon_await(f);
    buf_addf(&trace, "ended ");
    yon_free(f);
    (void)arg;
    return code;
}

static void cancellation_does_not_reach_the_clean_up(void **state)
{
    (void)state;
    assert_int_equal(yon_run(cancel_during_clean_up, NULL), YON_ECANCELLED);
    check_trace("stopped 2 1 ended ");
}

static int sleep_in_a_limit(void *arg)
{
    struct yon_limit limit;

    yon_limit_begin(&limit, 1);
    return defer_and_sleep(arg);
}

static void a_limit_does_not_reach_the_clean_up(void **state)
{
    (void)state;
    assert_int_equal(yon_run(sleep_in_a_limit, NULL), YON_ETIMEOUT);
    check_trace("stopped 2 1 ");
}

/* ---- scopes ---- */

static int nest_scopes(void *arg)
{
    yon_scope *outer, *inner;

    yon_defer(say, one); /* at the end of the coroutine */
    outer = yon_scope_enter();
    yon_defer(say, two);
    inner = yon_scope_enter();
    yon_defer(say, three);
    yon_scope_leave(inner);
    buf_addf(&trace, "between ");
    yon_scope_leave(outer);
    buf_addf(&trace, "returns ");
    (void)arg;
    return 0;
}

static void clean_up_runs_when_its_scope_is_left(void **state)
{
    (void)state;
    yon_run(nest_scopes, NULL);
    check_trace("3 between 2 returns 1 ");
}

static int return_from_within(void *arg)
{
    yon_scope_enter();
    yon_defer(say, one);
    yon_scope_enter();
    yon_defer(say, two);
    (void)arg;
    return 0;
}

static void scopes_left_open_are_left_at_the_end_inner_first(void **state)
{
    (void)state;
    yon_run(return_from_within, NULL);
    check_trace("2 1 ");
}

static int leave_the_outer_scope(void *arg)
{
    yon_scope *outer = yon_scope_enter();

    yon_defer(say, one);
    yon_scope_enter();
    yon_defer(say, two);
    yon_scope_leave(outer);
    buf_addf(&trace, "returns ");
    (void)arg;
    return 0;
}

static void a_scope_is_left_with_the_one_around_it(void **state)
{
    (void)state;
    yon_run(leave_the_outer_scope, NULL);
    check_trace("2 1 returns ");
}

static int leave_an_empty_scope(void *arg)
{
    yon_scope_leave(yon_scope_enter());
    (void)arg;
    return 0;
}

static void an_empty_scope_is_fine(void **state)
{
    (void)state;
    assert_int_equal(yon_run(leave_an_empty_scope, NULL), 0);
}

static void defer_more(void *arg)
{
    yon_scope *s;

    yon_defer(say, three);
    s = yon_scope_enter();
    yon_defer(say, two);
    yon_scope_leave(s);
    say(arg);
}

static int defer_what_defers(void *arg)
{
    yon_defer(defer_more, one);
    (void)arg;
    return 0;
}

static void clean_up_may_defer_more(void **state)
{
    (void)state;
    yon_run(defer_what_defers, NULL);
    check_trace("2 1 3 ");
}

static void pause_and_note(void *arg)
{
    *(int *)arg = yon_pause();
}

static int leave_a_scope_when_cancelled(void *arg)
{
    int *codes = arg;
    yon_scope *s = yon_scope_enter();

    yon_defer(pause_and_note, &codes[0]);
    yon_sleep(LONG_MS);
    yon_scope_leave(s);
    codes[1] = yon_pause();
    return 0;
}

static int cancel_one_in_a_scope(void *arg)
{
    yon_future *f = yon_spawn(leave_a_scope_when_cancelled, arg);

    yon_pause();
    yon_cancel(f);
    yon_await(f);
    yon_free(f);
    return 0;
}

static void only_the_clean_up_is_shielded(void **state)
{
    int codes[] = { 1, 1 };

    (void)state;
    yon_run(cancel_one_in_a_scope, codes);
    assert_int_equal(codes[0], 0);
    assert_int_equal(codes[1], YON_ECANCELLED);
}

/* ---- children ---- */

static int say_later(void *arg)
{
    say_and_wait(arg);
    return 0;
}

static void spawn_one_who_says(void *arg)
{
    yon_free(yon_spawn(say_later, arg));
}

static int defer_a_child(void *arg)
{
    yon_defer(spawn_one_who_says, arg);
    return 0;
}

static int await_who_defers_a_child(void *arg)
{
    yon_future *f = yon_spawn(defer_a_child, one);

    yon_await(f);
    buf_addf(&trace, "ended ");
    yon_free(f);
    (void)arg;
    return 0;
}

static void children_of_the_clean_up_are_waited_for(void **state)
{
    (void)state;
    yon_run(await_who_defers_a_child, NULL);
    check_trace("1 ended ");
}

static int wait_for_the_event(void *arg)
{
    int code = yon_event_wait(arg);

    buf_addf(&trace, "child%s ", code == 0 ? "" : "!");
    return code;
}

static int detach_a_child(void *arg)
{
    yon_detach(yon_spawn(wait_for_the_event, arg));
    return yon_sleep(LONG_MS);
}

static int cancel_who_detached(void *arg)
{
    yon_event *event = yon_event_new();
    yon_future *f = yon_spawn(detach_a_child, event);

    yon_pause();
    yon_pause();
    yon_cancel(f);
    yon_await(f);
    buf_addf(&trace, "parent ");
    yon_event_set(event);
    yon_pause();
    yon_event_free(event);
    (void)arg;
    yon_free(f);
    return 0;
}

static void a_detached_child_is_neither_awaited_nor_cancelled(void **state)
{
    (void)state;
    yon_run(cancel_who_detached, NULL);
    check_trace("parent child ");
}

static int detach_and_return(void *arg)
{
    yon_detach(yon_spawn(say_later, one));
    yon_detach(yon_timer(LONG_MS)); /* as yon_free */
    (void)arg;
    return 0;
}

static void run_waits_for_who_was_detached(void **state)
{
    (void)state;
    yon_run(detach_and_return, NULL);
    check_trace("1 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TRACED(test) cmocka_unit_test_setup(test, trace_clear)
        TRACED(clean_up_runs_at_the_return_newest_first),
        TRACED(cancellation_does_not_reach_the_clean_up),
        TRACED(a_limit_does_not_reach_the_clean_up),
        TRACED(clean_up_runs_when_its_scope_is_left),
        TRACED(scopes_left_open_are_left_at_the_end_inner_first),
        TRACED(a_scope_is_left_with_the_one_around_it),
        TRACED(an_empty_scope_is_fine),
        TRACED(clean_up_may_defer_more),
        TRACED(only_the_clean_up_is_shielded),
        TRACED(children_of_the_clean_up_are_waited_for),
        TRACED(a_detached_child_is_neither_awaited_nor_cancelled),
        TRACED(run_waits_for_who_was_detached),
    };

    return cmocka_run_group_tests(tests, NULL, trace_free);
}
