/* SPDX-License-Identifier: MIT */
/* What a call prints is kept, and read while the call runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/body.h"
#include "worker/shell/call_lines.h"

static uv_loop_t loop;
static struct alarm_set alarms;
static struct call_lines lines;
static struct buf heard; /* lines "TAIL at OFFSET: BYTES" */

static void hear(void *arg, uint64_t tail, uint64_t offset, struct view bytes,
                 bool ended)
{
    (void)arg;
    buf_addf(&heard, "%llu at %llu: %.*s%s\n", (unsigned long long)tail,
             (unsigned long long)offset, (int)bytes.len,
             (const char *)bytes.data, ended ? "END" : "");
}

static int set_up(void **state)
{
    (void)state;
    uv_loop_init(&loop);
    alarm_set_init(&alarms, &loop);
    call_lines_init(&lines, &alarms, hear, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    call_lines_fini(&lines);
    alarm_set_fini(&alarms, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    buf_fini(&heard);
    return uv_loop_close(&loop);
}

static void say(const char *text)
{
    call_lines_add(&lines, view_str(text));
}

static void ask(uint64_t tail, uint64_t offset, uint32_t max)
{
    call_lines_tail(&lines, &(struct tail_wait){
                                .tail = tail, .offset = offset, .max = max });
}

static void expect_heard(const char *text)
{
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_string_equal(buf_text(&heard), text);
    buf_clear(&heard);
}

static void what_is_there_is_told_at_once(void **state)
{
    (void)state;
    say("hello");
    ask(1, 0, 100);
    ask(2, 1, 3);
    assert_string_equal(buf_text(&heard), "1 at 0: hello\n2 at 1: ell\n");
}

static void news_are_not_told_within_the_call(void **state)
{
    (void)state;
    ask(1, 0, 100);
    ask(2, 2, 100);
    say("he");
    say("llo");
    assert_string_equal(buf_text(&heard), "");
    expect_heard("1 at 0: hello\n2 at 2: llo\n");
    say("more");
    expect_heard(""); /* each tail has one answer */
    ask(3, 5, 100);
    expect_heard("3 at 5: more\n");
}

static void a_session_that_is_over_gets_no_answer(void **state)
{
    (void)state;
    ask(1, 0, 100);
    say("hello");
    call_lines_untail(&lines);
    expect_heard("");
}

static void too_many_readers_are_sent_away(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= TAIL_WAITS_MAX; i++)
        ask(i, 0, 1);
    expect_heard("");
    ask(99, 7, 1);
    expect_heard("99 at 7: END\n");
}

static void the_outcome_has_its_beginning_and_its_end(void **state)
{
    char piece[1000];
    struct body body = { 0 };
    struct buf room = { 0 };
    struct kept kept;

    (void)state;
    memset(piece, 'x', sizeof piece);
    say("first");
    for (int i = 0; i < 2000; i++)
        call_lines_add(&lines, view_of(piece, sizeof piece));
    say("last");
    call_lines_fill(&lines, &body, &room);
    kept = body_kept(&body, STREAM_OUT);
    assert_int_equal(body.out_len, 5 + 2000 * 1000 + 4);
    assert_true(body.out.len <= OUTPUT_LEN_MAX);
    assert_memory_equal(kept.head.data, "first", 5);
    assert_memory_equal(kept.end.data + kept.end.len - 4, "last", 4);
    assert_int_equal(kept_gap(&kept), body.out_len - OUTPUT_LEN_MAX);
    buf_fini(&room);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_there_is_told_at_once),
        TEST(news_are_not_told_within_the_call),
        TEST(a_session_that_is_over_gets_no_answer),
        TEST(too_many_readers_are_sent_away),
        TEST(the_outcome_has_its_beginning_and_its_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
