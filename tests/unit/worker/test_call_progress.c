/* SPDX-License-Identifier: MIT */
/* Calls say how far they are as often as they like; the last word is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/buf.h"
#include "worker/shell/call/call_progress.h"

static uv_loop_t loop;
static struct alarm_set alarms;
static struct call_progress_set set;
static struct buf heard; /* lines "JOB: DONE of TOTAL DOING" */
static size_t n_tellings;

static void hear(void *arg, const struct advances *advances)
{
    (void)arg;
    for (size_t i = 0; i < advances->n; i++) {
        const struct advance *a = &advances->at[i];

        buf_addf(&heard, "%llu: %llu of %llu %.*s\n",
                 (unsigned long long)a->job, (unsigned long long)a->done,
                 (unsigned long long)a->total, (int)a->doing.len,
                 (const char *)a->doing.data);
    }
    n_tellings++;
}

static int set_up(void **state)
{
    (void)state;
    uv_loop_init(&loop);
    alarm_set_init(&alarms, &loop);
    call_progress_set_init(&set, &alarms, hear, NULL);
    n_tellings = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    call_progress_set_fini(&set);
    alarm_set_fini(&alarms, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    buf_fini(&heard);
    return uv_loop_close(&loop);
}

static struct call_progress call(uint64_t job)
{
    return (struct call_progress){ .set = &set, .id = { .job = job } };
}

static void say(struct call_progress *s, uint64_t done, const char *doing)
{
    call_progress_note(s, &(struct advance){ .done = done,
                                             .total = 9,
                                             .doing = view_str(doing) });
}

static void hear_n(size_t n)
{
    while (n_tellings < n)
        uv_run(&loop, UV_RUN_ONCE);
}

static void the_last_word_of_each_is_told_at_once(void **state)
{
    struct call_progress one = call(1), two = call(2);

    (void)state;
    say(&one, 1, "a");
    say(&two, 2, "b");
    say(&one, 3, "c");
    assert_int_equal(n_tellings, 0); /* not within the call */
    hear_n(1);
    assert_string_equal(buf_text(&heard), "1: 3 of 9 c\n2: 2 of 9 b\n");
    call_progress_fini(&one);
    call_progress_fini(&two);
}

static void the_next_word_waits_its_time(void **state)
{
    struct call_progress one = call(1);
    int64_t told_ms;

    (void)state;
    say(&one, 1, "");
    hear_n(1);
    told_ms = set.told_ms;
    say(&one, 2, "");
    call_progress_tell_if_due(&set);
    hear_n(2);
    assert_true(set.told_ms - told_ms >= CALL_PROGRESS_MS);
    assert_string_equal(buf_text(&heard), "1: 1 of 9 \n1: 2 of 9 \n");
    call_progress_fini(&one);
}

static void who_has_ended_is_not_told_and_stops_nobody(void **state)
{
    struct call_progress one = call(1), two = call(2), silent = call(3);

    (void)state;
    say(&two, 1, "");
    hear_n(1);
    say(&one, 1, "");
    call_progress_fini(&one);
    say(&two, 2, "");
    hear_n(2);
    assert_string_equal(buf_text(&heard), "2: 1 of 9 \n2: 2 of 9 \n");
    call_progress_fini(&two);
    call_progress_fini(&silent);
}

static void a_loop_that_does_not_turn_tells_itself(void **state)
{
    struct call_progress one = call(1);

    (void)state;
    call_progress_tell_if_due(&set);
    assert_int_equal(n_tellings, 0);
    for (uint64_t i = 1; n_tellings < 2; i++) {
        say(&one, i, "");
        call_progress_tell_if_due(&set);
    }
    assert_int_equal(heard.data[3], '1'); /* the first word at once */
    call_progress_fini(&one);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_word_of_each_is_told_at_once),
        TEST(the_next_word_waits_its_time),
        TEST(who_has_ended_is_not_told_and_stops_nobody),
        TEST(a_loop_that_does_not_turn_tells_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
