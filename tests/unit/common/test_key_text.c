/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/key_text.h"

/* Made by the reference code of BIP 350. */
#define COUNTING \
    "ykp1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0scgxc0f"
#define FALLING "yks1lll0ml8mltul3alk7h608uh37rh7am0va04wn688umj7fclzu8sqjtuxg4"

static struct curve_key counting(uint8_t first, int step)
{
    struct curve_key key;

    for (int i = 0; i < KEY_LEN; i++)
        key.bytes[i] = (uint8_t)(first + step * i);
    return key;
}

static void keys_are_written_and_read(void **state)
{
    const struct curve_key up = counting(0, 1), down = counting(255, -1);
    char text[KEY_TEXT_LEN];
    struct curve_key back;

    (void)state;
    key_format(KEY_PUBLIC, &up, text);
    assert_string_equal(text, COUNTING);
    key_format(KEY_SECRET, &down, text);
    assert_string_equal(text, FALLING);
    assert_int_equal(key_parse(KEY_PUBLIC, COUNTING, &back, NULL), ERR_NONE);
    assert_true(curve_key_equal(&back, &up));
    assert_int_equal(key_parse(KEY_SECRET, FALLING, &back, NULL), ERR_NONE);
    assert_true(curve_key_equal(&back, &down));
    assert_false(curve_key_equal(&back, &up));
}

static void every_wrong_character_is_noticed(void **state)
{
    char text[KEY_TEXT_LEN];
    struct curve_key key;

    (void)state;
    for (size_t i = 0; i < KEY_TEXT_LEN - 1; i++)
        for (const char *c = "qpzry9x8gf2tvdw0s3jn54khce6mua7l1bio~"; *c; c++) {
            memcpy(text, COUNTING, sizeof text);
            if (text[i] == *c)
                continue;
            text[i] = *c;
            assert_int_equal(key_parse(KEY_PUBLIC, text, &key, NULL),
                             ERR_FORMAT);
        }
    assert_int_equal(key_parse(KEY_PUBLIC, COUNTING "q", &key, NULL),
                     ERR_FORMAT);
    assert_int_equal(key_parse(KEY_PUBLIC, "", &key, NULL), ERR_FORMAT);
    assert_int_equal(key_parse(KEY_PUBLIC, "ykp1", &key, NULL), ERR_FORMAT);
}

static void a_secret_key_is_not_taken_for_a_public_one(void **state)
{
    char errmsg[ERRMSG_LEN];
    struct curve_key key;

    (void)state;
    assert_int_equal(key_parse(KEY_PUBLIC, FALLING, &key, errmsg), ERR_FORMAT);
    assert_non_null(strstr(errmsg, "a secret key"));
    assert_null(strstr(errmsg, "lll0ml"));
    assert_int_equal(key_parse(KEY_SECRET, COUNTING, &key, errmsg), ERR_FORMAT);
    assert_non_null(strstr(errmsg, "a public key"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_written_and_read),
        cmocka_unit_test(every_wrong_character_is_noticed),
        cmocka_unit_test(a_secret_key_is_not_taken_for_a_public_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
