/* SPDX-License-Identifier: MIT */
/* client_request - what to send for a request now, and what answers it. */
#include "client/core/client_request.h"

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/own.h"

struct client_request *client_request_new(const struct op *op)
{
    struct client_request *r = xcalloc(1, sizeof *r + op_borrowed_len(op));

    ASSERT(req_is_request(op->type));
    r->req = req_of(op);
    r->op = *op;
    op_own(&r->op, r->memory);
    list_init(&r->open);
    list_init(&r->waiting);
    return r;
}

enum window_id client_request_window(const struct client_request *r)
{
    return r->op.type == OP_SUBMIT && r->job == 0 ? WINDOW_SUBMIT
                                                  : WINDOW_OTHER;
}

struct op client_request_op(const struct client_request *r)
{
    struct op op = r->op;

    if (op.type != OP_SUBMIT)
        return op;
    if (r->job != 0) /* only its end is missing */
        return (struct op){ .type = OP_AWAIT,
                            .u.await = { .req = r->req,
                                         .job = r->job,
                                         .follow = op.u.submit.follow } };
    if (r->tried)
        op.u.submit.fresh = false;
    return op;
}

enum req_answer client_request_answer(const struct client_request *r,
                                      const struct op *op)
{
    bool awaits = r->op.type == OP_SUBMIT && r->op.u.submit.await;

    /* The submit was sent twice: this is its second receipt. */
    if (op->type == OP_RECEIPT && (r->job != 0 || op->u.receipt.job == 0))
        return REQ_IGNORED;
    return req_answer(r->op.type, awaits, op->type);
}
