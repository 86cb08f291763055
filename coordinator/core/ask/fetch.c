/* SPDX-License-Identifier: MIT */
/* fetch - a page is filled from records, and from cancels where there is none.
 */
#include "coordinator/core/ask/fetch.h"

#include <stdlib.h>

#include "coordinator/core/ask/answer.h"
#include "coordinator/core/ask/reads.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/own_outcome.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/tables.h"
#include "libcommon/mem.h"
#include "proto/frame.h"

#define FETCH_MAX 1000
#define FETCH_BYTES_MAX (1u << 20)

void fetch_take(struct coord *c, struct open_request *request,
                const struct op *op)
{
    uint32_t max = op->u.fetch.max;

    request->first = op->u.fetch.first == 0 ? 1 : op->u.fetch.first;
    request->last = op->u.fetch.last == 0 ? ELEM_MAX : op->u.fetch.last;
    request->limit = max == 0 || max > FETCH_MAX ? FETCH_MAX : max;
    request->bodies = op->u.fetch.bodies;
    reads_add(c, request,
              (struct query){ .type = QUERY_OUTCOMES,
                              .id = { op->u.fetch.job },
                              .first = request->first,
                              .last = request->last,
                              .max = request->limit,
                              .max_bytes = FETCH_BYTES_MAX });
}

struct outcome_page { /* outcomes that go into one answer */
    struct outcome *at;
    uint32_t n, cap;
};

static struct outcome *page_add(struct outcome_page *p)
{
    if (p->n == p->cap) {
        p->cap = p->cap == 0 ? 16 : p->cap * 2;
        p->at = xrealloc(p->at, p->cap * sizeof *p->at);
    }
    return &p->at[p->n++];
}

/* The outcome points into the record. */
static void page_add_record(struct coord *c, struct outcome_page *p,
                            const struct record *rec, bool bodies)
{
    struct outcome *o = page_add(p);

    if (outcome_decode(c->bodies, blob_view(rec->u.outcome.body), o) !=
        ERR_NONE)
        *o = (struct outcome){ .job = rec->u.outcome.task.job.n,
                               .elem = rec->u.outcome.task.elem,
                               .state = rec->u.outcome.state,
                               .message = view_str("the record is damaged") };
    if (!bodies)
        o->body = (struct view){ 0 };
}

/* The cancel that ended an element without a record; NULL: it has not ended. */
static const struct record *cancel_record(const struct coord *c,
                                          const struct records *r,
                                          struct task_id task)
{
    const struct job *j = tables_job(c, task.job.n);

    if (j != NULL &&
        (!job_is_finished(j, task.elem) || attempt_find(c, task) != NULL))
        return NULL;
    for (size_t i = 0; i < r->n; i++)
        if (r->at[i].type == RECORD_CANCEL &&
            task.elem >= r->at[i].u.cancel.first &&
            task.elem <= r->at[i].u.cancel.last)
            return &r->at[i];
    return NULL;
}

/* Elements without a record up to `end`, as far as a cancel ended them. */
static void add_gap(struct coord *c, struct outcome_page *p,
                    const struct records *r, uint32_t from, uint32_t end,
                    uint32_t limit)
{
    job_id job = r->at[0].u.job.id;

    if (!r->at[0].u.job.array)
        return;
    for (uint32_t elem = from; elem < end && p->n < limit; elem++) {
        const struct record *cancel =
            cancel_record(c, r, (struct task_id){ .job = job, .elem = elem });
        if (cancel != NULL)
            *page_add(p) = own_outcome_cancelled(job, elem, cancel);
    }
}

/* Fill the page in the order of elements. Returns where to go on; 0: no more.
 */
static uint32_t fill(struct coord *c, struct open_request *request,
                     const struct records *r, struct outcome_page *p)
{
    uint32_t n = r->at[0].u.job.n, elem = request->first, rows = 0;
    uint32_t last = request->last < n ? request->last : n;
    size_t bytes = 0;
    bool cut;

    for (size_t i = 0; i < r->n; i++) {
        const struct record *rec = &r->at[i];
        if (rec->type != RECORD_OUTCOME)
            continue;
        add_gap(c, p, r, elem, rec->u.outcome.task.elem, request->limit);
        if (p->n >= request->limit)
            return p->at[p->n - 1].elem + 1;
        page_add_record(c, p, rec, request->bodies);
        bytes += blob_view(rec->u.outcome.body).len;
        elem = rec->u.outcome.task.elem + 1;
        rows++;
    }
    cut = rows >= request->limit || bytes >= FETCH_BYTES_MAX;
    if (!cut) {
        add_gap(c, p, r, elem, last + 1, request->limit);
        if (p->n >= request->limit)
            elem = p->at[p->n - 1].elem + 1;
        else
            elem = last + 1;
    }
    return elem > last ? 0 : elem;
}

void fetch_answer(struct coord *c, struct open_request *request,
                  struct records *r)
{
    struct op op = { .type = OP_FETCH_REPLY,
                     .u.fetch_reply.req = request->req };
    struct outcome_page page = { 0 };

    if (r->n == 0) {
        answer_refuse(c, request, ERR_ABSENT, 0, "no such job");
        return;
    }
    op.u.fetch_reply.next = fill(c, request, r, &page);
    op.u.fetch_reply.outcomes.at = page.at;
    op.u.fetch_reply.outcomes.n = page.n;
    answer(c, request, &op);
    free(page.at);
}
