/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/progress.h"
#include "libcommon/check.h"

static struct progress progress;

static void begin(const char *title)
{
    progress_fini(&progress);
    progress_init(&progress, title);
}

/* 10 000 elements, of which n have ended, 3 of them failed. */
static struct counts counts_at(uint32_t n)
{
    return (struct counts){
        .n = 10000, .done = n - 3, .failed = 3, .running = 64, .retrying = 2
    };
}

static void assert_shown(int64_t now_ms, struct progress_style style,
                         const char *want)
{
    struct buf out = { 0 };

    progress_add(&progress, now_ms, style, &out);
    assert_string_equal(buf_text(&out), want);
    buf_fini(&out);
}

static const struct progress_style wide = { .utf8 = true };
static const struct jobinfo array = { .job = 42,
                                      .array = true,
                                      .kind = KIND_COMMAND };

static void the_line_has_all_of_it(void **state)
{
    struct counts c = counts_at(4232);

    (void)state;
    begin("42 sweep");
    progress_note(&progress, 0, &c);
    c = counts_at(7412);
    progress_note(&progress, 10000, &c);
    progress_note_failure(&progress, &array, 6114, view_str("n07"),
                          view_str("exit 1 \"singular\nmatrix\""));
    assert_shown(10000, wide,
                 "42 sweep  ██████████████▊░░░░░  7 412/10 000  74 %  318/s  "
                 "eta 8 s   run 64  retry 2  failed 3\n"
                 "          last failure 42.6114 on n07: exit 1 \"singular\\n"
                 "matrix\"   (yon logs 42.6114 --stderr)\n");
}

static void who_wrote_nothing_has_no_logs_to_see(void **state)
{
    const struct jobinfo call = { .job = 7, .kind = KIND_CALL };

    (void)state;
    begin("7");
    progress_note_failure(&progress, &call, 1, view_str("n07"),
                          view_str("boom"));
    assert_false(progress.has_logs);
    assert_string_equal(buf_text(&progress.failed), "7");
    progress_note_failure(&progress, &array, 3, (struct view){ 0 },
                          view_str("queue timeout"));
    assert_false(progress.has_logs);
    assert_string_equal(buf_text(&progress.failed), "42.3");
    progress_note_failure(&progress, &array, 3, view_str("n07"),
                          view_str("exit 1"));
    assert_true(progress.has_logs);
}

static void at_the_beginning_there_is_no_rate(void **state)
{
    struct counts c = { .n = 10 };

    (void)state;
    begin("7");
    progress_note(&progress, 0, &c);
    assert_shown(100, (struct progress_style){ .utf8 = true, .plain = true },
                 "7  0/10  0 %\n");
}

static void at_the_end_it_says_how_long_it_took(void **state)
{
    struct counts c = { .n = 8, .done = 8 };

    (void)state;
    begin("7");
    progress_note(&progress, 0, &(struct counts){ .n = 8 });
    progress_note_ended(&progress, 1000500, 1004000);
    progress_note_ended(&progress, 1000000, 1003000);
    progress_note(&progress, 9000, &c); /* looked at later */
    assert_shown(9000, (struct progress_style){ 0 },
                 "7  ####################  8/8  100 %  took 4 s\n");
}

static void a_single_job_shows_what_it_tells(void **state)
{
    struct counts c = { .n = 1, .running = 1 };
    struct op_progress said = { .done = 100,
                                .total = 1000,
                                .doing = view_str("frames\n") };

    (void)state;
    begin("7 render");
    progress_note(&progress, 0, &c);
    progress_note_report(&progress, 0, &(struct op_progress){ 0 });
    assert_shown(0, (struct progress_style){ .plain = true },
                 "7 render  0/1  0 %   run 1\n");
    progress_note_report(&progress, 0, &said);
    said.done = 300;
    progress_note_report(&progress, 10000, &said);
    assert_shown(10000, wide,
                 "7 render  ██████░░░░░░░░░░░░░░  300/1 000  30 %  20/s  "
                 "eta 35 s   frames\\n   run 1\n");
    said = (struct op_progress){ .done = 400 };
    progress_note_report(&progress, 20000, &said);
    assert_shown(20000, wide, "7 render  400  10/s   run 1\n");
    c = (struct counts){ .n = 1, .done = 1 };
    progress_note(&progress, 21000, &c);
    progress_note_ended(&progress, 1000000, 1021000);
    assert_shown(21000, (struct progress_style){ .plain = true },
                 "7 render  1/1  100 %  took 21 s\n");
}

static void slow_jobs_have_a_rate_too(void **state)
{
    struct counts c = { .n = 100 };

    (void)state;
    begin("7");
    progress_note(&progress, 0, &c);
    c.done = 1;
    progress_note(&progress, 60000, &c);
    assert_shown(60000, (struct progress_style){ .plain = true },
                 "7  1/100  1 %  1.0/min  eta 1 h 39 min\n");
}

static void a_narrow_terminal_gets_less(void **state)
{
    struct counts c = { .n = 100, .done = 50 };
    struct progress_style style = { .utf8 = true };

    (void)state;
    begin("7");
    progress_note(&progress, 0, &c);
    style.width = 37;
    assert_shown(0, style, "7  ██████████░░░░░░░░░░  50/100  50 %\n");
    style.width = 30;
    assert_shown(0, style, "7  █████░░░░░  50/100  50 %\n");
    style.width = 20;
    assert_shown(0, style, "7  50/100  50 %\n");
    style.width = 5;
    assert_shown(0, style, "7  50\n");
}

static void a_title_cannot_break_the_line(void **state)
{
    (void)state;
    begin("7 \x1b[2J\n");
    progress_note(&progress, 0, &(struct counts){ .n = 1 });
    assert_shown(0, (struct progress_style){ .plain = true },
                 "7 \\x1b[2J\\n  0/1  0 %\n");
    progress_fini(&progress);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_has_all_of_it),
        cmocka_unit_test(who_wrote_nothing_has_no_logs_to_see),
        cmocka_unit_test(at_the_beginning_there_is_no_rate),
        cmocka_unit_test(at_the_end_it_says_how_long_it_took),
        cmocka_unit_test(a_single_job_shows_what_it_tells),
        cmocka_unit_test(slow_jobs_have_a_rate_too),
        cmocka_unit_test(a_narrow_terminal_gets_less),
        cmocka_unit_test(a_title_cannot_break_the_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
