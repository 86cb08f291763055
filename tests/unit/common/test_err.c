/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/err.h"

static void every_code_has_a_text_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a <= ERR_INTERRUPTED; a++) {
        assert_string_not_equal(err_text((enum err)a), "unknown error");
        for (int b = 0; b < a; b++)
            assert_string_not_equal(err_text((enum err)a),
                                    err_text((enum err)b));
    }
}

static void public_codes_are_the_negative_ones(void **state)
{
    (void)state;
    assert_int_equal(YON_ETIMEOUT, -ERR_TIMEOUT);
    assert_string_equal(yon_strerror(YON_ETIMEOUT), err_text(ERR_TIMEOUT));
    assert_string_equal(yon_strerror(0), err_text(ERR_NONE));
}

static void codes_of_nobody_have_a_text_too(void **state)
{
    (void)state;
    assert_string_equal(yon_strerror(-9999), "unknown error");
    assert_string_equal(yon_strerror(ERR_TIMEOUT), "unknown error");
    assert_string_equal(yon_strerror(INT_MIN), "unknown error");
    assert_string_equal(yon_strerror(INT_MAX), "unknown error");
}

static void set_and_wrap_build_a_message(void **state)
{
    char msg[ERRMSG_LEN];

    (void)state;
    assert_int_equal(err_set(msg, ERR_IO, "read %d", 5), ERR_IO);
    assert_int_equal(err_wrap(msg, ERR_IO, "open %s", "x"), ERR_IO);
    assert_string_equal(msg, "open x: read 5");
}

static void long_messages_are_cut(void **state)
{
    char msg[ERRMSG_LEN + 1], text[1000];

    (void)state;
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    msg[ERRMSG_LEN] = '#';

    err_set(msg, ERR_IO, "%s", text);
    assert_int_equal(strlen(msg), ERRMSG_LEN - 1);
    err_wrap(msg, ERR_IO, "b");
    assert_int_equal(strlen(msg), ERRMSG_LEN - 1);
    assert_memory_equal(msg, "b: aaa", 6);
    err_wrap(msg, ERR_IO, "%s", text);
    assert_int_equal(strlen(msg), ERRMSG_LEN - 1);
    assert_int_equal(msg[ERRMSG_LEN], '#');
}

static void no_message_is_fine(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, ERR_IO, "x"), ERR_IO);
    assert_int_equal(err_wrap(NULL, ERR_IO, "x"), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_text_of_its_own),
        cmocka_unit_test(public_codes_are_the_negative_ones),
        cmocka_unit_test(codes_of_nobody_have_a_text_too),
        cmocka_unit_test(set_and_wrap_build_a_message),
        cmocka_unit_test(long_messages_are_cut),
        cmocka_unit_test(no_message_is_fine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
