/* SPDX-License-Identifier: MIT */
/* job_list - rows come from the store, and of active jobs from memory. */
#include "coordinator/core/ask/job_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/core/ask/advance.h"
#include "coordinator/core/ask/answer.h"
#include "coordinator/core/ask/reads.h"
#include "coordinator/core/ask/wait_note.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/queue.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/tables.h"
#include "libcommon/mem.h"
#include "proto/counts.h"
#include "proto/frame.h"

#define LIST_MAX 1000

void job_list_take(struct coord *c, struct open_request *request,
                   const struct op *op)
{
    struct query q = { .type = QUERY_JOBS, .below = { JOB_ID_MAX + 1 } };
    uint32_t limit = op->u.list.limit;

    request->limit = limit == 0 || limit > LIST_MAX ? LIST_MAX : limit;
    request->what = op->u.list.what;
    q.full = op->u.list.full && request->what == LIST_ID;
    q.max = request->limit;
    switch (request->what) {
    case LIST_RECENT: /* enough to find `limit` ended ones among the active */
        q.max += c->jobs.n < LIST_MAX ? (uint32_t)c->jobs.n : LIST_MAX;
        break;
    case LIST_ALL:
        if (op->u.list.before > 0)
            q.below.n = op->u.list.before;
        break;
    case LIST_ID:
        q.lowest.n = op->u.list.id;
        q.below.n = op->u.list.id + 1;
        break;
    case LIST_LAST:
        break;
    case LIST_NAME:
        if (op->u.list.before > 0)
            q.below.n = op->u.list.before;
        q.name = blob_new(op->u.list.jobname);
        break;
    default:
        answer_refuse(c, request, ERR_RANGE, 0, "LIST: unknown kind of list");
        return;
    }
    reads_add(c, request, q);
}

/* An end that is not durable yet may still turn out otherwise: until then the
 * job shows as running. */
static void describe_active(const struct coord *c, const struct job *j,
                            struct jobinfo *info, struct wait_note *note)
{
    const struct attempt *a = advance_of(c, j, 0);
    bool ending = job_has_ended(j) && !j->told;

    info->state = (uint8_t)(ending ? STATE_RUNNING : job_state(j));
    info->started_ms = j->started_ms;
    info->ended_ms = ending ? 0 : j->ended_ms;
    info->counts = job_counts(j);
    if (ending && !j->array)
        info->counts = (struct counts){ .n = 1, .running = 1 };
    info->elem_failed = j->elem_failed;
    info->failed_why = view_str(j->failed_why);
    info->note = view_str(wait_note_of(c, j, note));
    if (a != NULL) {
        info->done = a->done;
        info->total = a->total;
        info->doing = blob_view(a->doing);
    }
}

static void describe_ended(const struct record *rec, struct jobinfo *info)
{
    if (rec->type == RECORD_END) {
        info->counts = rec->u.end.counts;
        info->state = (uint8_t)counts_worst(&info->counts);
        info->ended_ms = rec->u.end.at_ms;
    } else if (rec->type == RECORD_OUTCOME) {
        info->counts = counts_of_one(rec->u.outcome.state, rec->u.outcome.gap);
        info->state = rec->u.outcome.state;
        info->ended_ms = rec->u.outcome.at_ms;
        info->started_ms = rec->u.outcome.started_ms;
    }
}

static void describe(struct coord *c, const struct record *rec,
                     struct jobinfo *info)
{
    *info = (struct jobinfo){ .job = rec->u.job.id.n,
                              .array = rec->u.job.array,
                              .kind = rec->u.job.kind,
                              .state = STATE_WAITING,
                              .jobname = blob_view(rec->u.job.name),
                              .fn = blob_view(rec->u.job.fn),
                              .submitted_ms = rec->u.job.at_ms,
                              .counts = { .n = rec->u.job.n },
                              .spec = blob_view(rec->u.job.spec),
                              .first = rec->u.job.first,
                              .step = rec->u.job.step,
                              .items = blob_view(rec->u.job.items),
                              .key = rec->u.job.key };
    if (rec->u.job.policy != NULL &&
        policy_decode(c->bodies, blob_view(rec->u.job.policy), &info->policy) !=
            ERR_NONE)
        info->policy = (struct policy){ 0 };
}

/* Rows for the answer, newest first; jobs in memory are described from there.
 */
static uint32_t rows_of(struct coord *c, const struct open_request *request,
                        const struct records *r, struct jobinfo *rows,
                        struct wait_note *notes)
{
    uint32_t n = 0, n_ended = 0;
    const struct job *j = NULL;

    for (size_t i = 0; i < r->n; i++) {
        const struct record *rec = &r->at[i];
        if (rec->type != RECORD_JOB) {
            if (n > 0 && j == NULL)
                describe_ended(rec, &rows[n - 1]);
            continue;
        }
        j = tables_job(c, rec->u.job.id.n);
        if (request->what == LIST_RECENT && j == NULL &&
            n_ended++ >= request->limit)
            break;
        describe(c, rec, &rows[n++]);
        if (j != NULL)
            describe_active(c, j, &rows[n - 1], &notes[n - 1]);
    }
    return n;
}

/* Active jobs that are older than the oldest row. */
static uint32_t older_active(struct coord *c, struct jobinfo *rows,
                             struct wait_note *notes, uint32_t n)
{
    uint64_t lowest = n == 0 ? UINT64_MAX : rows[n - 1].job;
    uint32_t first = n;

    LIST_EACH (it, save, &c->by_id) {
        const struct job *j = LIST_ENTRY(it, struct job, by_id);
        struct record rec;
        if (j->id.n >= lowest || n - first >= LIST_MAX)
            break;
        if (j->refused || j->lsn > c->durable)
            continue;
        rec = job_record(j);
        describe(c, &rec, &rows[n]);
        rows[n].spec = rows[n].items = (struct view){ 0 };
        describe_active(c, j, &rows[n], &notes[n]);
        n++;
        record_fini(&rec); /* the job keeps the bytes of the row */
    }
    for (uint32_t a = first, b = n; a + 1 < b; a++) {
        struct jobinfo swap = rows[a];
        rows[a] = rows[--b];
        rows[b] = swap;
    }
    return n;
}

void job_list_answer(struct coord *c, struct open_request *request,
                     struct records *r)
{
    struct op op = { .type = OP_LIST_REPLY, .u.list_reply.req = request->req };
    struct jobinfo *rows = xcalloc(r->n + LIST_MAX + 1, sizeof *rows);
    struct wait_note *notes = xcalloc(r->n + LIST_MAX + 1, sizeof *notes);
    uint32_t n = rows_of(c, request, r, rows, notes);

    if (request->what == LIST_RECENT)
        n = older_active(c, rows, notes, n);
    else if (n == request->limit && request->what != LIST_LAST)
        op.u.list_reply.next = rows[n - 1].job;
    op.u.list_reply.jobs.at = rows;
    op.u.list_reply.jobs.n = n;
    answer(c, request, &op);
    free(rows);
    free(notes);
}
