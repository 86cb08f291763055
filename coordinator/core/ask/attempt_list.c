/* SPDX-License-Identifier: MIT */
/* attempt_list - they are read from the store. */
#include "coordinator/core/ask/attempt_list.h"

#include <stdlib.h>

#include "coordinator/core/ask/answer.h"
#include "coordinator/core/ask/reads.h"
#include "coordinator/core/ask/wait_note.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/tables.h"
#include "libcommon/mem.h"
#include "proto/frame.h"

#define HISTORY_MAX 1000
#define HISTORY_BYTES_MAX (1u << 20)

void attempt_list_take(struct coord *c, struct open_request *request,
                       const struct op *op)
{
    uint32_t first = op->u.attempts.first, last = op->u.attempts.last;
    uint32_t max = op->u.attempts.max;

    request->elem = first == last ? first : 0;
    request->of_job = (job_id){ op->u.attempts.job };
    reads_add(c, request,
              (struct query){ .type = QUERY_ATTEMPTS,
                              .id = { op->u.attempts.job },
                              .first = first == 0 ? 1 : first,
                              .last = last == 0 ? ELEM_MAX : last,
                              .max = max == 0 || max > HISTORY_MAX ? HISTORY_MAX
                                                                   : max,
                              .max_bytes = HISTORY_BYTES_MAX });
}

/* Where an element stands that has not ended, or not durably. */
struct standing {
    struct outcome now;
    struct wait_note note; /* now may look into it */
    struct advance advance;
    struct view host;
};

static void describe_running(const struct attempt *a, struct standing *out)
{
    out->now.id = attempt_key_of(a);
    out->now.started_ms = a->given_ms;
    out->advance = (struct advance){ .id = attempt_key_of(a),
                                     .done = a->done,
                                     .total = a->total,
                                     .doing = blob_view(a->doing),
                                     .pid = a->pid };
    if (a->session == NULL)
        return;
    out->now.worker = view_str(a->session->name);
    out->host = a->session->host;
}

/* False: it has ended, or there is none. */
static bool now_of(const struct coord *c, const struct open_request *request,
                   struct standing *out)
{
    struct outcome *o = &out->now;
    struct task_id task = { .job = request->of_job, .elem = request->elem };
    const struct job *j = tables_job(c, task.job.n);
    const struct attempt *a = attempt_find(c, task);
    const struct requeued *g;

    if (request->elem == 0 || j == NULL || j->refused || j->lsn > c->durable ||
        task.elem > j->counts.n)
        return false;
    *o = (struct outcome){ .job = task.job.n,
                           .elem = task.elem,
                           .state = STATE_RUNNING };
    if (a != NULL && a->state != ATTEMPT_REQUEUEING) {
        describe_running(a, out);
        return true;
    }
    if (job_is_finished(j, task.elem))
        return false;
    g = job_find_requeued(j, task.elem);
    o->state = g != NULL && g->state == REQUEUED_DELAYED ? STATE_RETRYING
                                                         : STATE_WAITING;
    o->message = view_str(wait_note_of_elem(c, j, task.elem, &out->note));
    return true;
}

void attempt_list_answer(struct coord *c, struct open_request *request,
                         struct records *r)
{
    struct op op = { .type = OP_ATTEMPTS_REPLY,
                     .u.attempts_reply.req = request->req };
    struct standing standing = { 0 };
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
    op.u.attempts_reply.now.at = &standing.now;
    op.u.attempts_reply.now.n = now_of(c, request, &standing);
    op.u.attempts_reply.advances.at = &standing.advance;
    op.u.attempts_reply.advances.n = standing.advance.job != 0;
    op.u.attempts_reply.host = standing.host;
    answer(c, request, &op);
    free(list);
}
