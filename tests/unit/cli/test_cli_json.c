/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/json.h"
#include "libcommon/check.h"
#include "proto/bounds.h"
#include "proto/scan.h"
#include "proto/spec.h"

#define LITERAL(bytes) view_of(bytes, sizeof(bytes) - 1)

static void assert_json(struct view msgpack, const char *want)
{
    struct buf text = { 0 };
    json_t *value = NULL;

    assert_int_equal(json_from_msgpack(msgpack, &value), ERR_NONE);
    json_add(&text, value);
    assert_string_equal(buf_text(&text), want);
    buf_fini(&text);
}

static void assert_msgpack(const char *text, struct view want)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    struct buf out = { 0 };
    char errmsg[ERRMSG_LEN];

    assert_non_null(value);
    assert_int_equal(json_to_msgpack(value, &out, errmsg), ERR_NONE);
    assert_int_equal(out.len, want.len);
    assert_memory_equal(out.data, want.data, want.len);
    json_decref(value);
    buf_fini(&out);
}

/* There and back again. */
static void assert_both(struct view msgpack, const char *json)
{
    assert_json(msgpack, json);
    assert_msgpack(json, msgpack);
}

static void scalars_go_both_ways(void **state)
{
    (void)state;
    assert_both(LITERAL("\xc0"), "null");
    assert_both(LITERAL("\xc3"), "true");
    assert_both(LITERAL("\xc2"), "false");
    assert_both(LITERAL("\x07"), "7");
    assert_both(LITERAL("\xff"), "-1");
    assert_both(LITERAL("\xcb\x3f\xf8\0\0\0\0\0\0"), "1.5");
    assert_both(LITERAL("\xa2hi"), "\"hi\"");
    assert_both(LITERAL("\xa0"), "\"\"");
}

static void containers_go_both_ways(void **state)
{
    (void)state;
    assert_both(LITERAL("\x90"), "[]");
    assert_both(LITERAL("\x80"), "{}");
    assert_both(LITERAL("\x92\x01\x81\xa1k\x91\xc0"), "[1,{\"k\":[null]}]");
}

static void what_json_lacks_has_an_object(void **state)
{
    (void)state;
    assert_both(LITERAL("\xc4\x02\xff\0"), "{\"$base64\":\"/wA=\"}");
    assert_both(LITERAL("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
                "{\"$uint\":\"18446744073709551615\"}");
    assert_both(LITERAL("\xcb\x7f\xf0\0\0\0\0\0\0"), "{\"$float\":\"inf\"}");
    assert_both(LITERAL("\xcb\xff\xf0\0\0\0\0\0\0"), "{\"$float\":\"-inf\"}");
    assert_json(LITERAL("\xd4\x05\xff"), "{\"$base64\":\"/w==\",\"$ext\":5}");
}

static void bytes_that_are_text_are_strings(void **state)
{
    (void)state;
    assert_json(LITERAL("\xc4\x02hi"), "\"hi\"");
    assert_json(LITERAL("\xa1\xff"), "{\"$base64\":\"/w==\"}");
}

static void keys_become_text(void **state)
{
    (void)state;
    assert_json(LITERAL("\x82\x07\xc0\xc3\xc0"), "{\"7\":null,\"true\":null}");
    assert_json(LITERAL("\x81\xa2\xff\0\xc0"), "{\"\\\\xff\\\\x00\":null}");
}

static void what_is_not_msgpack_is_refused(void **state)
{
    json_t *value;

    (void)state;
    assert_int_equal(json_from_msgpack(LITERAL(""), &value), ERR_SHORT);
    assert_int_equal(json_from_msgpack(LITERAL("\xa5hi"), &value), ERR_SHORT);
    assert_int_equal(json_from_msgpack(LITERAL("\xc0\xc0"), &value),
                     ERR_FORMAT);
    assert_int_equal(
        json_from_msgpack(LITERAL("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91"
                                  "\x91\x91\x91\x91\x91\x91\x91\xc0"),
                          &value),
        ERR_RANGE);
}

static void assert_refused(const char *text, enum err want)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    struct buf out = { 0 };
    char errmsg[ERRMSG_LEN] = "";

    assert_non_null(value);
    assert_int_equal(json_to_msgpack(value, &out, errmsg), want);
    assert_string_not_equal(errmsg, "");
    json_decref(value);
    buf_fini(&out);
}

static void objects_that_lie_are_refused(void **state)
{
    (void)state;
    assert_refused("{\"$base64\":\"x\"}", ERR_FORMAT);
    assert_refused("{\"$base64\":\"a=aa\"}", ERR_FORMAT);
    assert_refused("{\"$base64\":\"aa=a\"}", ERR_FORMAT);
    assert_refused("{\"$uint\":\"-1\"}", ERR_FORMAT);
    assert_refused("{\"$uint\":\"1x\"}", ERR_FORMAT);
    assert_refused("{\"$float\":\"1.5\"}", ERR_FORMAT);
    assert_refused("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", ERR_RANGE);
}

static void what_is_packed_keeps_the_depth_of_values(void **state)
{
    json_t *value = json_loads("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", 0, NULL);
    struct buf out = { 0 };

    (void)state;
    assert_int_equal(json_to_msgpack(value, &out, NULL), ERR_NONE);
    assert_int_equal(scan_one(buf_view(&out), VALUE_DEPTH_MAX), ERR_NONE);
    json_decref(value);
    buf_fini(&out);
}

static void assert_value(json_t *value, const char *want)
{
    struct buf text = { 0 };

    json_add(&text, value);
    assert_string_equal(buf_text(&text), want);
    buf_fini(&text);
}

static void numbers_are_short_and_exact(void **state)
{
    (void)state;
    assert_value(json_real(0.1), "0.1");
    assert_value(json_real(0.1 + 0.2), "0.30000000000000004");
    assert_value(json_pack("[f, {s:f}]", 0.003, "k", 1.0 / 3),
                 "[0.003,{\"k\":0.3333333333333333}]");
    assert_value(json_real(1e300), "1e300");
    assert_value(json_real(2), "2.0");
}

static void unknown_is_null(void **state)
{
    (void)state;
    assert_value(json_time(0), "null");
    assert_value(json_seconds(0, 5), "null");
    assert_value(json_seconds(5, 0), "null");
    assert_value(json_seconds(1000, 2500), "1.5");
    assert_value(json_time(5), "\"1970-01-01T00:00:00.005Z\"");
    assert_value(json_text_or_null(LITERAL("")), "null");
    assert_value(json_text(LITERAL("a\xff")), "\"a\\\\xff\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_go_both_ways),
        cmocka_unit_test(containers_go_both_ways),
        cmocka_unit_test(what_json_lacks_has_an_object),
        cmocka_unit_test(bytes_that_are_text_are_strings),
        cmocka_unit_test(keys_become_text),
        cmocka_unit_test(what_is_not_msgpack_is_refused),
        cmocka_unit_test(objects_that_lie_are_refused),
        cmocka_unit_test(what_is_packed_keeps_the_depth_of_values),
        cmocka_unit_test(numbers_are_short_and_exact),
        cmocka_unit_test(unknown_is_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
