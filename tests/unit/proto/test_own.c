/* SPDX-License-Identifier: MIT */
/* A copy of any operation or record stands on its own: what it was made from
 * may be overwritten and freed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/own.h"
#include "tests/support/op_print.h"
#include "tests/support/op_sample.h"

/* Sampled structs with all that they borrow, and a copy of one. */
struct trial {
    struct sampler sampler;
    struct buf before, after;
    void *room;
};

static void begin(struct trial *t, uint64_t seed)
{
    *t = (struct trial){ 0 };
    sampler_init(&t->sampler, seed, seed == 0 ? SAMPLE_ZERO : SAMPLE_RANDOM);
}

/* The room ends where it must, so that a sanitizer sees what is too much. */
static void *room_of(struct trial *t, size_t len)
{
    t->room = malloc(len > 0 ? len : 1);
    assert_non_null(t->room);
    return t->room;
}

static void end(struct trial *t)
{
    assert_string_equal(buf_text(&t->before), buf_text(&t->after));
    buf_fini(&t->before);
    buf_fini(&t->after);
    free(t->room);
}

static void try_op(enum op_type type, uint64_t seed)
{
    struct trial t;
    struct op op, copy;

    begin(&t, seed);
    op = copy = sample_op(&t.sampler, type);
    op_print(&t.before, &op);
    op_own(&copy, room_of(&t, op_borrowed_len(&op)));
    sampler_fini(&t.sampler);
    op_print(&t.after, &copy);
    end(&t);
}

static void every_operation_is_copied_whole(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 30; seed++)
        for (size_t i = 0; i < ARRAY_LEN(all_ops); i++)
            try_op(all_ops[i], seed);
}

#define TRY_RECORD(NAME, record)                                        \
    static void try_##record(uint64_t seed)                             \
    {                                                                   \
        const struct layout *layout = layout_of_##record();             \
        struct record from = { 0 }, copy;                               \
        struct trial t;                                                 \
                                                                        \
        begin(&t, seed);                                                \
        if (seed > 0)                                                   \
            sample_fields(&t.sampler, layout, &from);                   \
        copy = from;                                                    \
        record_print(&t.before, layout, &from);                         \
        record##_own(&copy, room_of(&t, record##_borrowed_len(&from))); \
        sampler_fini(&t.sampler);                                       \
        record_print(&t.after, layout, &copy);                          \
        end(&t);                                                        \
    }
RECORD_LIST(TRY_RECORD)

static void every_record_is_copied_whole(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 30; seed++) {
#define TRY(NAME, record) try_##record(seed);
        RECORD_LIST(TRY)
#undef TRY
    }
}

static void what_borrows_nothing_needs_no_room(void **state)
{
    struct op op = { .type = OP_CANCEL, .u.cancel = { .req = 7, .job = 42 } };

    (void)state;
    assert_int_equal(op_borrowed_len(&op), 0);
    op.u.cancel.reason = view_str("why");
    assert_int_equal(op_borrowed_len(&op), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_is_copied_whole),
        cmocka_unit_test(every_record_is_copied_whole),
        cmocka_unit_test(what_borrows_nothing_needs_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
