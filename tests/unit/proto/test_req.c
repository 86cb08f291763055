/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/req.h"
#include "tests/support/op_sample.h"

static bool has_req(enum op_type type)
{
    const struct layout *layout = layout_of_op(type);

    return layout->n_fields > 0 && strcmp(layout->fields[0].name, "req") == 0;
}

static void every_operation_with_a_req_tells_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all_ops); i++) {
        struct op op = { .type = all_ops[i] };
        uint64_t req = UINT64_C(0x0102030405060708);

        memset(&op.u, 0xff, sizeof op.u);
        if (has_req(op.type))
            memcpy(&op.u, &req, sizeof req);
        assert_true(req_of(&op) == (has_req(op.type) ? req : 0));
    }
}

static void only_requests_are_numbered(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all_ops); i++) {
        struct op op = { .type = all_ops[i] };

        if (!req_is_request(op.type))
            continue;
        req_set(&op, 7);
        assert_int_equal(req_of(&op), 7);
    }
    assert_false(req_is_request(OP_FORGET));
    assert_false(req_is_request(OP_REFUSED));
    assert_false(req_is_request(OP_RECEIPT));
    assert_false(req_is_request(OP_HELLO));
}

/* How many operations mean this for a request. */
static unsigned count(enum op_type request, bool awaits, enum req_answer means)
{
    unsigned n = 0;

    for (size_t i = 0; i < ARRAY_LEN(all_ops); i++)
        n += req_answer(request, awaits, all_ops[i]) == means;
    return n;
}

static void one_answer_closes_a_request_and_so_does_a_refusal(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all_ops); i++) {
        unsigned n = req_is_request(all_ops[i]) ? 2 : 0;

        assert_int_equal(count(all_ops[i], false, REQ_CLOSES), n);
        assert_int_equal(count(all_ops[i], true, REQ_CLOSES), n);
    }
}

static void a_receipt_closes_a_submit_that_does_not_await(void **state)
{
    (void)state;
    assert_int_equal(req_answer(OP_SUBMIT, false, OP_RECEIPT), REQ_CLOSES);
    assert_int_equal(req_answer(OP_SUBMIT, false, OP_ENDED), REQ_IGNORED);
    assert_int_equal(req_answer(OP_SUBMIT, true, OP_RECEIPT), REQ_KEEPS);
    assert_int_equal(req_answer(OP_SUBMIT, true, OP_ENDED), REQ_CLOSES);
    assert_int_equal(req_answer(OP_AWAIT, false, OP_PROGRESS), REQ_KEEPS);
    assert_int_equal(req_answer(OP_AWAIT, false, OP_RECEIPT), REQ_IGNORED);
    assert_int_equal(req_answer(OP_LIST, false, OP_TAIL_REPLY), REQ_IGNORED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_with_a_req_tells_it),
        cmocka_unit_test(only_requests_are_numbered),
        cmocka_unit_test(one_answer_closes_a_request_and_so_does_a_refusal),
        cmocka_unit_test(a_receipt_closes_a_submit_that_does_not_await),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
