/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/frame.h"
#include "tests/support/op_print.h"
#include "tests/support/op_sample.h"

static const struct frame_head some_head = { PROTO_VERSION,
                                             UINT64_C(0x0102030405060708),
                                             { UINT64_C(0x1112131415161718) } };

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

static void assert_same_op(const struct op *a, const struct op *b)
{
    struct buf text_a = { 0 }, text_b = { 0 };

    op_print(&text_a, a);
    op_print(&text_b, b);
    assert_string_equal(buf_text(&text_a), buf_text(&text_b));
    buf_fini(&text_a);
    buf_fini(&text_b);
}

static void round_trip(struct frame_reader *r, const struct op *op)
{
    struct buf frame = { 0 };
    struct frame_head head;
    struct op back;

    frame_begin(&frame, some_head);
    frame_add(&frame, op);
    assert_int_equal(frame_read(r, buf_view(&frame), &head), ERR_NONE);
    assert_int_equal(frame_next(r, &back), ERR_NONE);
    assert_same_op(op, &back);
    assert_int_equal(frame_next(r, &back), ERR_EXHAUSTED);
    assert_int_equal(frame_next(r, &back), ERR_EXHAUSTED);
    assert_string_equal(frame_reader_error(r), "");
    buf_fini(&frame);
}

static void round_trips(struct frame_reader *r, uint64_t seed,
                        enum sample_size size)
{
    for (size_t i = 0; i < ARRAY_LEN(all_ops); i++) {
        struct sampler s;
        struct op op;

        sampler_init(&s, seed, size);
        op = sample_op(&s, all_ops[i]);
        round_trip(r, &op);
        sampler_fini(&s);
    }
}

static void every_operation_comes_back_with_every_field(void **state)
{
    for (uint64_t seed = 0; seed < 100; seed++)
        round_trips(*state, seed, SAMPLE_RANDOM);
}

static void every_operation_comes_back_empty(void **state)
{
    round_trips(*state, 0, SAMPLE_ZERO);
}

static void every_operation_comes_back_at_the_limits(void **state)
{
    round_trips(*state, 0, SAMPLE_MOST);
}

static void head_comes_back(void **state)
{
    struct buf frame = { 0 };
    struct frame_head head;
    struct op op;

    frame_begin(&frame, some_head);
    assert_int_equal(frame.len, FRAME_HEAD_LEN);
    assert_memory_equal(frame.data,
                        "yn\1\0\1\2\3\4\5\6\7\10\21\22\23\24\25\26\27\30",
                        FRAME_HEAD_LEN);
    assert_int_equal(frame_read(*state, buf_view(&frame), &head), ERR_NONE);
    assert_int_equal(head.version, some_head.version);
    assert_int_equal(head.epoch, some_head.epoch);
    assert_int_equal(head.session.n, some_head.session.n);
    assert_int_equal(frame_next(*state, &op), ERR_EXHAUSTED);
    buf_fini(&frame);
}

static void operations_come_in_order(void **state)
{
    struct buf frame = { 0 };
    struct frame_head head;
    struct op op = { .type = OP_BEAT };

    frame_begin(&frame, some_head);
    for (uint64_t i = 0; i < 1000; i++) {
        op.u.beat.seq = i;
        frame_add(&frame, &op);
    }
    assert_int_equal(frame_read(*state, buf_view(&frame), &head), ERR_NONE);
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(frame_next(*state, &op), ERR_NONE);
        assert_int_equal(op.u.beat.seq, i);
    }
    assert_int_equal(frame_next(*state, &op), ERR_EXHAUSTED);
    buf_fini(&frame);
}

/* Read a frame with these operations; the last frame_next() must say `err`. */
static void read_raw(struct frame_reader *r, const char *ops, size_t len,
                     struct op *op, enum err err)
{
    struct buf frame = { 0 };
    struct frame_head head;

    frame_begin(&frame, some_head);
    buf_add(&frame, ops, len);
    assert_int_equal(frame_read(r, buf_view(&frame), &head), ERR_NONE);
    assert_int_equal(frame_next(r, op), err);
    buf_fini(&frame);
}
#define READ(r, literal, op, err) \
    read_raw(r, literal, sizeof(literal) - 1, op, err)

static void missing_fields_are_zero(void **state)
{
    struct op op;

    READ(*state, "\x92\x05\x07", &op, ERR_NONE);
    assert_int_equal(op.type, OP_BEAT);
    assert_int_equal(op.u.beat.seq, 7);
    assert_int_equal(op.u.beat.asked_hi, 0);
    READ(*state, "\x91\x12", &op, ERR_NONE);
    assert_int_equal(op.type, OP_RECONCILE);
    assert_int_equal(op.u.reconcile.rulings.n, 0);
    READ(*state, "\x92\x15\x91\x07", &op, ERR_NONE);
    assert_int_equal(op.u.result.outcome.job, 7);
    assert_int_equal(op.u.result.outcome.worker.len, 0);
}

static void surplus_fields_are_ignored(void **state)
{
    struct op op;

    READ(*state,
         "\x9b\x05\x07\x08\x00\x00\x00\x00\x00\xa0\x81\xa1x\x92\xc0\xc2"
         "\xa3new",
         &op, ERR_NONE);
    assert_int_equal(op.u.beat.seq, 7);
    assert_int_equal(op.u.beat.asked_hi, 8);
    READ(*state, "\x92\x16\x91\x95\x01\x02\x03\x04\xa3new", &op, ERR_NONE);
    assert_int_equal(op.type, OP_ACK);
    assert_int_equal(op.u.ack.attempts.n, 1);
}

static void unknown_operations_are_skipped(void **state)
{
    struct op op;

    READ(*state, "\x92\xcd\x01\x00\x80\x91\x00\x92\x05\x07", &op, ERR_NONE);
    assert_int_equal(op.type, OP_BEAT);
    assert_string_equal(op_name(op.type), "BEAT");
    READ(*state, "\x91\x7f", &op, ERR_EXHAUSTED);
    assert_string_equal(frame_reader_error(*state), "");
    assert_string_equal(op_name((enum op_type)0x7f), "?");
}

static void the_rest_is_refused_after_an_error(void **state)
{
    struct op op;

    READ(*state, "\x92\x05\xa1x\x92\x05\x07", &op, ERR_TYPE);
    assert_int_equal(frame_next(*state, &op), ERR_TYPE);
    assert_string_equal(frame_reader_error(*state),
                        "BEAT.seq: expected integer, got string");
}

/* One frame is one piece of work: it cannot be made of millions of requests. */
static void what_begins_too_late_is_refused(void **state)
{
    struct frame_reader *r = *state;
    struct op op = { .type = OP_STATUS, .u.status.req = 1 };
    struct frame_head head;
    struct buf frame = { 0 };
    size_t n = 0, n_read = 0;

    frame_begin(&frame, some_head);
    for (; frame.len < FRAME_LEN_GOOD; n++)
        frame_add(&frame, &op);
    assert_int_equal(frame_read(r, buf_view(&frame), &head), ERR_NONE);
    for (; frame_next(r, &op) == ERR_NONE; n_read++)
        ;
    assert_int_equal(n_read, n);
    assert_string_equal(frame_reader_error(r), "");

    buf_add(&frame, "\x92\x2c\x01", 3); /* and the last once more */
    assert_int_equal(frame_read(r, buf_view(&frame), &head), ERR_NONE);
    for (n_read = 0; frame_next(r, &op) == ERR_NONE; n_read++)
        ;
    assert_int_equal(n_read, n);
    assert_int_equal(frame_next(r, &op), ERR_RANGE);
    assert_non_null(strstr(frame_reader_error(r), "a new frame begins before"));
    buf_fini(&frame);
}

static void a_new_frame_forgets_the_error(void **state)
{
    struct op op;

    READ(*state, "\x92\x05\xa1x", &op, ERR_TYPE);
    READ(*state, "\x92\x05\x07", &op, ERR_NONE);
    assert_string_equal(frame_reader_error(*state), "");
}

static void what_is_wrong_is_named(void **state)
{
#define ROW(literal, err, why)                 \
    {                                          \
        literal, sizeof(literal) - 1, err, why \
    }
    static const struct {
        const char *ops;
        size_t len;
        enum err err;
        const char *why;
    } rows[] = {
        ROW("\xc0", ERR_TYPE, "operation: expected array, got nil"),
        ROW("\x90", ERR_FORMAT, "operation without a type"),
        ROW("\x91\xa1x", ERR_TYPE, "operation: expected integer, got string"),
        ROW("\x91\xff", ERR_RANGE, "operation: -1, must not be negative"),
        ROW("\xc1", ERR_FORMAT, "operation: malformed input"),
        ROW("\x92\x05", ERR_SHORT, "operation: unexpected end of input"),
        ROW("\x93\x05\xcd\x01", ERR_SHORT, "BEAT.seq: unexpected end of input"),
        ROW("\x92\x11\x92\x01", ERR_SHORT,
            "HELD.upto: unexpected end of input"),
        ROW("\x92\x04\xa5hi", ERR_SHORT, "BYE.reason: unexpected end of input"),
        ROW("\x92\x05\xc1", ERR_FORMAT, "BEAT.seq: malformed input"),
        ROW("\x92\x03\x91\x91\x91\x91\x91\x91\x01", ERR_RANGE,
            "WHO: value out of range"),
        ROW("\x92\x03\xc1", ERR_FORMAT, "WHO: malformed input"),
        ROW("\x92\x7f\x91\x91\x91\x91\x91\x91\x01", ERR_RANGE,
            "operation: value out of range"),
        ROW("\x92\x01\xcd\x01\x00", ERR_RANGE, "HELLO.role: 256, at most 255"),
        ROW("\x92\x05\xff", ERR_RANGE, "BEAT.seq: -1, must not be negative"),
        ROW("\x92\x05\xcb\0\0\0\0\0\0\0\0", ERR_TYPE,
            "BEAT.seq: expected integer, got float"),
        ROW("\x93\x02\x01\xd4\x01\x01", ERR_TYPE,
            "WELCOME.features: expected integer, got extension"),
        ROW("\x93\x21\x01\xd3\x80\0\0\0\0\0\0\0", ERR_RANGE,
            "RECEIPT.job: -9223372036854775808, must not be negative"),
        ROW("\x94\x21\x01\x01\xcf\0\0\0\1\0\0\0\0", ERR_RANGE,
            "RECEIPT.n: 4294967296, at most 4294967295"),
        ROW("\x95\x21\x01\x01\x01\x00", ERR_TYPE,
            "RECEIPT.existed: expected bool, got integer"),
        ROW("\x92\x04\xc4\x01x", ERR_TYPE,
            "BYE.reason: expected string, got binary"),
        ROW("\x93\x20\x01\xb0xxxxxxxxxxxxxxxx", ERR_TYPE,
            "SUBMIT.key: expected binary, got string"),
        ROW("\x93\x20\x01\xc4\x0fxxxxxxxxxxxxxxx", ERR_RANGE,
            "SUBMIT.key: 15 bytes, must be 16"),
        ROW("\x93\x11\x01\x91\x80", ERR_TYPE,
            "HELD.attempts[1]: expected array, got map"),
        ROW("\x93\x11\x01\x92\x90\x92\x01\xc2", ERR_TYPE,
            "HELD.attempts[2].elem: expected integer, got bool"),
        ROW("\x94\x10\x01\x01\xa1x", ERR_TYPE,
            "OFFER.functions: expected array, got string"),
        ROW("\x94\x10\x01\x01\x92\xa1x\xa2y\0", ERR_FORMAT,
            "OFFER.functions[2]: NUL byte in a name"),
        ROW("\x95\x10\x01\x01\x90\x91\x92\xa1k\x01", ERR_TYPE,
            "OFFER.labels[1].value: expected string, got integer"),
        ROW("\x92\x15\x01", ERR_TYPE,
            "RESULT.outcome: expected array, got integer"),
    };
#undef ROW

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf ops = { 0 };
        struct op op;

        print_message("%s\n", rows[i].why);
        buf_add(&ops, rows[i].ops, rows[i].len);
        read_raw(*state, (const char *)ops.data, ops.len, &op, rows[i].err);
        assert_string_equal(frame_reader_error(*state), rows[i].why);
        buf_fini(&ops);
    }
}

/* A frame with one operation [type, fields before..., str of len bytes]. */
static void what_is_too_long_is_named(void **state)
{
    static const struct {
        const char *head;
        size_t head_len, len;
        const char *why;
    } rows[] = {
        { "\x97\x20\x01\xc4\x10xxxxxxxxxxxxxxxx\xc2\xc2\x01\xda", 25, 300,
          "SUBMIT.jobname: 300 bytes, at most 255" },
        { "\x92\x04\xda", 3, TEXT_LEN_MAX + 1,
          "BYE.reason: 4097 bytes, at most 4096" },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf ops = { 0 };
        struct op op;
        uint8_t len[2] = { (uint8_t)(rows[i].len >> 8), (uint8_t)rows[i].len };

        buf_add(&ops, rows[i].head, rows[i].head_len);
        buf_add(&ops, len, sizeof len);
        memset(buf_room(&ops, rows[i].len), 'x', rows[i].len);
        ops.len += rows[i].len;
        read_raw(*state, (const char *)ops.data, ops.len, &op, ERR_RANGE);
        assert_string_equal(frame_reader_error(*state), rows[i].why);
        buf_fini(&ops);
    }
}

/* [type, fields..., array of n nils]: the count is refused before the entries.
 */
static void lists_refused(struct frame_reader *r, const char *head,
                          size_t head_len, uint32_t n, const char *why)
{
    struct buf ops = { 0 };
    struct op op;
    uint8_t array[5] = { 0xdd, (uint8_t)(n >> 24), (uint8_t)(n >> 16),
                         (uint8_t)(n >> 8), (uint8_t)n };

    buf_add(&ops, head, head_len);
    buf_add(&ops, array, sizeof array);
    memset(buf_room(&ops, n), 0xc0, n);
    ops.len += n;
    read_raw(r, (const char *)ops.data, ops.len, &op, ERR_RANGE);
    assert_string_equal(frame_reader_error(r), why);
    buf_fini(&ops);
}

static void too_many_entries_are_refused(void **state)
{
    lists_refused(*state, "\x94\x10\x01\x01", 4, FUNCTIONS_MAX + 1,
                  "OFFER.functions: 4097 entries, at most 4096");
    lists_refused(*state, "\x95\x10\x01\x01\x90", 5, LABELS_MAX + 1,
                  "OFFER.labels: 65 entries, at most 64");
    lists_refused(*state, "\x93\x11\x01", 3, LIST_LEN_MAX + 1,
                  "HELD.attempts: 65537 entries, at most 65536");
    lists_refused(*state, "", 0, OP_VALUES_MAX,
                  "operation: more than 2097152 values in all");
    lists_refused(*state, "\x92\x03", 2, OP_VALUES_MAX - 2,
                  "WHO: value out of range");
}

static void improper_heads_are_refused(void **state)
{
#define ROW(literal, err)                 \
    {                                     \
        literal, sizeof(literal) - 1, err \
    }
#define TAIL "\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\10"
    static const struct {
        const char *bytes;
        size_t len;
        enum err err;
    } rows[] = {
        ROW("", ERR_SHORT),
        ROW("yn", ERR_SHORT),
        ROW("yn\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", ERR_SHORT),
        ROW("yn\1\0" TAIL, ERR_NONE),
        ROW("yo\1\0" TAIL, ERR_FORMAT),
        ROW("yn\1\1" TAIL, ERR_FORMAT),
        ROW("yn\0\0" TAIL, ERR_VERSION),
        ROW("yn\2\0" TAIL, ERR_VERSION),
        ROW("yn\377\1" TAIL, ERR_VERSION),
    };
#undef TAIL
#undef ROW

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf frame = { 0 };
        struct frame_head head;
        struct op op;
        enum err next = rows[i].err != ERR_NONE ? rows[i].err : ERR_EXHAUSTED;

        buf_add(&frame, rows[i].bytes, rows[i].len);
        assert_int_equal(frame_read(*state, buf_view(&frame), &head),
                         rows[i].err);
        if (rows[i].err == ERR_VERSION) {
            assert_int_equal(head.epoch, 7);
            assert_int_equal(head.session.n, 8);
        }
        assert_int_equal(frame_next(*state, &op), next);
        buf_fini(&frame);
    }
}

static void an_outcome_alone_comes_back(void **state)
{
    struct buf bytes = { 0 }, again = { 0 };
    struct sampler s;
    struct outcome o, back;

    sampler_init(&s, 1, SAMPLE_RANDOM);
    sample_fields(&s, layout_of_outcome(), &o);
    outcome_encode(&bytes, &o);
    assert_int_equal(outcome_decode(*state, buf_view(&bytes), &back), ERR_NONE);
    outcome_encode(&again, &back);
    assert_true(view_equal(buf_view(&bytes), buf_view(&again)));
    assert_int_equal(o.job, back.job);
    assert_true(view_equal(o.body, back.body));

    buf_add(&bytes, "\xc0", 1);
    assert_int_equal(outcome_decode(*state, buf_view(&bytes), &back),
                     ERR_FORMAT);
    bytes.len -= 2;
    assert_int_equal(outcome_decode(*state, buf_view(&bytes), &back),
                     ERR_SHORT);
    assert_int_equal(outcome_decode(*state, view_str("\x91\xc0"), &back),
                     ERR_TYPE);
    assert_string_equal(frame_reader_error(*state),
                        "OUTCOME.job: expected integer, got nil");
    buf_fini(&bytes);
    buf_fini(&again);
    sampler_fini(&s);
}

/* Decoded outcomes stay when the next one is decoded. */
static void outcomes_point_into_their_bytes(void **state)
{
    const struct layout *layout = layout_of_outcome();
    struct outcome first = { .job = 1, .worker = view_str("n07") }, second;
    struct buf bytes = { 0 };

    outcome_encode(&bytes, &first);
    assert_int_equal(outcome_decode(*state, buf_view(&bytes), &first),
                     ERR_NONE);
    assert_int_equal(outcome_decode(*state, view_str("\x91\x02"), &second),
                     ERR_NONE);
    assert_true(first.worker.data > bytes.data);
    assert_true(first.worker.data < bytes.data + bytes.len);
    for (uint32_t i = 0; i < layout->n_fields; i++)
        assert_int_equal(field_rules[layout->fields[i].type].kind,
                         FIELD_IS_PLAIN);
    buf_fini(&bytes);
}

static void names_are_those_of_the_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all_ops); i++)
        assert_string_not_equal(op_name(all_ops[i]), "?");
    assert_string_equal(op_name(OP_TAIL_REPLY), "TAIL_REPLY");
    assert_string_equal(op_name((enum op_type)0), "?");
    for (unsigned i = STATE_WAITING; i < STATE_COUNT; i++)
        assert_string_not_equal(state_name(i), "?");
    assert_string_equal(state_name(STATE_LOST), "lost");
    assert_string_equal(state_name(0), "?");
    assert_string_equal(state_name(STATE_COUNT), "?");
}

/* Other programs compute the same numbers: they never change. */
static void digests_are_those_of_the_specification(void **state)
{
    struct attempt_key h = { .job = 1, .elem = 2, .epoch = 3, .attempt = 4 };

    (void)state;
    assert_true(op_digest_attempt(h) == UINT64_C(0xe96f4b88d51c8eea));
    assert_true(op_digest_request(7) == UINT64_C(0x12ae30237b17df14));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_comes_back_with_every_field),
        cmocka_unit_test(every_operation_comes_back_empty),
        cmocka_unit_test(every_operation_comes_back_at_the_limits),
        cmocka_unit_test(head_comes_back),
        cmocka_unit_test(operations_come_in_order),
        cmocka_unit_test(missing_fields_are_zero),
        cmocka_unit_test(surplus_fields_are_ignored),
        cmocka_unit_test(unknown_operations_are_skipped),
        cmocka_unit_test(the_rest_is_refused_after_an_error),
        cmocka_unit_test(what_begins_too_late_is_refused),
        cmocka_unit_test(a_new_frame_forgets_the_error),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(what_is_too_long_is_named),
        cmocka_unit_test(too_many_entries_are_refused),
        cmocka_unit_test(improper_heads_are_refused),
        cmocka_unit_test(an_outcome_alone_comes_back),
        cmocka_unit_test(outcomes_point_into_their_bytes),
        cmocka_unit_test(names_are_those_of_the_list),
        cmocka_unit_test(digests_are_those_of_the_specification),
    };

    return cmocka_run_group_tests(tests, new_reader, free_reader);
}
