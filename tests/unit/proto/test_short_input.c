/* SPDX-License-Identifier: MIT */
/* Input that is cut, lies or is damaged: an error, never a crash. Built with
 * sanitizers this sees each byte that is read beyond the input, since every
 * input stands alone in memory of its size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/check.h"
#include "proto/bounds.h"
#include "proto/frame.h"
#include "proto/scan.h"
#include "proto/spec.h"
#include "tests/support/op_sample.h"
#include "tests/support/vectors.h"

/* A copy with nothing behind it. */
static struct view alone(struct view v)
{
    uint8_t *copy = malloc(v.len > 0 ? v.len : 1);

    assert_non_null(copy);
    if (v.len > 0)
        memcpy(copy, v.data, v.len);
    return view_of(copy, v.len);
}

static void free_view(struct view v)
{
    free((void *)(uintptr_t)v.data);
}

/* Read to the end; what was read must be fit for writing. */
static enum err read_all(struct frame_reader *r, struct view frame)
{
    struct buf again = { 0 };
    struct frame_head head;
    struct op op;
    enum err err = frame_read(r, frame, &head);

    if (err == ERR_NONE)
        frame_begin(&again, head);
    while (err == ERR_NONE) {
        err = frame_next(r, &op);
        if (err == ERR_NONE)
            frame_add(&again, &op);
    }
    buf_fini(&again);
    return err == ERR_EXHAUSTED ? ERR_NONE : err;
}

/* Whether operations begin or end behind len bytes of the frame. */
static bool is_boundary(struct view frame, size_t len)
{
    size_t at = FRAME_HEAD_LEN, op_len;

    while (at < len) {
        struct view rest = view_of(frame.data + at, frame.len - at);

        assert_int_equal(scan_value(rest, OP_DEPTH_MAX, &op_len), ERR_NONE);
        at += op_len;
    }
    return at == len;
}

static void cut_everywhere(struct frame_reader *r, struct view frame)
{
    for (size_t len = 0; len < frame.len; len++) {
        struct view cut = alone(view_of(frame.data, len));
        enum err expected = is_boundary(frame, len) ? ERR_NONE : ERR_SHORT;

        assert_int_equal(read_all(r, cut), expected);
        free_view(cut);
    }
}

static void cut_vector(struct vector *v, void *arg)
{
    cut_everywhere(arg, buf_view(&v->bytes));
}

static void every_cut_of_every_vector_is_refused(void **state)
{
    vectors_each(VECTORS("session"), cut_vector, *state);
    vectors_each(VECTORS("worker"), cut_vector, *state);
    vectors_each(VECTORS("client"), cut_vector, *state);
}

/* All that may happen is an error. */
static void damage_everywhere(struct frame_reader *r, struct view frame)
{
    static const uint8_t bytes[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f,
                                     0xa0, 0xbf, 0xc0, 0xc1, 0xc3, 0xc4,
                                     0xc6, 0xc9, 0xcb, 0xcf, 0xd3, 0xd8,
                                     0xdb, 0xdd, 0xdf, 0xff };

    for (size_t at = 0; at < frame.len; at++) {
        for (size_t i = 0; i < ARRAY_LEN(bytes); i++) {
            struct view copy = alone(frame);

            ((uint8_t *)(uintptr_t)copy.data)[at] = bytes[i];
            read_all(r, copy);
            free_view(copy);
        }
    }
}

static void damage_vector(struct vector *v, void *arg)
{
    damage_everywhere(arg, buf_view(&v->bytes));
}

static void no_damaged_byte_of_any_vector_does_harm(void **state)
{
    vectors_each(VECTORS("session"), damage_vector, *state);
    vectors_each(VECTORS("worker"), damage_vector, *state);
    vectors_each(VECTORS("client"), damage_vector, *state);
}

static void random_operations_survive_cuts_and_damage(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(all_ops); i++) {
        struct buf frame = { 0 };
        struct sampler s;
        struct op op;

        sampler_init(&s, i, SAMPLE_RANDOM);
        op = sample_op(&s, all_ops[i]);
        frame_begin(&frame, (struct frame_head){ PROTO_VERSION, 0, { 0 } });
        frame_add(&frame, &op);
        cut_everywhere(*state, buf_view(&frame));
        damage_everywhere(*state, buf_view(&frame));
        buf_fini(&frame);
        sampler_fini(&s);
    }
}

/* [type, ...] behind a head; the frame must be refused. */
static void assert_refused(struct frame_reader *r, struct view op, enum err err)
{
    struct buf frame = { 0 };
    struct view copy;

    frame_begin(&frame, (struct frame_head){ PROTO_VERSION, 0, { 0 } });
    buf_add_view(&frame, op);
    copy = alone(buf_view(&frame));
    assert_int_equal(read_all(r, copy), err);
    free_view(copy);
    buf_fini(&frame);
}

static void lying_lengths_are_refused(void **state)
{
    static const char *const lies[] = {
        "\xdd\xff\xff\xff\xff",         "\xdc\xff\xff",
        "\xdf\xff\xff\xff\xff",         "\x9f",
        "\x92\x16\xdd\xff\xff\xff\xff", "\x92\x16\xdd\x10",
        "\x92\x04\xdb\xff\xff\xff\xff", "\x92\x04\xd9\xff",
        "\x95\x31\x01\x02\xc6\xff\xff", "\x95\x31\x01\x02\xc6\xff\xff\xff\xff",
        "\x92\x16\xc9\xff\xff\xff\xff",
    };

    for (size_t i = 0; i < ARRAY_LEN(lies); i++)
        assert_refused(*state, view_str(lies[i]), ERR_SHORT);
}

static void trailing_bytes_are_refused(void **state)
{
    assert_refused(*state, view_str("\x91\x03\xc1"), ERR_FORMAT);
    assert_refused(*state, view_str("\x91\x03\xc0"), ERR_TYPE);
    assert_refused(*state, view_str("\x91\x03\x05"), ERR_TYPE);
}

/* In a field that the reader does not know: others are not that deep. */
static void deep_nesting_is_refused(void **state)
{
    size_t len = 1 << 20;
    uint8_t *deep = malloc(len);

    assert_non_null(deep);
    memset(deep, 0x91, len);
    assert_refused(*state, view_of(deep, len), ERR_TYPE);
    memcpy(deep, "\x92\x03", 2); /* WHO */
    assert_refused(*state, view_of(deep, len), ERR_RANGE);
    memset(deep + 2, 0x81, len - 2);
    assert_refused(*state, view_of(deep, len), ERR_RANGE);
    deep[1] = 0x7f; /* nobody knows it */
    assert_refused(*state, view_of(deep, len), ERR_RANGE);
    free(deep);
}

/* Lists that claim much take memory for what is there, and no more than for
 * OP_VALUES_MAX entries. */
static void many_small_lists_are_refused(void **state)
{
    struct buf ops = { 0 };
    uint32_t n = 1024;

    /* WORKERS_REPLY with n peers of 4096 functions without a name each */
    buf_add(&ops, "\x93\x2f\x01\xdc\x04\x00", 6);
    for (uint32_t i = 0; i < n; i++) {
        buf_add(&ops, "\x9c\0\xa0\xc4\x10xxxxxxxxxxxxxxxx\0\0\0\0\xc2\0\0\x90",
                30 - 1);
        buf_add(&ops, "\xdc\x10\x00", 3);
        memset(buf_room(&ops, 4096), 0xa0, 4096);
        ops.len += 4096;
    }
    assert_refused(*state, buf_view(&ops), ERR_RANGE);
    assert_non_null(strstr(frame_reader_error(*state), "values in all"));
    buf_fini(&ops);
}

static void cut_commands_are_refused(void **state)
{
    struct view argv[] = { view_str("sh"), view_str("-c"), view_str("exit") };
    struct label env[] = { { view_str("A"), view_str("b") } };
    struct command_spec spec = { .argv = { argv, 3 },
                                 .cwd = view_str("/"),
                                 .env = { env, 1 } };
    struct spec_arena arena = { 0 };
    struct buf bytes = { 0 };

    (void)state;
    command_spec_encode(&bytes, &spec);
    for (size_t len = 0; len < bytes.len; len++) {
        struct view cut = alone(view_of(bytes.data, len));

        assert_int_equal(command_spec_decode(&arena, cut, &spec, NULL),
                         ERR_SHORT);
        free_view(cut);
    }
    buf_fini(&bytes);
    spec_arena_fini(&arena);
}

static void cut_items_are_refused(void **state)
{
    struct buf items = { 0 };
    size_t boundary = 0;

    (void)state;
    items_add(&items, view_str("first"));
    boundary = items.len;
    items_add(&items, view_str(""));
    for (size_t len = 0; len < items.len; len++) {
        struct view cut = alone(view_of(items.data, len));

        assert_int_equal(items_check(cut, 2), ERR_SHORT);
        assert_int_equal(items_check(cut, 1) == ERR_NONE, len == boundary);
        free_view(cut);
    }
    buf_fini(&items);
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
        cmocka_unit_test(every_cut_of_every_vector_is_refused),
        cmocka_unit_test(no_damaged_byte_of_any_vector_does_harm),
        cmocka_unit_test(random_operations_survive_cuts_and_damage),
        cmocka_unit_test(lying_lengths_are_refused),
        cmocka_unit_test(trailing_bytes_are_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(many_small_lists_are_refused),
        cmocka_unit_test(cut_commands_are_refused),
        cmocka_unit_test(cut_items_are_refused),
    };

    return cmocka_run_group_tests(tests, new_reader, free_reader);
}
