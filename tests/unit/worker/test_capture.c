/* SPDX-License-Identifier: MIT */
/* What is kept of an output: its beginning and its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/rng.h"
#include "worker/shell/exec/capture.h"

#define BOTH (CAPTURE_HEAD_MAX + CAPTURE_REST_MAX)

/* The byte at an offset of all that is written in these tests. */
static uint8_t byte_at(uint64_t offset)
{
    return (uint8_t)hash_mix(offset);
}

/* Write `n` bytes more, in pieces. */
static void write_more(struct capture *c, size_t n, size_t piece)
{
    uint8_t *bytes = malloc(piece);

    while (n > 0) {
        size_t len = n < piece ? n : piece;

        for (size_t i = 0; i < len; i++)
            bytes[i] = byte_at(c->len + i);
        capture_add(c, view_of(bytes, len));
        n -= len;
    }
    free(bytes);
}

static void expect_bytes(struct view v, uint64_t offset)
{
    for (size_t i = 0; i < v.len; i++)
        if (v.data[i] != byte_at(offset + i))
            fail_msg("wrong byte at %llu", (unsigned long long)(offset + i));
}

/* Whatever was written, head and tail of it are there, and each byte is in its
 * place. */
static void expect_kept(const struct capture *c)
{
    struct buf out = { 0 };
    uint64_t head = capture_kept(c, &out);

    if (c->len <= BOTH) {
        assert_int_equal(out.len, c->len);
        assert_int_equal(head, c->len);
        expect_bytes(buf_view(&out), 0);
    } else {
        assert_int_equal(out.len, BOTH);
        assert_int_equal(head, CAPTURE_HEAD_MAX);
        expect_bytes(view_of(out.data, head), 0);
        expect_bytes(view_of(out.data + head, out.len - head),
                     c->len - CAPTURE_REST_MAX);
    }
    buf_fini(&out);
}

static void nothing_written_is_nothing_kept(void **state)
{
    struct capture c = { 0 };
    uint64_t at;

    (void)state;
    expect_kept(&c);
    assert_int_equal(capture_read(&c, 7, 10, &at).len, 0);
    assert_int_equal(at, 7);
    capture_fini(&c);
}

static void head_and_tail_are_kept_whatever_the_length(void **state)
{
    static const size_t lens[] = { 1,        CAPTURE_HEAD_MAX - 1,
                                   1,        1,
                                   100,      CAPTURE_REST_MAX - 102,
                                   1,        1,
                                   1,        12345,
                                   BOTH + 7, CAPTURE_REST_MAX };
    static const size_t pieces[] = { 4096, 65536, BOTH * 2 };
    struct capture c = { 0 };

    (void)state;
    for (size_t p = 0; p < 3; p++) {
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
            write_more(&c, lens[i], pieces[p]);
            expect_kept(&c);
        }
        capture_fini(&c);
    }
}

static void reading_in_pieces_gives_all_that_is_kept(void **state)
{
    struct capture c = { 0 };
    uint64_t offset = 0, at, gap = 0;
    struct view v;

    (void)state;
    write_more(&c, BOTH + 300000, 10000);
    while ((v = capture_read(&c, offset, 7777, &at)).len > 0) {
        assert_true(v.len <= 7777);
        expect_bytes(v, at);
        gap += at - offset;
        offset = at + v.len;
    }
    assert_int_equal(offset, c.len);
    assert_int_equal(gap, 300000);
    capture_fini(&c);
}

static void what_fits_into_the_room_drops_nothing_a_reader_needs(void **state)
{
    struct capture c = { 0 };
    uint64_t offset = 0, at;
    struct rng rng;

    (void)state;
    rng_init(&rng, 3);
    while (c.len < 5 * BOTH) {
        size_t room = capture_room(&c, offset);
        struct view v;

        if (room > 0)
            write_more(&c, 1 + rng_below(&rng, room), 65536);
        v = capture_read(&c, offset, 1 + rng_below(&rng, 200000), &at);
        assert_int_equal(at, offset);
        expect_bytes(v, at);
        offset += v.len;
    }
    capture_fini(&c);
}

static void the_room_ends_where_the_reader_would_lose_a_byte(void **state)
{
    struct capture c = { 0 };

    (void)state;
    assert_int_equal(capture_room(&c, 0), BOTH);
    write_more(&c, BOTH, 65536);
    assert_int_equal(capture_room(&c, 0), 0);
    assert_int_equal(capture_room(&c, CAPTURE_HEAD_MAX), 0);
    assert_int_equal(capture_room(&c, CAPTURE_HEAD_MAX + 10), 10);
    assert_int_equal(capture_room(&c, BOTH), CAPTURE_REST_MAX);
    assert_int_equal(capture_room(&c, UINT64_MAX), CAPTURE_REST_MAX);
    capture_fini(&c);
}

/* A reader who comes late has lost what was dropped, and nothing more. */
static void a_late_reader_keeps_what_is_left(void **state)
{
    struct capture c = { 0 };

    (void)state;
    write_more(&c, 3 * BOTH, 65536);
    assert_int_equal(capture_room(&c, 0), 0);
    capture_fini(&c);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_written_is_nothing_kept),
        cmocka_unit_test(head_and_tail_are_kept_whatever_the_length),
        cmocka_unit_test(reading_in_pieces_gives_all_that_is_kept),
        cmocka_unit_test(what_fits_into_the_room_drops_nothing_a_reader_needs),
        cmocka_unit_test(the_room_ends_where_the_reader_would_lose_a_byte),
        cmocka_unit_test(a_late_reader_keeps_what_is_left),
    };
    return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
