/* SPDX-License-Identifier: MIT */
/* What calls have printed is there for the next process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "worker/shell/life/crash_note.h"
#include "worker/shell/life/said_note.h"

static const struct attempt_key first = { .job = 1, .elem = 1, .attempt = 1 };
static const struct attempt_key second = { .job = 2, .elem = 1, .attempt = 2 };

static int set_up(void **state)
{
    static struct said_note note;

    note = (struct said_note){ .fd = crash_note_open() };
    *state = &note;
    return note.fd < 0;
}

static int tear_down(void **state)
{
    struct said_note *n = *state;

    return close(n->fd);
}

static void expect_said(const struct said_note *n, struct attempt_key id,
                        const char *text)
{
    struct buf out = { 0 };

    said_note_read(n->fd, id, &out);
    assert_string_equal(buf_text(&out), text);
    buf_fini(&out);
}

static void each_call_has_its_lines_in_order(void **state)
{
    struct said_note *n = *state;

    expect_said(n, first, "");
    said_note_add(n, first, view_str("one\n"));
    said_note_add(n, second, view_str("other\n"));
    said_note_add(n, first, view_str("two\n"));
    expect_said(n, first, "one\ntwo\n");
    expect_said(n, second, "other\n");
}

static void it_is_forgotten(void **state)
{
    struct said_note *n = *state;
    struct said_note next = { .fd = n->fd };

    said_note_add(n, first, view_str("one\n"));
    said_note_clear(n->fd);
    expect_said(n, first, "");
    said_note_add(&next, second, view_str("new\n"));
    expect_said(&next, first, "");
    expect_said(&next, second, "new\n");
}

/* Of much the end is there, at least a half of it; and nothing twice. */
static void the_last_lines_count(void **state)
{
    struct said_note *n = *state;
    struct buf out = { 0 }, want = { 0 };
    char line[32];

    for (int i = 0; i < 100000; i++) {
        snprintf(line, sizeof line, "line %d\n", i);
        said_note_add(n, i % 2 == 0 ? first : second, view_str(line));
    }
    said_note_read(n->fd, first, &out);
    for (int i = 99998; i > 0 && want.len < out.len; i -= 2) {
        snprintf(line, sizeof line, "line %d\n", i);
        assert_memory_equal(out.data + out.len - want.len - strlen(line), line,
                            strlen(line));
        buf_addf(&want, "%s", line);
    }
    assert_int_equal(want.len, out.len);
    assert_true(out.len > SAID_NOTE_HALF / 16);
    buf_fini(&out);
    buf_fini(&want);
}

static void of_a_long_text_its_end_is_there(void **state)
{
    struct said_note *n = *state;
    struct buf text = { 0 }, out = { 0 };

    for (int i = 0; i < 100000; i++)
        buf_addf(&text, "line %d\n", i);
    said_note_add(n, first, view_str("before\n"));
    said_note_add(n, first, buf_view(&text));
    said_note_add(n, first, view_str("after\n"));
    said_note_read(n->fd, first, &out);
    assert_true(out.len > SAID_NOTE_HALF - 200);
    assert_memory_equal(out.data + out.len - 17, "line 99999\nafter\n", 17);
    buf_fini(&text);
    buf_fini(&out);
}

static void without_memory_nothing_is_noted(void **state)
{
    struct said_note none = { .fd = -1 };

    (void)state;
    said_note_add(&none, first, view_str("one\n"));
    said_note_clear(-1);
    expect_said(&none, first, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(each_call_has_its_lines_in_order),
        TEST(it_is_forgotten),
        TEST(the_last_lines_count),
        TEST(of_a_long_text_its_end_is_there),
        TEST(without_memory_nothing_is_noted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
