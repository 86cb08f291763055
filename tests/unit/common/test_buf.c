/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/buf.h"

static void view_of_null_text_is_empty(void **state)
{
    (void)state;
    assert_int_equal(view_str(NULL).len, 0);
    assert_int_equal(view_str("abc").len, 3);
}

static void views_are_equal_by_content(void **state)
{
    char copy[] = "abc";

    (void)state;
    assert_true(view_equal(view_str("abc"), view_of(copy, 3)));
    assert_false(view_equal(view_str("abc"), view_str("abd")));
    assert_false(view_equal(view_str("abc"), view_str("ab")));
    assert_true(view_equal(view_of(NULL, 0), view_str("")));
}

static void take_moves_the_front(void **state)
{
    struct view in = view_str("hello"), out = { 0 };

    (void)state;
    assert_int_equal(view_take(&in, 2, &out), ERR_NONE);
    assert_true(view_equal(out, view_str("he")));
    assert_true(view_equal(in, view_str("llo")));
    assert_int_equal(view_take(&in, 3, &out), ERR_NONE);
    assert_int_equal(in.len, 0);
    assert_int_equal(view_take(&in, 0, &out), ERR_NONE);
}

static void take_of_too_much_changes_nothing(void **state)
{
    struct view in = view_str("hi"), out = view_str("before");

    (void)state;
    assert_int_equal(view_take(&in, 3, &out), ERR_SHORT);
    assert_int_equal(view_take(&in, SIZE_MAX, &out), ERR_SHORT);
    assert_true(view_equal(in, view_str("hi")));
    assert_true(view_equal(out, view_str("before")));
}

static void take_of_nothing_from_nothing_is_fine(void **state)
{
    struct view in = { 0 }, out = view_str("before");

    (void)state;
    assert_int_equal(view_take(&in, 0, &out), ERR_NONE);
    assert_int_equal(out.len, 0);
}

static void buf_grows_and_keeps_its_content(void **state)
{
    struct buf b = { 0 };

    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        uint8_t byte = (uint8_t)(i * 7);

        buf_add(&b, &byte, 1);
    }
    assert_int_equal(b.len, 5000);
    assert_true(b.cap >= b.len);
    for (unsigned i = 0; i < 5000; i++)
        assert_int_equal(b.data[i], (uint8_t)(i * 7));
    buf_fini(&b);
    assert_null(b.data);
    buf_fini(&b);
    buf_fini(NULL);
}

static void clear_keeps_the_memory(void **state)
{
    struct buf b = { 0 };
    uint8_t *data;

    (void)state;
    buf_add_view(&b, view_str("something"));
    data = b.data;
    buf_clear(&b);
    assert_int_equal(b.len, 0);
    buf_add_view(&b, view_str("else"));
    assert_ptr_equal(b.data, data);
    assert_true(view_equal(buf_view(&b), view_str("else")));
    buf_fini(&b);
}

static void room_is_not_counted(void **state)
{
    struct buf b = { 0 };

    (void)state;
    buf_add_view(&b, view_str("x"));
    memset(buf_room(&b, 100000), 'y', 100000);
    assert_int_equal(b.len, 1);
    b.len += 2;
    assert_string_equal(buf_text(&b), "xyy");
    buf_fini(&b);
}

static void formatted_text_is_appended(void **state)
{
    struct buf b = { 0 };

    (void)state;
    buf_addf(&b, "%s=%d", "a", 1);
    buf_addf(&b, "%c", ',');
    buf_addf(&b, "%0200d", 7); /* longer than the first allocation */
    assert_int_equal(b.len, 3 + 1 + 200);
    assert_memory_equal(b.data, "a=1,000", 7);
    assert_int_equal(b.data[203], '7');
    buf_fini(&b);
}

static void text_of_an_empty_buf_is_empty(void **state)
{
    struct buf b = { 0 };

    (void)state;
    assert_string_equal(buf_text(&b), "");
    assert_int_equal(b.len, 0);
    buf_fini(&b);
}

static void blob_lives_until_its_last_user_goes(void **state)
{
    char text[] = "constant";
    struct blob *b = blob_new(view_str(text));

    (void)state;
    text[0] = 'X'; /* the blob has a copy */
    assert_ptr_equal(blob_ref(b), b);
    blob_unref(b);
    assert_true(view_equal(blob_view(b), view_str("constant")));
    blob_unref(b);
}

static void no_blob_is_an_empty_one(void **state)
{
    (void)state;
    assert_null(blob_ref(NULL));
    blob_unref(NULL);
    assert_int_equal(blob_view(NULL).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(view_of_null_text_is_empty),
        cmocka_unit_test(views_are_equal_by_content),
        cmocka_unit_test(take_moves_the_front),
        cmocka_unit_test(take_of_too_much_changes_nothing),
        cmocka_unit_test(take_of_nothing_from_nothing_is_fine),
        cmocka_unit_test(buf_grows_and_keeps_its_content),
        cmocka_unit_test(clear_keeps_the_memory),
        cmocka_unit_test(room_is_not_counted),
        cmocka_unit_test(formatted_text_is_appended),
        cmocka_unit_test(text_of_an_empty_buf_is_empty),
        cmocka_unit_test(blob_lives_until_its_last_user_goes),
        cmocka_unit_test(no_blob_is_an_empty_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
