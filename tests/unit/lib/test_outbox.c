/* SPDX-License-Identifier: MIT */
/* Frames wait in order until they are taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "libcommon/rt/zmq/outbox.h"

static void put(struct outbox *o, const char *text)
{
    struct buf frame = { 0 };

    buf_addf(&frame, "%s", text);
    outbox_take(o, &frame, 1);
    assert_null(frame.data); /* it is the outbox's now */
}

static void assert_first(struct outbox *o, const char *text)
{
    assert_non_null(outbox_first(o));
    assert_string_equal(buf_text(outbox_first(o)), text);
    outbox_drop_first(o);
}

static void frames_leave_in_the_order_they_came(void **state)
{
    struct outbox o = { 0 };

    (void)state;
    put(&o, "a");
    put(&o, "b");
    assert_first(&o, "a");
    put(&o, "c");
    assert_first(&o, "b");
    assert_first(&o, "c");
    assert_null(outbox_first(&o));
    put(&o, "d");
    assert_first(&o, "d");
    outbox_fini(&o);
}

static void what_is_cleared_is_gone(void **state)
{
    struct outbox o = { 0 };

    (void)state;
    outbox_clear(&o);
    put(&o, "a");
    put(&o, "b");
    outbox_clear(&o);
    assert_null(outbox_first(&o));
    put(&o, "c");
    assert_first(&o, "c");
    put(&o, "left behind");
    outbox_fini(&o);
}

static void one_that_is_never_empty_does_not_grow_for_ever(void **state)
{
    struct outbox o = { 0 };

    (void)state;
    put(&o, "first");
    for (int i = 0; i < 10000; i++) {
        put(&o, "next");
        outbox_drop_first(&o);
    }
    assert_true(o.cap < 100);
    outbox_fini(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_leave_in_the_order_they_came),
        cmocka_unit_test(what_is_cleared_is_gone),
        cmocka_unit_test(one_that_is_never_empty_does_not_grow_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
