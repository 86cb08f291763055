/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "proto/body.h"
#include "proto/former.h"
#include "proto/frame.h"

/* Fields 0 to 11 of an outcome: a done call of job 42. */
#define HEAD "\x2a\x07\x03\x09\x04\xa0\xa0\x00\x00\xa1w\x0a\x14"

static struct outcome today(struct buf *bytes, struct frame_reader *r,
                            const char *former, size_t len)
{
    struct outcome o = { 0 };

    buf_clear(bytes);
    assert_int_equal(former_outcome(bytes, view_of(former, len)), ERR_NONE);
    assert_int_equal(outcome_decode(r, buf_view(bytes), &o), ERR_NONE);
    return o;
}
#define TODAY(bytes, r, literal) today(bytes, r, literal, sizeof(literal) - 1)

static void what_it_has_produced_gets_into_a_body(void **state)
{
    struct frame_reader *r = *state;
    struct buf bytes = { 0 };
    struct outcome o = TODAY(&bytes, r,
                             "\xdc\x00\x14" HEAD "\xc4\x01R\xc4\x02oo\x05\x01"
                             "\xc4\x01"
                             "e\x06\x01\x63");
    struct body b;

    assert_int_equal(o.job, 42);
    assert_int_equal(o.ended_ms, 20);
    assert_int_equal(o.held_ms, 99);
    assert_int_equal(body_decode(o.body, &b, NULL), ERR_NONE);
    assert_true(view_equal(b.result, view_str("R")));
    assert_true(view_equal(b.out, view_str("oo")));
    assert_int_equal(b.out_len, 5);
    assert_int_equal(b.out_head, 1);
    assert_true(view_equal(b.err, view_str("e")));
    assert_int_equal(b.err_len, 6);
    assert_int_equal(b.err_head, 1);
    buf_fini(&bytes);
}

static void fields_that_were_left_out_stay_so(void **state)
{
    struct frame_reader *r = *state;
    struct buf bytes = { 0 };
    struct outcome o = TODAY(&bytes, r, "\x9d" HEAD "\xc4\x01R");
    struct body b;

    assert_int_equal(body_decode(o.body, &b, NULL), ERR_NONE);
    assert_true(view_equal(b.result, view_str("R")));
    assert_int_equal(b.out_len, 0);
    o = TODAY(&bytes, r, "\x9c" HEAD);
    assert_int_equal(o.ended_ms, 20);
    assert_int_equal(o.body.len, 0);
    o = TODAY(&bytes, r, "\x91\x2a");
    assert_int_equal(o.job, 42);
    o = TODAY(&bytes, r, "\x90");
    assert_int_equal(o.job, 0);
    buf_fini(&bytes);
}

static void what_is_damaged_is_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum err err;
    } bad[] = {
        { "", 0, ERR_SHORT },
        { "\x9c\x01", 2, ERR_SHORT },
        { "\x2a", 1, ERR_TYPE },
        { "\x91\xc1", 2, ERR_FORMAT },
        { "\x90\x90", 2, ERR_FORMAT },
        { "\x91\x91\x91\x91\x91\x91\x91\x90", 8, ERR_RANGE },
    };
    struct buf bytes = { 0 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(
            former_outcome(&bytes, view_of(bad[i].bytes, bad[i].len)),
            bad[i].err);
    assert_int_equal(bytes.len, 0);
    buf_fini(&bytes);
}

static int new_reader(void **state)
{
    *state = frame_reader_new();
    return 0;
}

static int free_reader(void **state)
{
    frame_reader_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_has_produced_gets_into_a_body),
        cmocka_unit_test(fields_that_were_left_out_stay_so),
        cmocka_unit_test(what_is_damaged_is_refused),
    };

    return cmocka_run_group_tests(tests, new_reader, free_reader);
}
