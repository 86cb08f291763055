/* SPDX-License-Identifier: MIT */
/* JSON of an item, as msgpack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "proto/jsonitem.h"
#include "proto/scan.h"

static void assert_packed(const char *json, const char *want, size_t len)
{
    struct buf out = { 0 };
    char errmsg[ERRMSG_LEN] = "";

    if (jsonitem_pack(&out, view_str(json), 4, errmsg) != ERR_NONE)
        fail_msg("%s: %s", json, errmsg);
    if (!view_equal(buf_view(&out), view_of(want, len)))
        fail_msg("%s became something else", json);
    assert_int_equal(scan_one(buf_view(&out), 4), ERR_NONE);
    buf_fini(&out);
}

static void each_kind_of_value_is_packed(void **state)
{
    static const struct {
        const char *json, *want;
        size_t len;
    } rows[] = {
#define ROW(json, want) { json, want, sizeof(want) - 1 }
        ROW("null", "\xc0"),
        ROW("true", "\xc3"),
        ROW(" false\n", "\xc2"),
        ROW("0", "\0"),
        ROW("-0", "\0"),
        ROW("7", "\7"),
        ROW("-1", "\xff"),
        ROW("300", "\xcd\1\x2c"),
        ROW("9223372036854775807", "\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"),
        ROW("-9223372036854775808", "\xd3\x80\0\0\0\0\0\0\0"),
        ROW("1.5", "\xcb\x3f\xf8\0\0\0\0\0\0"),
        ROW("1e0", "\xcb\x3f\xf0\0\0\0\0\0\0"),
        ROW("-25E-1", "\xcb\xc0\x04\0\0\0\0\0\0"),
        ROW("\"\"", "\xa0"),
        ROW("\"a\\\"\\\\\\/\\n\"", "\xa5"
                                   "a\"\\/\n"),
        ROW("\"\\u00e9\\u20AC\"", "\xa5\xc3\xa9\xe2\x82\xac"),
        ROW("\"\\ud83d\\ude00\xc3\xa9\"", "\xa6\xf0\x9f\x98\x80\xc3\xa9"),
        ROW("[]", "\x90"),
        ROW("{ }", "\x80"),
        ROW("[1, [2] ,{\"k\" : {}}]", "\x93\1\x91\2\x81\xa1k\x80"),
        ROW("{\"b\":1,\"a\":2}", "\x82\xa1"
                                 "b\1\xa1"
                                 "a\2"),
#undef ROW
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_packed(rows[i].json, rows[i].want, rows[i].len);
}

static void assert_refused(const char *json, enum err want)
{
    struct buf out = { 0 };
    char errmsg[ERRMSG_LEN] = "";
    enum err err = jsonitem_pack(&out, view_str(json), 4, errmsg);

    if (err != want || errmsg[0] == '\0')
        fail_msg("%s: %s: \"%s\"", json, err_text(err), errmsg);
    buf_fini(&out);
}

static void what_is_no_json_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        " ",
        "abc",
        "nul",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x1",
        "1 2",
        "'a'",
        "\"a",
        "\"a\\",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u0000\"",
        "\"\\ud83d\"",
        "\"\\udc00\"",
        "\"\\ud83d\\u0041\"",
        "\"\n\"",
        "\"\xff\"",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,]",
        "]",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\" 1}",
        "[1}",
        "nan",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_refused(rows[i], ERR_FORMAT);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    assert_refused("9223372036854775808", ERR_RANGE);
    assert_refused("-9223372036854775809", ERR_RANGE);
    assert_refused("1e999", ERR_RANGE);
    assert_packed("[[[[1]]]]", "\x91\x91\x91\x91\1", 5);
    assert_refused("[[[[[1]]]]]", ERR_RANGE);
}

static void heads_of_long_lists_are_right(void **state)
{
    struct buf json = { 0 }, out = { 0 };

    (void)state;
    buf_addf(&json, "[0");
    for (int i = 1; i < 70000; i++)
        buf_addf(&json, ",0");
    buf_addf(&json, "]");
    assert_int_equal(jsonitem_pack(&out, buf_view(&json), 4, NULL), ERR_NONE);
    assert_int_equal(out.len, 5 + 70000);
    assert_int_equal(scan_one(buf_view(&out), 4), ERR_NONE);
    buf_fini(&json);
    buf_fini(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_value_is_packed),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(heads_of_long_lists_are_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
