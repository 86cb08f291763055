/* SPDX-License-Identifier: MIT */
/* attempt_list - they are read from the store. */
#include "coordinator/core/ask/attempt_list.h"

#include <stdlib.h>

#include "coordinator/core/ask/answer.h"
#include "coordinator/core/ask/reads.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/state.h"
#include "libcommon/mem.h"
#include "proto/frame.h"

#define HISTORY_MAX 1000
#define HISTORY_BYTES_MAX (1u << 20)

void attempt_list_take(struct coord *c, struct open_request *request,
                       const struct op *op)
{
    uint32_t first = op->u.attempts.first, last = op->u.attempts.last;
    uint32_t max = op->u.attempts.max;

    reads_add(c, request,
              (struct query){ .type = QUERY_ATTEMPTS,
                              .id = { op->u.attempts.job },
                              .first = first == 0 ? 1 : first,
                              .last = last == 0 ? ELEM_MAX : last,
                              .max = max == 0 || max > HISTORY_MAX ? HISTORY_MAX
                                                                   : max,
                              .max_bytes = HISTORY_BYTES_MAX });
}

void attempt_list_answer(struct coord *c, struct open_request *request,
                         struct records *r)
{
    struct op op = { .type = OP_ATTEMPTS_REPLY,
                     .u.attempts_reply.req = request->req };
    struct outcome *list;
    size_t n = 0;

    if (r->n == 0) {
        answer_refuse(c, request, ERR_ABSENT, 0, "no such job");
        return;
    }
    list = xcalloc(r->n, sizeof *list);
    for (size_t i = 0; i < r->n; i++)
        if (r->at[i].type == RECORD_ATTEMPT &&
            outcome_decode(c->bodies, blob_view(r->at[i].u.attempt.body),
                           &list[n]) == ERR_NONE)
            n++;
    op.u.attempts_reply.attempts.at = list;
    op.u.attempts_reply.attempts.n = n;
    answer(c, request, &op);
    free(list);
}
