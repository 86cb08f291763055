/* SPDX-License-Identifier: MIT */
/* cancel - the request, and its answer when the cancel is durable. */
#include "coordinator/core/rules/cancel.h"

#include "coordinator/core/ask/answer.h"
#include "coordinator/core/ask/reads.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/on_commit.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/tables.h"
#include "coordinator/core/rules/element.h"

static void say_cancelled(struct coord *c, struct open_request *request,
                          const struct on_commit *p)
{
    struct op op = { .type = OP_CANCEL_REPLY,
                     .u.cancel_reply = { .req = request->req,
                                         .job = p->task.job.n,
                                         .ended = p->n_ended,
                                         .asked = p->n_asked,
                                         .before = p->n_before } };

    answer(c, request, &op);
}

static void apply(struct coord *c, struct open_request *request, struct job *j,
                  uint32_t first, uint32_t last, struct view reason)
{
    struct blob *why = reason.len == 0 ? NULL : blob_new(reason);
    struct job_range range = { first, last, STATE_CANCELLED, why };

    element_cancel(c, j, range,
                   (struct on_commit){ .session = request->session->id,
                                       .req = request->req });
    blob_unref(why);
}

void cancel_take(struct coord *c, struct open_request *request,
                 const struct op *op)
{
    struct job *j = tables_job(c, op->u.cancel.job);
    uint32_t first = op->u.cancel.first, last = op->u.cancel.last;

    request->first = first;
    request->last = last;
    if (j == NULL || j->refused) {
        reads_add_outcome(c, request, (job_id){ op->u.cancel.job });
        return;
    }
    if (job_has_ended(j)) { /* to be said when that is durable */
        on_commit_add(c, (struct on_commit){ .type = ON_COMMIT_READ,
                                             .session = request->session->id,
                                             .req = request->req,
                                             .job = j,
                                             .task.job = j->id });
        return;
    }
    if (last == 0 || last > j->counts.n)
        last = j->counts.n;
    if (first == 0)
        first = 1;
    if (first > last)
        answer_refuse(c, request, ERR_ABSENT, 0,
                      "job %llu has elements 1 to %u",
                      (unsigned long long)j->id.n, j->counts.n);
    else
        apply(c, request, j, first, last, op->u.cancel.reason);
}

void cancel_answer(struct coord *c, struct open_request *request,
                   struct records *r)
{
    struct op op = { .type = OP_CANCEL_REPLY,
                     .u.cancel_reply = { .req = request->req } };
    uint32_t n;

    if (r->n == 0) {
        answer_refuse(c, request, ERR_ABSENT, 0, "no such job");
        return;
    }
    n = r->at[0].u.job.n;
    if (request->last == 0 || request->last > n)
        request->last = n;
    if (request->first == 0)
        request->first = 1;
    op.u.cancel_reply.job = r->at[0].u.job.id.n;
    op.u.cancel_reply.before =
        request->first > request->last ? 0 : request->last - request->first + 1;
    answer(c, request, &op);
}

/* Elements of an array that ended here have no record of their own. */
static void tell_waiting(struct coord *c, const struct on_commit *p)
{
    struct job *j = p->job;

    LIST_EACH (it, save, &j->waiters) {
        struct open_request *request =
            LIST_ENTRY(it, struct open_request, in_job);
        struct task_id task = { .job = j->id, .elem = request->elem };
        if (request->elem < p->first || request->elem > p->last ||
            !job_is_finished(j, request->elem) || attempt_find(c, task) != NULL)
            continue;
        reads_add_outcome(c, request, j->id);
    }
}

void cancel_committed(struct coord *c, const struct on_commit *p)
{
    struct open_request *request = open_request_find(c, p->session, p->req);

    if (request != NULL && request->type == OP_CANCEL && !p->job->refused)
        say_cancelled(c, request, p);
    else if (request != NULL && request->type == OP_CANCEL)
        answer_refuse(c, request, ERR_ABSENT, 0, "the job was not accepted");
    if (p->job->array && !p->job->refused)
        tell_waiting(c, p);
}
