/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "proto/bounds.h"
#include "proto/spec.h"
#include "proto/value.h"

static char errmsg[ERRMSG_LEN];

static enum err pack(struct buf *out, const char *format, ...)
{
    va_list args;
    enum err err;

    errmsg[0] = 0;
    va_start(args, format);
    err = value_pack(out, format, args, errmsg);
    va_end(args);
    return err;
}

static enum err unpack(struct value_doc *a, struct view in, const char *format,
                       ...)
{
    va_list args;
    enum err err;

    errmsg[0] = 0;
    va_start(args, format);
    err = value_unpack(a, in, format, args, errmsg);
    va_end(args);
    return err;
}

#define LITERAL(bytes) view_of(bytes, sizeof(bytes) - 1)
/* Packs as exactly these bytes. */
#define PACKS(bytes, ...)                                        \
    do {                                                         \
        struct buf out = { 0 };                                  \
                                                                 \
        assert_int_equal(pack(&out, __VA_ARGS__), ERR_NONE);     \
        assert_true(view_equal(buf_view(&out), LITERAL(bytes))); \
        buf_fini(&out);                                          \
    } while (0)
#define PACK_REFUSED(err, why, ...)                     \
    do {                                                \
        struct buf out = { 0 };                         \
                                                        \
        assert_int_equal(pack(&out, __VA_ARGS__), err); \
        assert_string_equal(errmsg, why);               \
        assert_int_equal(out.len, 0);                   \
        buf_fini(&out);                                 \
    } while (0)
#define UNPACKS(bytes, ...) \
    assert_int_equal(unpack(a, LITERAL(bytes), __VA_ARGS__), ERR_NONE)
#define UNPACK_REFUSED(err, why, bytes, ...)                           \
    do {                                                               \
        assert_int_equal(unpack(a, LITERAL(bytes), __VA_ARGS__), err); \
        assert_string_equal(errmsg, why);                              \
    } while (0)

static int new_doc(void **state)
{
    static struct value_doc doc;

    doc = (struct value_doc){ 0 };
    *state = &doc;
    return 0;
}

static int free_doc(void **state)
{
    value_doc_fini(*state);
    return 0;
}

static void single_values_are_packed_as_they_are(void **state)
{
    (void)state;
    PACKS("\xc0", "");
    PACKS("\xc0", "n");
    PACKS("\xc3", "b", 7);
    PACKS("\xc2", "b", 0);
    PACKS("\xff", "i", -1);
    PACKS("\xd3\x80\0\0\0\0\0\0\0", "I", INT64_MIN);
    PACKS("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "U", UINT64_MAX);
    PACKS("\xcb\x3f\xf8\0\0\0\0\0\0", "d", 1.5);
    PACKS("\xa2hi", "s", "hi");
    PACKS("\xa3h\0i", "S", "h\0i", (size_t)3);
    PACKS("\xc4\x02hi", "B", "hi", (size_t)2);
    PACKS("\xa0", "S", NULL, (size_t)0);
}

static void several_values_are_an_array(void **state)
{
    (void)state;
    PACKS("\x92\x01\xa1x", "is", 1, "x");
    PACKS("\x92\x01\xa1x", "[is]", 1, "x");
    PACKS("\x92\x01\xa1x", " i, s ", 1, "x");
    PACKS("\x91\x92\x01\xa1x", "[[is]]", 1, "x");
    PACKS("\x92\x90\x80", "[]{}");
}

static void maps_are_keys_and_values(void **state)
{
    (void)state;
    PACKS("\x82\xa1w\x01\xa1h\x92\x02\x81\xa1k\xc0", "{si, s[i{Sn}]}", "w", 1,
          "h", 2, "k", (size_t)1);
}

static void large_containers_are_packed(void **state)
{
    (void)state;
    PACKS("\xdc\x00\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "iiiiiiiiiiiiiiii", 0,
          0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

static void what_is_packed_is_appended(void **state)
{
    struct buf out = { 0 };

    (void)state;
    assert_int_equal(pack(&out, "i", 1), ERR_NONE);
    assert_int_equal(pack(&out, "is", 2, NULL), ERR_FORMAT);
    assert_int_equal(pack(&out, "i", 3), ERR_NONE);
    assert_true(view_equal(buf_view(&out), LITERAL("\1\3")));
    buf_fini(&out);
}

static void wrong_formats_are_refused(void **state)
{
    struct value_doc *a = *state;

    PACK_REFUSED(ERR_FORMAT, "format \"x\": unknown letter at 'x'", "x");
    PACK_REFUSED(ERR_FORMAT, "format \"i*\": unknown letter at '*'", "i*", 1);
    PACK_REFUSED(ERR_FORMAT, "format \"?i\": unknown letter at '?'", "?i", 1);
    PACK_REFUSED(ERR_FORMAT, "format \"[i\": bracket not closed", "[i", 1);
    PACK_REFUSED(ERR_FORMAT, "format \"i]\": unexpected bracket at ']'", "i]",
                 1);
    PACK_REFUSED(ERR_FORMAT, "format \"[i}\": unexpected bracket at '}'", "[i}",
                 1);
    PACK_REFUSED(ERR_FORMAT, "format \"{s}\": a key without a value at '}'",
                 "{s}", "k");
    PACK_REFUSED(ERR_FORMAT, "format \"{ii}\": a key must be 's' at 'i'",
                 "{ii}", 1, 2);
    PACK_REFUSED(ERR_FORMAT, "string is NULL", "s", NULL);
    PACK_REFUSED(ERR_FORMAT, "string is NULL", "B", NULL, (size_t)1);
    PACK_REFUSED(ERR_LIMIT, "string of 33554433 bytes, at most 33554432", "B",
                 "", (size_t)FRAME_LEN_MAX + 1);
    UNPACK_REFUSED(ERR_FORMAT, "format \"i?\": '?' without a letter", "\1",
                   "i?");
    UNPACK_REFUSED(ERR_FORMAT, "format \"[?]\": unexpected bracket at ']'",
                   "\1", "[?]");
    UNPACK_REFUSED(ERR_FORMAT, "format \"??i\": unknown letter at '?'", "\1",
                   "??i");
    UNPACK_REFUSED(ERR_FORMAT, "format \"{?ss}\": a key must be 's' at 's'",
                   "\1", "{?ss}");
}

static void nesting_ends_at_its_limit(void **state)
{
    struct value_doc *a = *state;

    PACKS("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x90",
          "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]");
    PACK_REFUSED(ERR_FORMAT,
                 "format \"[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]\": nested too "
                 "deep at '['",
                 "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]");
    PACK_REFUSED(ERR_FORMAT,
                 "format \"n[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]\": nested too "
                 "deep at '['",
                 "n[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]");
    UNPACKS("\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x90",
            "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]");
    UNPACK_REFUSED(
        ERR_RANGE, "args: value out of range",
        "\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x90",
        "*");
}

static void single_values_come_back(void **state)
{
    struct value_doc *a = *state;
    int i = 0, b = 0;
    int64_t big = 0;
    uint64_t huge = 0;
    double d = 0;
    const char *s = NULL;
    const void *bin = NULL;
    size_t s_len = 0, bin_len = 0;

    UNPACKS("\xff", "i", &i);
    assert_int_equal(i, -1);
    UNPACKS("\xd2\x80\0\0\0", "i", &i);
    assert_int_equal(i, INT32_MIN);
    UNPACKS("\xc3", "b", &b);
    assert_int_equal(b, 1);
    UNPACKS("\xd3\x80\0\0\0\0\0\0\0", "I", &big);
    assert_true(big == INT64_MIN);
    UNPACKS("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "U", &huge);
    assert_true(huge == UINT64_MAX);
    UNPACKS("\xcb\x3f\xf8\0\0\0\0\0\0", "d", &d);
    assert_true(d == 1.5);
    UNPACKS("\xca\x3f\xc0\0\0", "d", &d);
    assert_true(d == 1.5);
    UNPACKS("\xff", "d", &d);
    assert_true(d == -1);
    UNPACKS("\x07", "d", &d);
    assert_true(d == 7);
    UNPACKS("\xa2hi", "s", &s);
    assert_string_equal(s, "hi");
    UNPACKS("\xa0", "s", &s);
    assert_string_equal(s, "");
    UNPACKS("\xa3h\0i", "S", &s, &s_len);
    assert_int_equal(s_len, 3);
    assert_memory_equal(s, "h\0i", 4);
    UNPACKS("\xc4\x02hi", "B", &bin, &bin_len);
    assert_int_equal(bin_len, 2);
    assert_memory_equal(bin, "hi", 3);
    UNPACKS("\xc0", "n");
    UNPACKS("\x07", "*");
}

static void strings_live_in_the_document(void **state)
{
    struct value_doc *a = *state;
    struct buf in = { 0 };
    const char *first = NULL, *second = NULL;

    assert_int_equal(pack(&in, "ss", "first", "second"), ERR_NONE);
    assert_int_equal(unpack(a, buf_view(&in), "s*", &first), ERR_NONE);
    assert_int_equal(unpack(a, buf_view(&in), "*s", &second), ERR_NONE);
    memset(in.data, 'x', in.len);
    buf_fini(&in);
    assert_string_equal(first, "first");
    assert_string_equal(second, "second");
}

static void arrays_and_maps_come_back(void **state)
{
    struct value_doc *a = *state;
    int i = 0, j = 0;
    const char *s = NULL;

    UNPACKS("\x92\x01\xa1x", "is", &i, &s);
    assert_int_equal(i, 1);
    assert_string_equal(s, "x");
    UNPACKS("\x92\x02\xa1y", "[is]", &i, &s);
    assert_int_equal(i, 2);
    UNPACKS("\x92\x03\x91\x92\x04\xa1z", "i[[is]]", &i, &j, &s);
    assert_int_equal(i, 3);
    assert_int_equal(j, 4);
    assert_string_equal(s, "z");
    UNPACKS("\x91\x05", "[i]", &i);
    assert_int_equal(i, 5);
}

static void keys_of_maps_come_in_any_order(void **state)
{
    struct value_doc *a = *state;
    int w = 0, h = 0, deep = 0;

    UNPACKS("\x84\xa1h\x02\x07\x08\xa3new\x91\xc0\xa1w\x01", "{si si}", "w", &w,
            "h", &h);
    assert_int_equal(w, 1);
    assert_int_equal(h, 2);
    UNPACKS("\x82\xa1h\x03\xa3"
            "box\x81\xa4"
            "deep\x92\x06\x07",
            "{s{s[*i]}, si}", "box", "deep", &deep, "h", &h);
    assert_int_equal(deep, 7);
    assert_int_equal(h, 3);
}

static void question_marks_leave_variables_as_they_are(void **state)
{
    struct value_doc *a = *state;
    int i = 5, j = 6, k = 7;
    const char *s = "default";
    size_t len = 9;

    UNPACKS("\xc0", "?i", &i);
    assert_int_equal(i, 5);
    UNPACKS("\x93\xc0\xc0\x01", "?i?Si", &i, &s, &len, &j);
    assert_int_equal(i, 5);
    assert_string_equal(s, "default");
    assert_int_equal(len, 9);
    assert_int_equal(j, 1);
    UNPACKS("\x81\xa1k\x02", "{s?i s?{s[i?B]s*} s?i}", "w", &i, "none", "in",
            &i, &s, &len, "skipped", "k", &k);
    assert_int_equal(i, 5);
    assert_string_equal(s, "default");
    assert_int_equal(k, 2);
    UNPACKS("\x08", "?i", &i);
    assert_int_equal(i, 8);
}

static void no_arguments_may_be_written_in_any_way(void **state)
{
    struct value_doc *a = *state;
    int i = 5;

    UNPACKS("\xc0", "");
    UNPACKS("\x90", "");
    UNPACKS("\x80", "");
    UNPACKS("\xc0", "[]");
    UNPACKS("\xc0", "{s?i}", "w", &i);
    assert_int_equal(i, 5);
    UNPACK_REFUSED(ERR_TYPE, "args.w: missing", "\xc0", "{si}", "w", &i);
    UNPACK_REFUSED(ERR_TYPE, "args: expected none, got array", "\x91\1", "");
}

static void what_does_not_fit_is_named(void **state)
{
    struct value_doc *a = *state;
    int i;
    int64_t big;
    uint64_t huge;
    double d;
    const char *s;
    size_t len;

    UNPACK_REFUSED(ERR_TYPE, "args: expected integer, got string", "\xa1x", "i",
                   &i);
    UNPACK_REFUSED(ERR_TYPE, "args[1]: expected integer, got float",
                   "\x92\x01\xca\0\0\0\0", "iI", &i, &big);
    UNPACK_REFUSED(ERR_TYPE, "args.w: expected integer, got string",
                   "\x81\xa1w\xa1x", "{si}", "w", &i);
    UNPACK_REFUSED(ERR_TYPE, "args.w: missing", "\x81\xa1v\xa1x", "{si}", "w",
                   &i);
    UNPACK_REFUSED(ERR_TYPE, "args[1].w[0]: expected bool, got nil",
                   "\x92\x01\x81\xa1w\x91\xc0", "i{s[b]}", &i, "w", &i);
    UNPACK_REFUSED(ERR_TYPE, "args: expected array of 2, got 3 in it",
                   "\x93\1\2\3", "ii", &i, &i);
    UNPACK_REFUSED(ERR_TYPE, "args: expected array of 2, got 0 in it", "\xc0",
                   "ii", &i, &i);
    UNPACK_REFUSED(ERR_TYPE, "args: expected array, got integer", "\1", "ii",
                   &i, &i);
    UNPACK_REFUSED(ERR_TYPE, "args[0]: expected map, got nil", "\x92\xc0\1",
                   "{si}i", "w", &i, &i);
    UNPACK_REFUSED(ERR_TYPE, "args: expected nil, got map", "\x80", "n");
    UNPACK_REFUSED(ERR_TYPE, "args: expected number, got extension", "\xd4\1\1",
                   "d", &d);
    UNPACK_REFUSED(ERR_TYPE, "args: expected string, got binary", "\xc4\1x",
                   "S", &s, &len);
    UNPACK_REFUSED(ERR_TYPE, "args: expected binary, got string", "\xa1x", "B",
                   &s, &len);
    UNPACK_REFUSED(ERR_TYPE, "args: expected string, got bool", "\xc2", "s",
                   &s);
    UNPACK_REFUSED(ERR_TYPE, "args: string with a NUL byte inside", "\xa2x\0",
                   "s", &s);
    UNPACK_REFUSED(ERR_RANGE, "args: 2147483648, at most 2147483647",
                   "\xce\x80\0\0\0", "i", &i);
    UNPACK_REFUSED(ERR_RANGE, "args: -2147483649, at least -2147483648",
                   "\xd3\xff\xff\xff\xff\x7f\xff\xff\xff", "i", &i);
    UNPACK_REFUSED(ERR_RANGE,
                   "args: 9223372036854775808, at most 9223372036854775807",
                   "\xcf\x80\0\0\0\0\0\0\0", "I", &big);
    UNPACK_REFUSED(ERR_RANGE, "args: -1, at least 0", "\xff", "U", &huge);
}

static void the_value_has_the_name_it_was_given(void **state)
{
    struct value_doc *a = *state;
    int i;

    a->what = "result";
    UNPACK_REFUSED(ERR_TYPE, "result.w: missing", "\x80", "{si}", "w", &i);
}

static void what_is_no_value_is_refused(void **state)
{
    struct value_doc *a = *state;

    UNPACK_REFUSED(ERR_SHORT, "args: unexpected end of input", "", "*");
    UNPACK_REFUSED(ERR_SHORT, "args: unexpected end of input", "\x92\1", "*");
    UNPACK_REFUSED(ERR_SHORT, "args: unexpected end of input",
                   "\xdd\xff\xff\xff\xff", "*");
    UNPACK_REFUSED(ERR_FORMAT, "args: malformed input", "\xc1", "*");
    UNPACK_REFUSED(ERR_FORMAT, "args: malformed input", "\1\1", "*");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_doc, free_doc)
        TEST(single_values_are_packed_as_they_are),
        TEST(several_values_are_an_array),
        TEST(maps_are_keys_and_values),
        TEST(large_containers_are_packed),
        TEST(what_is_packed_is_appended),
        TEST(wrong_formats_are_refused),
        TEST(nesting_ends_at_its_limit),
        TEST(single_values_come_back),
        TEST(strings_live_in_the_document),
        TEST(arrays_and_maps_come_back),
        TEST(keys_of_maps_come_in_any_order),
        TEST(question_marks_leave_variables_as_they_are),
        TEST(no_arguments_may_be_written_in_any_way),
        TEST(what_does_not_fit_is_named),
        TEST(the_value_has_the_name_it_was_given),
        TEST(what_is_no_value_is_refused),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
