/* SPDX-License-Identifier: MIT */
/* What a worker says of its output is read by clients, whatever it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "libcommon/rng.h"
#include "proto/body.h"
#include "proto/bounds.h"

static void a_body_comes_back(void **state)
{
    struct body b = { .result = view_str("R"),
                      .out = view_str("begend"),
                      .out_len = 100,
                      .out_head = 3,
                      .err = view_str("all"),
                      .err_len = 3,
                      .err_head = 3 },
                back;
    struct buf bytes = { 0 };

    (void)state;
    body_encode(&bytes, &b);
    assert_int_equal(body_decode(buf_view(&bytes), &back, NULL), ERR_NONE);
    assert_true(view_equal(b.result, back.result));
    assert_true(view_equal(b.out, back.out));
    assert_true(view_equal(b.err, back.err));
    assert_int_equal(back.out_len, 100);
    assert_int_equal(back.out_head, 3);
    assert_int_equal(back.err_len, 3);
    buf_fini(&bytes);
}

static void nothing_is_no_bytes(void **state)
{
    struct body nothing = { 0 }, back = { .out_len = 7 };
    struct buf bytes = { 0 };

    (void)state;
    body_encode(&bytes, &nothing);
    assert_int_equal(bytes.len, 0);
    assert_int_equal(body_decode(buf_view(&bytes), &back, NULL), ERR_NONE);
    assert_int_equal(back.out_len, 0);
}

static void a_body_at_the_limits_is_one(void **state)
{
    static const uint8_t much[OUTPUT_LEN_MAX];
    struct view most = view_of(much, sizeof much);
    struct body b = { .out = most,
                      .out_len = UINT64_MAX,
                      .out_head = UINT64_MAX,
                      .err = most,
                      .err_len = UINT64_MAX,
                      .err_head = UINT64_MAX };
    struct buf bytes = { 0 };

    (void)state;
    body_encode(&bytes, &b);
    assert_in_range(bytes.len, 2 * OUTPUT_LEN_MAX, BODY_LEN_MAX);
    buf_fini(&bytes);
}

static void what_is_no_body_is_empty_and_says_why(void **state)
{
    static const struct {
        struct view bytes;
        enum err err;
        const char *word;
    } lies[] = {
        { { (const uint8_t *)"\xc0", 1 }, ERR_TYPE, "BODY" },
        { { (const uint8_t *)"\x91\xa1x", 3 }, ERR_TYPE, "BODY.result" },
        { { (const uint8_t *)"\x92\xc4\x00\xc4\x05x", 6 }, ERR_SHORT, "BODY" },
        { { (const uint8_t *)"\x90\x00", 2 }, ERR_FORMAT, "BODY" },
        { { (const uint8_t *)"\x93\xc4\x00\xc4\x01x\xff", 7 },
          ERR_RANGE,
          "BODY.out_len" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
        char errmsg[ERRMSG_LEN] = "";
        struct body b;

        assert_int_equal(body_decode(lies[i].bytes, &b, errmsg), lies[i].err);
        assert_non_null(strstr(errmsg, lies[i].word));
        assert_int_equal(b.result.len + b.out.len + b.err.len, 0);
    }
}

/* ---- what is kept of a stream ---- */

static const struct view begend = { (const uint8_t *)"begend", 6 };

static void expect_read(const struct kept *k, uint64_t offset, size_t max,
                        const char *text, uint64_t at)
{
    uint64_t got_at;
    struct view got = kept_read(k, offset, max, &got_at);

    assert_true(view_equal(got, view_str(text)));
    assert_int_equal(got_at, at);
}

static void beginning_and_end_stand_where_they_were_written(void **state)
{
    struct kept k = kept_of(begend, 100, 3, 0);

    (void)state;
    assert_int_equal(kept_gap(&k), 94);
    expect_read(&k, 0, 100, "beg", 0);
    expect_read(&k, 1, 100, "eg", 1);
    expect_read(&k, 1, 1, "e", 1);
    expect_read(&k, 3, 100, "end", 97);
    expect_read(&k, 50, 2, "en", 97);
    expect_read(&k, 97, 100, "end", 97);
    expect_read(&k, 99, 100, "d", 99);
    expect_read(&k, 100, 100, "", 100);
    expect_read(&k, UINT64_MAX, 100, "", UINT64_MAX);
}

static void what_is_whole_is_read_in_one_piece(void **state)
{
    struct kept k = kept_of(begend, 6, 6, 0);

    (void)state;
    assert_int_equal(kept_gap(&k), 0);
    expect_read(&k, 0, 100, "begend", 0);
    expect_read(&k, 4, 100, "nd", 4);
    k = kept_of(begend, 6, 2, 0);
    assert_int_equal(kept_gap(&k), 0);
    expect_read(&k, 0, 100, "begend", 0);
}

static void an_empty_stream_has_ended(void **state)
{
    struct kept k = kept_of((struct view){ 0 }, 0, 0, 0);

    (void)state;
    assert_int_equal(kept_gap(&k), 0);
    expect_read(&k, 0, 100, "", 0);
    expect_read(&k, 7, 100, "", 7);
}

static void only_the_end_or_only_the_beginning_may_be_kept(void **state)
{
    struct kept k = kept_of(view_str("end"), 10, 0, 0);

    (void)state;
    expect_read(&k, 0, 100, "end", 7);
    k = kept_of(view_str("beg"), 10, 3, 0);
    expect_read(&k, 0, 100, "beg", 0);
    expect_read(&k, 3, 100, "", 10);
    expect_read(&k, 9, 100, "", 10);
}

static void
figures_that_contradict_each_other_mean_that_all_is_there(void **state)
{
    static const uint64_t figures[][2] = {
        { 0, 0 },          { 5, 3 }, { 100, 7 }, { 100, UINT64_MAX },
        { UINT64_MAX, 7 }, { 0, 6 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(figures); i++) {
        struct kept k = kept_of(begend, figures[i][0], figures[i][1], 0);

        assert_int_equal(k.len, 6);
        expect_read(&k, 0, 100, "begend", 0);
    }
}

/* Reading on from what was read last gets all that is kept, in order. */
static void reading_on_gets_all_that_is_kept(void **state)
{
    struct rng rng;

    (void)state;
    rng_init(&rng, 1);
    for (int round = 0; round < 1000; round++) {
        uint64_t len = rng_below(&rng, 30), head = rng_below(&rng, 10);
        struct kept k = kept_of(begend, len, head, 0);
        uint64_t at = 0, seen = 0, gaps = 0;
        struct buf all = { 0 };

        while (seen < k.len) {
            struct view got = kept_read(&k, seen, 1 + rng_below(&rng, 8), &at);

            assert_true(at >= seen);
            gaps += at - seen;
            seen = at + got.len;
            buf_add_view(&all, got);
        }
        assert_true(view_equal(buf_view(&all), begend));
        assert_int_equal(gaps, kept_gap(&k));
        buf_fini(&all);
    }
}

static void there_are_two_streams(void **state)
{
    struct body b = { .out = view_str("o"), .err = view_str("e") };

    (void)state;
    assert_true(view_equal(body_kept(&b, STREAM_OUT).head, b.out));
    assert_true(view_equal(body_kept(&b, STREAM_ERR).head, b.err));
    assert_int_equal(body_kept(&b, 0).len, 0);
    assert_int_equal(body_kept(&b, 3).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_comes_back),
        cmocka_unit_test(nothing_is_no_bytes),
        cmocka_unit_test(a_body_at_the_limits_is_one),
        cmocka_unit_test(what_is_no_body_is_empty_and_says_why),
        cmocka_unit_test(beginning_and_end_stand_where_they_were_written),
        cmocka_unit_test(what_is_whole_is_read_in_one_piece),
        cmocka_unit_test(an_empty_stream_has_ended),
        cmocka_unit_test(only_the_end_or_only_the_beginning_may_be_kept),
        cmocka_unit_test(
            figures_that_contradict_each_other_mean_that_all_is_there),
        cmocka_unit_test(reading_on_gets_all_that_is_kept),
        cmocka_unit_test(there_are_two_streams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
