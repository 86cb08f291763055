/* SPDX-License-Identifier: MIT */
#include "client/core/ask.h"

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/own.h"

/* Whether an operation is one that a client asks; *req is its number. */
static bool request_of(const struct op *op, uint64_t *req)
{
    switch (op->type) {
#define REQUEST(NAME, member)    \
    case OP_##NAME:              \
        *req = op->u.member.req; \
        return true
        REQUEST(SUBMIT, submit);
        REQUEST(AWAIT, await);
        REQUEST(FETCH, fetch);
        REQUEST(CANCEL, cancel);
        REQUEST(LIST, list);
        REQUEST(STATUS, status);
        REQUEST(WORKERS, workers);
        REQUEST(TAIL, tail);
        REQUEST(ATTEMPTS, attempts);
#undef REQUEST
    default:
        return false;
    }
}

struct ask *ask_new(const struct op *op)
{
    struct ask *a = xcalloc(1, sizeof *a + op_borrowed_len(op));
    bool is_request = request_of(op, &a->req);

    ASSERT(is_request);
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

static enum answer answer_if(bool fits, enum answer answer)
{
    return fits ? answer : ANSWER_IGNORED;
}

enum answer ask_answer(const struct ask *a, const struct op *op)
{
    enum op_type asked = a->op.type;
    bool awaits =
        asked == OP_AWAIT || (asked == OP_SUBMIT && a->op.u.submit.await);

    switch (op->type) {
    case OP_REFUSED:
        return ANSWER_CLOSES;
    case OP_RECEIPT: /* a second one is of a submit that was sent again */
        return answer_if(asked == OP_SUBMIT && a->job == 0 &&
                             op->u.receipt.job != 0,
                         awaits ? ANSWER_KEEPS : ANSWER_CLOSES);
    case OP_ENDED:
        return answer_if(awaits, ANSWER_CLOSES);
    case OP_PROGRESS:
        return answer_if(awaits, ANSWER_KEEPS);
    case OP_FETCH_REPLY:
        return answer_if(asked == OP_FETCH, ANSWER_CLOSES);
    case OP_CANCEL_REPLY:
        return answer_if(asked == OP_CANCEL, ANSWER_CLOSES);
    case OP_LIST_REPLY:
        return answer_if(asked == OP_LIST, ANSWER_CLOSES);
    case OP_STATUS_REPLY:
        return answer_if(asked == OP_STATUS, ANSWER_CLOSES);
    case OP_WORKERS_REPLY:
        return answer_if(asked == OP_WORKERS, ANSWER_CLOSES);
    case OP_TAIL_REPLY:
        return answer_if(asked == OP_TAIL, ANSWER_CLOSES);
    case OP_ATTEMPTS_REPLY:
        return answer_if(asked == OP_ATTEMPTS, ANSWER_CLOSES);
    default:
        return ANSWER_IGNORED;
    }
}
