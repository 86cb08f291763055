/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/items.h"
#include "libcommon/check.h"
#include "proto/bounds.h"
#include "proto/spec.h"

static struct items items;
static char errmsg[ERRMSG_LEN];

static enum err read_bytes(const void *bytes, size_t len)
{
    FILE *in = len > 0 ? fmemopen((void *)(uintptr_t)bytes, len, "r")
                       : fopen("/dev/null", "r");
    enum err err;

    assert_non_null(in);
    items_fini(&items);
    err = items_read(&items, in, errmsg);
    fclose(in);
    return err;
}

static void assert_items(const char *const *want, uint32_t n)
{
    struct view rest = buf_view(&items.packed);

    assert_int_equal(items.n, n);
    assert_int_equal(items_check(rest, n), ERR_NONE);
    for (uint32_t i = 0; i < n; i++)
        assert_true(view_equal(items_take(&rest), view_str(want[i])));
}

static void each_line_is_an_item_as_it_is(void **state)
{
    static const char text[] =
        "plain\n two words \n'\"\\\n\xff\xfe\n\nlast\r\n";
    static const char *const want[] = { "plain", " two words ",
                                        "'\"\\", "\xff\xfe",
                                        "",      "last\r" };

    (void)state;
    assert_int_equal(read_bytes(text, sizeof text - 1), ERR_NONE);
    assert_items(want, 6);
}

static void a_last_line_without_newline_counts(void **state)
{
    static const char *const want[] = { "a", "b" };

    (void)state;
    assert_int_equal(read_bytes("a\nb", 3), ERR_NONE);
    assert_items(want, 2);
}

static void an_empty_file_has_no_items(void **state)
{
    (void)state;
    assert_int_equal(read_bytes("", 0), ERR_NONE);
    assert_int_equal(items.n, 0);
}

static void a_nul_is_refused_with_its_line(void **state)
{
    (void)state;
    assert_int_equal(read_bytes("a\nb\nc\0d\n", 8), ERR_FORMAT);
    assert_non_null(strstr(errmsg, "line 3"));
    assert_non_null(strstr(errmsg, "not as of -print0"));
}

static void lines_longer_than_a_read_are_whole(void **state)
{
    static char text[50001];
    static const char *want[] = { text };

    (void)state;
    memset(text, 'x', 50000);
    assert_int_equal(read_bytes(text, 50000), ERR_NONE);
    assert_items(want, 1);
}

static void more_than_a_message_takes_is_refused(void **state)
{
    static char line[1 << 20];
    struct view view = view_of(line, sizeof line);
    uint32_t n = 0;

    (void)state;
    items_fini(&items);
    memset(line, 'x', sizeof line);
    while (items_append(&items, view, errmsg) == ERR_NONE)
        n++;
    assert_int_equal(n, 23);
    assert_true(items.packed.len <= ITEMS_LEN_MAX);
    assert_non_null(strstr(errmsg, "split"));
}

static void an_endless_line_is_refused(void **state)
{
    FILE *in = fopen("/dev/zero", "r");

    (void)state;
    assert_non_null(in);
    items_fini(&items);
    assert_int_equal(items_read(&items, in, errmsg), ERR_LIMIT);
    fclose(in);
}

static void a_directory_is_an_error(void **state)
{
    FILE *in = fopen("/", "r");

    (void)state;
    assert_non_null(in);
    assert_int_equal(items_read(&items, in, errmsg), ERR_IO);
    fclose(in);
    items_fini(&items);
}

static void a_range_needs_no_bytes(void **state)
{
    (void)state;
    items_from_range(&items, (struct number_range){ 1, 1000, 2 });
    assert_int_equal(items.n, 500);
    assert_int_equal(items.first, 1);
    assert_int_equal(items.step, 2);
    assert_int_equal(items.packed.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_is_an_item_as_it_is),
        cmocka_unit_test(a_last_line_without_newline_counts),
        cmocka_unit_test(an_empty_file_has_no_items),
        cmocka_unit_test(a_nul_is_refused_with_its_line),
        cmocka_unit_test(lines_longer_than_a_read_are_whole),
        cmocka_unit_test(more_than_a_message_takes_is_refused),
        cmocka_unit_test(an_endless_line_is_refused),
        cmocka_unit_test(a_directory_is_an_error),
        cmocka_unit_test(a_range_needs_no_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
