/* SPDX-License-Identifier: MIT */
#include "client/core/client_request.h"

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/own.h"

struct ask *ask_new(const struct op *op)
{
    struct ask *a = xcalloc(1, sizeof *a + op_borrowed_len(op));

    ASSERT(req_is_request(op->type));
    a->req = req_of(op);
    a->op = *op;
    op_own(&a->op, a->memory);
    list_init(&a->open);
    list_init(&a->waiting);
    return a;
}

enum lane_id ask_lane(const struct ask *a)
{
    return a->op.type == OP_SUBMIT && a->job == 0 ? LANE_SUBMIT : LANE_OTHER;
}

struct op ask_op(const struct ask *a)
{
    struct op op = a->op;

    if (op.type != OP_SUBMIT)
        return op;
    if (a->job != 0) /* only its end is missing */
        return (struct op){ .type = OP_AWAIT,
                            .u.await = { .req = a->req, .job = a->job } };
    if (a->tried)
        op.u.submit.fresh = false;
    return op;
}

enum req_answer ask_answer(const struct ask *a, const struct op *op)
{
    bool awaits = a->op.type == OP_SUBMIT && a->op.u.submit.await;

    /* A second one is of a submit that was sent again. */
    if (op->type == OP_RECEIPT && (a->job != 0 || op->u.receipt.job == 0))
        return REQ_IGNORED;
    return req_answer(a->op.type, awaits, op->type);
}
