/* SPDX-License-Identifier: MIT */
/* commit - the actions that were held back for a commit. */
#include "coordinator/core/rules/commit.h"

#include "coordinator/core/ask/answer.h"
#include "coordinator/core/ask/await.h"
#include "coordinator/core/ask/log_tail.h"
#include "coordinator/core/ask/reads.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/on_commit.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/queue.h"
#include "coordinator/core/model/requeue.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/step.h"
#include "coordinator/core/model/tables.h"
#include "coordinator/core/model/timing.h"
#include "coordinator/core/rules/assign.h"
#include "coordinator/core/rules/cancel.h"
#include "coordinator/core/rules/keep_piece.h"
#include "coordinator/core/rules/report.h"
#include "coordinator/core/rules/retry.h"
#include "coordinator/core/rules/sessions.h"
#include "coordinator/core/rules/submit.h"
#include "libcommon/check.h"
#include "libcommon/trace.h"

/* After a full disk, how long submits are refused before one may try. */
#define FULL_PAUSE_MS 1000

/* A request still waits for a job that leaves memory: the store knows the
 * answer, unless it never took the job. */
static void pass_on(struct coord *c, const struct job *j,
                    struct open_request *request)
{
    open_request_leave_job(request);
    if (j->refused)
        answer_refuse(c, request, ERR_ABSENT, 0, "the job was not accepted");
    else if (request->type == OP_TAIL)
        log_tail_begin(c, request, j->id);
    else
        await_begin(c, request, j->id, request->elem);
}

static void forget_job(struct coord *c, struct job *j)
{
    ASSERT(j->n_on_commit == 0);
    tables_unlink(c, j);
    timing_end(c, j);
    queue_remove(j);
    requeue_pull_range(c, j, 1, j->counts.n);
    c->n_ended += !j->refused;
    LIST_EACH (it, save, &j->waiters)
        pass_on(c, j, LIST_ENTRY(it, struct open_request, in_job));
    LIST_EACH (it, save, &j->tails)
        pass_on(c, j, LIST_ENTRY(it, struct open_request, in_job));
    job_free(j);
}

static void read_outcome(struct coord *c, const struct on_commit *p)
{
    struct open_request *request = open_request_find(c, p->session, p->req);

    if (request != NULL)
        reads_add_outcome(c, request, p->task.job);
}

/* A submit was refused for want of space, and the next was not. */
static void say_full(struct coord *c)
{
    if (!c->full_told)
        trace_line(c->trace, TRACE_WARN, "disk-full", "effect=%s",
                   "submits are refused until there is room");
    c->full_told = true;
}

static void say_free(struct coord *c)
{
    trace_line(c->trace, TRACE_INFO, "disk-free", "effect=%s",
               "submits are taken again");
    c->full_told = false;
}

static void act(struct coord *c, const struct on_commit *p)
{
    switch (p->type) {
    case ON_COMMIT_RECEIPT:
        if (!p->job->refused && c->full_told)
            say_free(c);
        submit_committed(c, p);
        break;
    case ON_COMMIT_OUTCOME:
        report_committed(c, p);
        break;
    case ON_COMMIT_ATTEMPT:
        retry_committed(c, p);
        break;
    case ON_COMMIT_START:
        assign_committed(c, p);
        break;
    case ON_COMMIT_CANCEL:
        cancel_committed(c, p);
        break;
    case ON_COMMIT_END:
        await_tell_end(c, p->job);
        break;
    case ON_COMMIT_READ:
        read_outcome(c, p);
        break;
    case ON_COMMIT_PIECE:
        keep_piece_committed(c, p, c->pieces_left_out);
        break;
    case ON_COMMIT_IDS:
        c->ids_durable = p->task.job.n;
        break;
    case ON_COMMIT_WORKER:
        sessions_recorded(c, p->session);
        break;
    }
}

/* A job leaves memory when it has ended, or was refused, and nothing is held
 * back for it. */
static void release(struct coord *c, struct job *j)
{
    ASSERT(j->n_on_commit > 0);
    if (--j->n_on_commit == 0 && (j->refused || job_has_ended(j)))
        forget_job(c, j);
}

void commit_run(struct coord *c)
{
    struct on_commit p;

    while (on_commit_take(c, &p)) {
        act(c, &p);
        blob_unref(p.body);
        if (p.job != NULL)
            release(c, p.job);
    }
}

void commit_durable(struct coord *c, const struct coord_event *e)
{
    ASSERT(e->u.durable.n_records >= c->durable &&
           e->u.durable.n_records <= c->n_records);
    c->durable = e->u.durable.n_records;
    if (c->full)
        trace_line(c->trace, TRACE_INFO, "disk-writable", "effect=%s",
                   "outcomes are recorded again");
    c->full = false;
    c->pieces_left_out = e->u.durable.pieces_left_out;
    if (e->u.durable.full) {
        c->full_until_ms = c->now_ms + FULL_PAUSE_MS;
        say_full(c);
    }
    for (size_t i = 0; i < e->u.durable.n_refused; i++)
        submit_undo(c, &e->u.durable.refused[i]);
    commit_run(c);
    c->pieces_left_out = false;
}

void commit_full(struct coord *c)
{
    if (!c->full)
        trace_line(c->trace, TRACE_ERROR, "disk-full", "effect=%s",
                   "nothing can be recorded until there is room");
    c->full = true;
}
