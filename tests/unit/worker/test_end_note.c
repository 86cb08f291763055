/* SPDX-License-Identifier: MIT */
/* What a process leaves to the one that takes its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/buf.h"
#include "worker/shell/life/crash_note.h"
#include "worker/shell/life/end_note.h"

static void add(int fd, uint64_t job, uint8_t state, const char *reason)
{
    struct outcome o = { .job = job,
                         .elem = 1,
                         .state = state,
                         .reason = view_str(reason),
                         .ended_by = ENDED_BY_KILL };

    end_note_add(fd, &o);
}

static void write_down(void *arg, const struct outcome *o)
{
    buf_addf(arg, "%llu %s %.*s;", (unsigned long long)o->job,
             state_name(o->state), (int)o->reason.len,
             (const char *)o->reason.data);
}

static void assert_left(int fd, const char *text)
{
    struct buf left = { 0 };

    end_note_take(fd, write_down, &left);
    assert_string_equal(buf_text(&left), text);
    buf_fini(&left);
}

static void each_end_is_told_once_and_in_order(void **state)
{
    int fd = crash_note_open();

    (void)state;
    assert_left(fd, "");
    add(fd, 7, STATE_EXPIRED, "run-timeout");
    add(fd, 8, STATE_CANCELLED, "cancelled");
    assert_left(fd, "7 expired run-timeout;8 cancelled cancelled;");
    assert_left(fd, "");
    add(fd, 9, STATE_EXPIRED, "deadline");
    assert_left(fd, "9 expired deadline;");
    close(fd);
}

static void what_is_damaged_is_left_out(void **state)
{
    int fd = crash_note_open();
    uint32_t len = 3;

    (void)state;
    add(fd, 7, STATE_WAITING, "is no end");
    add(fd, 8, STATE_CANCELLED, "cancelled");
    assert_true(lseek(fd, 0, SEEK_END) > 0);
    assert_int_equal(write(fd, &len, sizeof len), sizeof len);
    assert_int_equal(write(fd, "xyz", 2), 2);
    assert_left(fd, "8 cancelled cancelled;");
    close(fd);
}

static void a_process_without_a_note_has_none(void **state)
{
    (void)state;
    assert_left(-1, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_end_is_told_once_and_in_order),
        cmocka_unit_test(what_is_damaged_is_left_out),
        cmocka_unit_test(a_process_without_a_note_has_none),
    };
    return cmocka_run_group_tests_name("end_note", tests, NULL, NULL);
}
