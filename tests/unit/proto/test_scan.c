/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "proto/scan.h"

#define LITERAL(bytes) view_of(bytes, sizeof(bytes) - 1)

/* Exactly these bytes are a value; fewer are not, more do not matter. */
static void assert_measured(struct view value)
{
    struct buf longer = { 0 };
    size_t len = 0;

    assert_int_equal(scan_one(value, 3), ERR_NONE);
    for (size_t n = 0; n < value.len; n++)
        assert_int_equal(scan_one(view_of(value.data, n), 3), ERR_SHORT);
    buf_add_view(&longer, value);
    buf_add(&longer, "\xc1", 1);
    assert_int_equal(scan_value(buf_view(&longer), 3, &len), ERR_NONE);
    assert_int_equal(len, value.len);
    assert_int_equal(scan_one(buf_view(&longer), 3), ERR_FORMAT);
    buf_fini(&longer);
}

static void values_of_all_types_are_measured(void **state)
{
    static const struct view values[] = {
#define ROW(bytes) { (const uint8_t *)(bytes), sizeof(bytes) - 1 }
        ROW("\x00"),
        ROW("\x7f"),
        ROW("\xe0"),
        ROW("\xff"),
        ROW("\xc0"),
        ROW("\xc2"),
        ROW("\xc3"),
        ROW("\xcc\1"),
        ROW("\xcd\1\2"),
        ROW("\xce\1\2\3\4"),
        ROW("\xcf\1\2\3\4\5\6\7\10"),
        ROW("\xd0\1"),
        ROW("\xd1\1\2"),
        ROW("\xd2\1\2\3\4"),
        ROW("\xd3\1\2\3\4\5\6\7\10"),
        ROW("\xca\1\2\3\4"),
        ROW("\xcb\1\2\3\4\5\6\7\10"),
        ROW("\xa0"),
        ROW("\xa3xyz"),
        ROW("\xbf"
            "1234567890123456789012345678901"),
        ROW("\xd9\0"),
        ROW("\xd9\2xy"),
        ROW("\xda\0\2xy"),
        ROW("\xdb\0\0\0\2xy"),
        ROW("\xc4\0"),
        ROW("\xc4\2xy"),
        ROW("\xc5\0\2xy"),
        ROW("\xc6\0\0\0\2xy"),
        ROW("\xc7\0\1"),
        ROW("\xc7\2\1xy"),
        ROW("\xc8\0\2\1xy"),
        ROW("\xc9\0\0\0\2\1xy"),
        ROW("\xd4\1x"),
        ROW("\xd5\1xy"),
        ROW("\xd6\1wxyz"),
        ROW("\xd7\1stuvwxyz"),
        ROW("\xd8\1stuvwxyzstuvwxyz"),
        ROW("\x90"),
        ROW("\x92\1\2"),
        ROW("\xdc\0\0"),
        ROW("\xdc\0\2\1\2"),
        ROW("\xdd\0\0\0\2\1\2"),
        ROW("\x80"),
        ROW("\x82\1\2\3\4"),
        ROW("\xde\0\0"),
        ROW("\xde\0\2\1\2\3\4"),
        ROW("\xdf\0\0\0\2\1\2\3\4"),
        ROW("\x93\x90\x91\x80\x81\xa1k\x91\xc4\1x"),
#undef ROW
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        assert_measured(values[i]);
}

static void every_first_byte_but_one_begins_a_value(void **state)
{
    uint8_t bytes[80] = { 0 };
    size_t len;

    (void)state;
    for (unsigned first = 0; first <= 255; first++) {
        bytes[0] = (uint8_t)first;
        assert_int_equal(scan_value(view_of(bytes, sizeof bytes), 1, &len),
                         first == 0xc1 ? ERR_FORMAT : ERR_NONE);
    }
}

static void depth_counts_containers(void **state)
{
    (void)state;
    assert_int_equal(scan_one(LITERAL("\1"), 0), ERR_NONE);
    assert_int_equal(scan_one(LITERAL("\x90"), 0), ERR_RANGE);
    assert_int_equal(scan_one(LITERAL("\x91\1"), 1), ERR_NONE);
    assert_int_equal(scan_one(LITERAL("\x91\x80"), 1), ERR_RANGE);
    assert_int_equal(scan_one(LITERAL("\x92\x90\x90"), 2), ERR_NONE);
    assert_int_equal(scan_one(LITERAL("\x92\x90\x91\x90"), 2), ERR_RANGE);
}

static void deep_nesting_is_refused_at_any_length(void **state)
{
    uint8_t bytes[100000];
    size_t len;

    (void)state;
    memset(bytes, 0x91, sizeof bytes);
    assert_int_equal(scan_one(view_of(bytes, sizeof bytes), SCAN_DEPTH_MAX),
                     ERR_RANGE);
    memset(bytes, 0x81, sizeof bytes);
    assert_int_equal(
        scan_value(view_of(bytes, sizeof bytes), SCAN_DEPTH_MAX, &len),
        ERR_RANGE);
    /* As deep as may be. */
    memset(bytes, 0x91, SCAN_DEPTH_MAX);
    bytes[SCAN_DEPTH_MAX] = 0xc0;
    assert_int_equal(
        scan_one(view_of(bytes, SCAN_DEPTH_MAX + 1), SCAN_DEPTH_MAX), ERR_NONE);
}

static void lying_counts_are_refused(void **state)
{
    (void)state;
    assert_int_equal(scan_one(LITERAL("\xdd\xff\xff\xff\xff"), 1), ERR_SHORT);
    assert_int_equal(scan_one(LITERAL("\xdf\xff\xff\xff\xff\1\1"), 1),
                     ERR_SHORT);
    assert_int_equal(scan_one(LITERAL("\xdc\xff\xff\1\1"), 1), ERR_SHORT);
    assert_int_equal(scan_one(LITERAL("\xdb\xff\xff\xff\xffx"), 1), ERR_SHORT);
    assert_int_equal(scan_one(LITERAL("\xc6\xff\xff\xff\xffx"), 1), ERR_SHORT);
    assert_int_equal(scan_one(LITERAL("\xc9\xff\xff\xff\xff\1x"), 1),
                     ERR_SHORT);
    /* What the outer array owes is not there behind the inner one. */
    assert_int_equal(scan_one(LITERAL("\x93\x92\1\1\1"), 2), ERR_SHORT);
}

static void values_are_counted(void **state)
{
    struct view three = LITERAL("\x92\1\2");
    struct scan_size size;

    (void)state;
    assert_int_equal(scan_limited(three, (struct scan_limits){ 1, 3 }, &size),
                     ERR_NONE);
    assert_int_equal(size.len, 3);
    assert_int_equal(size.values, 3);
    assert_int_equal(scan_limited(three, (struct scan_limits){ 1, 2 }, &size),
                     ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_all_types_are_measured),
        cmocka_unit_test(every_first_byte_but_one_begins_a_value),
        cmocka_unit_test(depth_counts_containers),
        cmocka_unit_test(deep_nesting_is_refused_at_any_length),
        cmocka_unit_test(lying_counts_are_refused),
        cmocka_unit_test(values_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
