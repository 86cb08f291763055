/* SPDX-License-Identifier: MIT */
/* What is written is as short as it can be, and read as the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/mp.h"

/* The one value of `bytes`, with nothing behind it; cut off it is too short. */
static struct mp_value take_all(struct buf *bytes)
{
    struct view in = buf_view(bytes);
    struct mp_value v;

    assert_int_equal(mp_take(&in, &v), ERR_NONE);
    assert_int_equal(in.len, 0);
    for (size_t len = 0; len < bytes->len && len < 20; len++) {
        struct mp_value cut;

        in = view_of(bytes->data, len);
        assert_int_equal(mp_take(&in, &cut), ERR_SHORT);
    }
    return v;
}

static void numbers_are_as_short_as_they_can_be(void **state)
{
    static const struct {
        uint64_t n;
        size_t len;
    } rows[] = {
        { 0, 1 },          { 0x7f, 1 },       { 0x80, 2 },
        { 0xff, 2 },       { 0x100, 3 },      { 0xffff, 3 },
        { 0x10000, 5 },    { 0xffffffff, 5 }, { UINT64_C(1) << 32, 9 },
        { UINT64_MAX, 9 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf b = { 0 };
        struct mp_value v;

        mp_pack_uint64(&b, rows[i].n);
        assert_int_equal(b.len, rows[i].len);
        v = take_all(&b);
        assert_int_equal(v.type, MP_UNSIGNED);
        assert_true(v.u.n == rows[i].n);
        buf_fini(&b);
    }
}

static void signed_numbers_too(void **state)
{
    static const struct {
        int64_t n;
        size_t len;
    } rows[] = {
        { -1, 1 },
        { -32, 1 },
        { -33, 2 },
        { INT8_MIN, 2 },
        { INT8_MIN - 1, 3 },
        { INT16_MIN, 3 },
        { -32769, 5 },
        { INT32_MIN, 5 },
        { INT64_C(-2147483649), 9 },
        { INT64_MIN, 9 },
        { 0, 1 },
        { 127, 1 },
        { 128, 2 },
        { INT64_MAX, 9 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf b = { 0 };
        struct mp_value v;

        mp_pack_int64(&b, rows[i].n);
        assert_int_equal(b.len, rows[i].len);
        v = take_all(&b);
        assert_int_equal(v.type, rows[i].n < 0 ? MP_NEGATIVE : MP_UNSIGNED);
        assert_true(v.u.negative == rows[i].n);
        buf_fini(&b);
    }
}

static void longer_forms_are_read_too(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        int64_t n;
    } rows[] = {
        { "\xcf\0\0\0\0\0\0\0\7", 9, 7 },
        { "\xce\0\0\0\7", 5, 7 },
        { "\xd0\7", 2, 7 },
        { "\xd3\0\0\0\0\0\0\0\7", 9, 7 },
        { "\xd1\xff\xff", 3, -1 },
        { "\xd2\xff\xff\xff\xff", 5, -1 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct view in = view_of(rows[i].bytes, rows[i].len);
        struct mp_value v;

        assert_int_equal(mp_take(&in, &v), ERR_NONE);
        assert_int_equal(v.type, rows[i].n < 0 ? MP_NEGATIVE : MP_UNSIGNED);
        assert_true(v.u.negative == rows[i].n);
    }
}

static void strings_have_heads_by_their_length(void **state)
{
    static const struct {
        size_t len, str_head, bin_head;
    } rows[] = {
        { 0, 1, 2 },   { 31, 1, 2 },    { 32, 2, 2 },    { 255, 2, 2 },
        { 256, 3, 3 }, { 65535, 3, 3 }, { 65536, 5, 5 },
    };
    uint8_t *bytes = xcalloc(65536, 1);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct view text = view_of(bytes, rows[i].len);
        struct buf b = { 0 };
        struct mp_value v;

        mp_pack_text(&b, text);
        assert_int_equal(b.len, rows[i].str_head + rows[i].len);
        v = take_all(&b);
        assert_int_equal(v.type, MP_STR);
        assert_true(view_equal(v.u.bytes, text));
        buf_clear(&b);
        mp_pack_bytes(&b, text);
        assert_int_equal(b.len, rows[i].bin_head + rows[i].len);
        v = take_all(&b);
        assert_int_equal(v.type, MP_BIN);
        assert_true(view_equal(v.u.bytes, text));
        buf_fini(&b);
    }
    free(bytes);
}

/* Their values must be there, a byte each at least. */
static void containers_claim_no_more_than_there_is(void **state)
{
    static const size_t counts[] = { 0, 15, 16, 65535, 65536 };
    uint8_t *nils = xcalloc(2 * 65536, 1);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        for (size_t per = 1; per <= 2; per++) {
            struct buf b = { 0 };
            struct view in;
            struct mp_value v;

            if (per == 1)
                mp_pack_array(&b, counts[i]);
            else
                mp_pack_map(&b, counts[i]);
            buf_add(&b, nils, per * counts[i]);
            in = buf_view(&b);
            assert_int_equal(mp_take(&in, &v), ERR_NONE);
            assert_int_equal(v.type, per == 1 ? MP_ARRAY : MP_MAP);
            assert_int_equal(v.u.n, counts[i]);
            assert_int_equal(in.len, per * counts[i]);
            in = view_of(b.data, b.len - 1);
            assert_int_equal(mp_take(&in, &v), ERR_SHORT);
            buf_fini(&b);
        }
    }
    free(nils);
}

static void others_are_passed_over(void **state)
{
    struct buf b = { 0 };

    (void)state;
    mp_pack_nil(&b);
    assert_int_equal(take_all(&b).type, MP_NIL);
    buf_clear(&b);
    mp_pack_flag(&b, true);
    assert_true(take_all(&b).u.flag);
    buf_clear(&b);
    mp_pack_double(&b, 1.5);
    assert_int_equal(take_all(&b).type, MP_FLOAT);
    assert_memory_equal(b.data, "\xcb\x3f\xf8\0\0\0\0\0\0", 9);
    buf_clear(&b);
    buf_add(&b, "\xd4\1x", 3);
    assert_int_equal(take_all(&b).type, MP_EXT);
    buf_clear(&b);
    buf_add(&b, "\xc7\2\1xy", 5);
    assert_int_equal(take_all(&b).type, MP_EXT);
    buf_fini(&b);
}

static void one_byte_begins_nothing(void **state)
{
    struct view in = view_str("\xc1");
    struct mp_value v;

    (void)state;
    assert_int_equal(mp_take(&in, &v), ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_as_short_as_they_can_be),
        cmocka_unit_test(signed_numbers_too),
        cmocka_unit_test(longer_forms_are_read_too),
        cmocka_unit_test(strings_have_heads_by_their_length),
        cmocka_unit_test(containers_claim_no_more_than_there_is),
        cmocka_unit_test(others_are_passed_over),
        cmocka_unit_test(one_byte_begins_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
