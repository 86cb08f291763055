/* SPDX-License-Identifier: MIT */
/* req - tables made from REQUEST_LIST and ANSWER_LIST. */
#include "proto/req.h"

#include <string.h>

#include "libcommon/check.h"

#define REQ_BIT(NAME) (UINT64_C(1) << OP_##NAME)

/* Operations with a `req` beside those of the two lists. */
#define OTHERS_LIST(X) X(REFUSED, refused) X(FORGET, forget)

/* All of them are read and written as if they were one. */
#define REQ_IS_FIRST(NAME, member, ...)                          \
    _Static_assert(offsetof(struct op_##member, req) == 0 &&     \
                       sizeof(((struct op_##member *)0)->req) == \
                           sizeof(uint64_t) &&                   \
                       OP_##NAME < 64,                           \
                   #NAME " begins with F(u64, req), and has a bit");
REQUEST_LIST(REQ_IS_FIRST)
ANSWER_LIST(REQ_IS_FIRST)
OTHERS_LIST(REQ_IS_FIRST)

#define OR_BIT(NAME, ...) | REQ_BIT(NAME)
#define OR_ANSWERS(NAME, member, number, answers) | (answers)
#define REQUESTS (0 REQUEST_LIST(OR_BIT))
#define ANSWERS (0 ANSWER_LIST(OR_BIT))
#define OTHERS (0 OTHERS_LIST(OR_BIT))
_Static_assert(ANSWERS == (0 REQUEST_LIST(OR_ANSWERS)),
               "what a request is answered with is an answer, and no answer is "
               "without a request");

static bool is_among(enum op_type type, uint64_t bits)
{
    return (unsigned)type < 64 && (bits >> type & 1) != 0;
}

bool req_is_request(enum op_type type)
{
    return is_among(type, REQUESTS);
}

uint64_t req_of(const struct op *op)
{
    uint64_t req = 0;

    if (is_among(op->type, REQUESTS | ANSWERS | OTHERS))
        memcpy(&req, &op->u, sizeof req);
    return req;
}

void req_set(struct op *request, uint64_t req)
{
    ASSERT(req_is_request(request->type));
    memcpy(&request->u, &req, sizeof req);
}

static uint64_t answers_to(enum op_type request)
{
    switch (request) {
#define ANSWERS_CASE(NAME, member, number, answers) \
    case OP_##NAME:                                 \
        return answers;
        REQUEST_LIST(ANSWERS_CASE)
#undef ANSWERS_CASE
    default:
        return 0;
    }
}

static enum req_answer meaning_of(enum op_type answer)
{
    switch (answer) {
#define MEANING_CASE(NAME, member, number, meaning) \
    case OP_##NAME:                                 \
        return meaning;
        ANSWER_LIST(MEANING_CASE)
#undef MEANING_CASE
    default:
        return REQ_IGNORED;
    }
}

enum req_answer req_answer(enum op_type request, bool awaits,
                           enum op_type answer)
{
    if (answer == OP_REFUSED && req_is_request(request))
        return REQ_CLOSES;
    if (!is_among(answer, answers_to(request)))
        return REQ_IGNORED;
    if (request == OP_SUBMIT && !awaits)
        return answer == OP_RECEIPT ? REQ_CLOSES : REQ_IGNORED;
    return meaning_of(answer);
}
