/* SPDX-License-Identifier: MIT */
/* await - requests that wait at a job are answered when it ends. */
#include "coordinator/core/ask/await.h"

#include <string.h>

#include "coordinator/core/ask/advance.h"
#include "coordinator/core/ask/answer.h"
#include "coordinator/core/ask/follow.h"
#include "coordinator/core/ask/reads.h"
#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/on_commit.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/own_outcome.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/tables.h"
#include "libcommon/map.h"
#include "proto/counts.h"
#include "proto/frame.h"

static void end_request(struct coord *c, struct open_request *request,
                        job_id job, struct counts counts,
                        const struct outcome *o)
{
    struct op op = { .type = OP_ENDED,
                     .u.ended = { .req = request->req,
                                  .job = job.n,
                                  .elem = request->elem,
                                  .counts = counts,
                                  .outcome = *o } };

    answer(c, request, &op);
}

static struct outcome summary(job_id job, const struct counts *n,
                              int64_t ended_ms)
{
    enum state state = counts_worst(n);

    return (struct outcome){ .job = job.n,
                             .state = (uint8_t)state,
                             .reason = view_str(
                                 state == STATE_DONE ? "" : state_name(state)),
                             .ended_ms = ended_ms };
}

static void say_progress(struct coord *c, struct open_request *request)
{
    const struct job *j = request->job;
    struct op op = { .type = OP_PROGRESS,
                     .u.progress = { .req = request->req,
                                     .job = j->id.n,
                                     .counts = job_counts(j),
                                     .elem_failed = j->elem_failed,
                                     .failed_why = view_str(j->failed_why),
                                     .failed_worker =
                                         blob_view(j->failed_worker) } };
    const struct attempt *a = advance_of(c, j, request->elem);

    if (a != NULL) {
        op.u.progress.done = a->done;
        op.u.progress.total = a->total;
        op.u.progress.doing = blob_view(a->doing);
    }
    request->told_changes = j->n_changes;
    request->told_advances = j->n_advances;
    request->told_ms = c->now_ms;
    actions_send(c, request->session, &op);
}

/* A watcher gets the last progress before the end. */
static void say_last_progress(struct coord *c, struct open_request *request)
{
    if (request->progress_ms > 0 &&
        request->told_changes != request->job->n_changes)
        say_progress(c, request);
}

void await_tell(struct coord *c, struct job *j, uint32_t elem,
                const struct outcome *o)
{
    LIST_EACH (it, save, &j->waiters) {
        struct open_request *request =
            LIST_ENTRY(it, struct open_request, in_job);
        if (j->array && request->elem != elem)
            continue;
        say_last_progress(c, request);
        end_request(c, request, j->id, job_counts(j), o);
    }
}

void await_tell_end(struct coord *c, struct job *j)
{
    struct outcome o = summary(j->id, &j->counts, j->ended_ms);

    j->told = true;
    LIST_EACH (it, save, &j->waiters) {
        struct open_request *request =
            LIST_ENTRY(it, struct open_request, in_job);
        if (request->elem != 0)
            continue;
        say_last_progress(c, request);
        end_request(c, request, j->id, j->counts, &o);
    }
}

/* Whether an end that is not durable yet will answer this request. */
static bool will_be_told(const struct coord *c, const struct job *j,
                         uint32_t elem)
{
    if (!j->array || elem == 0)
        return !j->told;
    return !job_is_finished(j, elem) ||
           attempt_find(c, (struct task_id){ .job = j->id, .elem = elem }) !=
               NULL;
}

void await_begin(struct coord *c, struct open_request *request, job_id job,
                 uint32_t elem)
{
    struct job *j = tables_job(c, job.n);

    request->elem = elem;
    if (j == NULL || j->refused) {
        reads_add_outcome(c, request, job);
    } else if (elem > j->counts.n) {
        answer_refuse(c, request, ERR_ABSENT, 0,
                      "job %llu has elements 1 to %u",
                      (unsigned long long)job.n, j->counts.n);
    } else if (will_be_told(c, j, elem)) {
        request->job = j;
        list_insert(&j->waiters, &request->in_job);
        if (request->progress_ms > 0)
            list_insert(&c->watchers, &request->in_watch);
        follow_begin(c, request, j, elem);
    } else {
        on_commit_add(c, (struct on_commit){ .type = ON_COMMIT_READ,
                                             .session = request->session->id,
                                             .req = request->req,
                                             .job = j,
                                             .task = { job, elem } });
    }
}

void await_take(struct coord *c, struct open_request *request,
                const struct op *op)
{

    request->progress_ms = op->u.await.progress_ms;
    request->follow = op->u.await.follow;
    request->told_changes = UINT64_MAX; /* the first word comes at once */
    request->told_ms = INT64_MIN / 2;
    await_begin(c, request, (job_id){ op->u.await.job }, op->u.await.elem);
}

void await_forget(struct coord *c, struct session *s, const struct op *op)
{
    struct open_request *request = map_get(&s->requests, op->u.forget.req);

    if (request == NULL)
        return;
    open_request_free(c, request);
}

static bool has_news(const struct open_request *request)
{
    const struct job *j = request->job;

    if (j->array && request->elem == 0)
        return request->told_changes != j->n_changes;
    return request->told_changes != j->n_changes ||
           request->told_advances != j->n_advances;
}

void await_progress(struct coord *c)
{
    LIST_EACH (it, save, &c->watchers) {
        struct open_request *request =
            LIST_ENTRY(it, struct open_request, in_watch);
        if (!has_news(request))
            continue;
        if (c->now_ms - request->told_ms >= request->progress_ms)
            say_progress(c, request);
        else
            actions_wake(c, request->told_ms + request->progress_ms);
    }
}

/* The records of the awaited task. */
struct found {
    const struct record *job, *end, *outcome, *cancel;
};

static struct found find(const struct records *r, uint32_t elem)
{
    struct found f = { 0 };

    for (size_t i = 0; i < r->n; i++) {
        const struct record *rec = &r->at[i];
        if (rec->type == RECORD_JOB)
            f.job = rec;
        else if (rec->type == RECORD_END)
            f.end = rec;
        else if (rec->type == RECORD_OUTCOME &&
                 rec->u.outcome.task.elem == elem)
            f.outcome = rec;
        else if (rec->type == RECORD_CANCEL && f.cancel == NULL &&
                 elem >= rec->u.cancel.first && elem <= rec->u.cancel.last)
            f.cancel = rec; /* the first one ended it */
    }
    return f;
}

void await_answer(struct coord *c, struct open_request *request,
                  struct records *r)
{
    uint32_t elem = request->elem == 0 ? 1 : request->elem;
    struct found f = find(r, elem);
    struct counts counts =
        f.end == NULL ? (struct counts){ .n = 1 } : f.end->u.end.counts;
    struct outcome o;

    if (f.job == NULL || request->elem > f.job->u.job.n) {
        answer_refuse(c, request, ERR_ABSENT, 0, "no such job");
        return;
    }
    if (f.job->u.job.array && request->elem == 0 && f.end != NULL) {
        o = summary(f.job->u.job.id, &counts, f.end->u.end.at_ms);
    } else if ((!f.job->u.job.array || request->elem > 0) &&
               f.outcome != NULL) {
        if (outcome_decode(c->bodies, blob_view(f.outcome->u.outcome.body),
                           &o) != ERR_NONE) {
            answer_refuse(c, request, ERR_CORRUPT, 0, "its outcome is damaged");
            return;
        }
        if (!f.job->u.job.array)
            counts = counts_of_one(o.state, o.dropped > 0);
    } else if (request->elem > 0 && f.cancel != NULL) {
        o = own_outcome_cancelled(f.job->u.job.id, elem, f.cancel);
    } else {
        answer_refuse(c, request, ERR_CORRUPT, 0, "its outcome is missing");
        return;
    }
    end_request(c, request, f.job->u.job.id, counts, &o);
}
