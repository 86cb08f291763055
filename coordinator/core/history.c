/* SPDX-License-Identifier: MIT */
/* history - the attempts that did not settle their element. */
#include <stdlib.h>

#include "coordinator/core/state.h"
#include "libcommon/mem.h"

#define HISTORY_MAX 1000
#define HISTORY_BYTES_MAX (1u << 20)

void history_take(struct coord *c, struct session *s, const struct op *op)
{
    struct ask *ask = answer_open(c, s, op->u.attempts.req, OP_ATTEMPTS);
    uint32_t first = op->u.attempts.first, last = op->u.attempts.last;
    uint32_t max = op->u.attempts.max;

    if (ask == NULL)
        return;
    reads_ask(c, ask,
              (struct query){ .type = QUERY_ATTEMPTS,
                              .id = { op->u.attempts.job },
                              .first = first == 0 ? 1 : first,
                              .last = last == 0 ? ELEM_MAX : last,
                              .max = max == 0 || max > HISTORY_MAX ? HISTORY_MAX
                                                                   : max,
                              .max_bytes = HISTORY_BYTES_MAX });
}

void history_answer(struct coord *c, struct ask *ask, struct records *r)
{
    struct op op = { .type = OP_ATTEMPTS_REPLY, .u.attempts_reply.req = ask->req };
    struct outcome *list;
    size_t n = 0;

    if (r->n == 0) {
        answer_refuse(c, ask, ERR_ABSENT, 0, "no such job");
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
    answer(c, ask, &op);
    free(list);
}
