/* SPDX-License-Identifier: MIT */
/* on_commit - a ring, in the order of records. */
#include "coordinator/core/model/on_commit.h"

#include <stdlib.h>

#include "coordinator/core/model/job.h"
#include "coordinator/core/model/state.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"

void on_commits_fini(struct on_commits *q)
{
    for (; q->n > 0; q->n--, q->head++)
        blob_unref(q->at[q->head & (q->cap - 1)].body);
    free(q->at);
    *q = (struct on_commits){ 0 };
}

static void grow(struct on_commits *q)
{
    size_t cap = q->cap == 0 ? 64 : q->cap * 2;
    struct on_commit *at = xcalloc(cap, sizeof *at);

    for (size_t i = 0; i < q->n; i++)
        at[i] = q->at[(q->head + i) & (q->cap - 1)];
    free(q->at);
    q->at = at;
    q->head = 0;
    q->cap = cap;
}

static void push(struct on_commits *q, struct on_commit p)
{
    if (q->n == q->cap)
        grow(q);
    ASSERT_IF(q->n > 0,
              q->at[(q->head + q->n - 1) & (q->cap - 1)].lsn <= p.lsn);
    q->at[(q->head + q->n++) & (q->cap - 1)] = p;
}

void on_commit_add(struct coord *c, struct on_commit p)
{
    p.lsn = c->n_records;
    if (p.job != NULL)
        p.job->n_on_commit++;
    push(&c->on_commits, p);
}

bool on_commit_take(struct coord *c, struct on_commit *out)
{
    struct on_commits *q = &c->on_commits;

    if (q->n == 0 || q->at[q->head & (q->cap - 1)].lsn > c->durable)
        return false;
    *out = q->at[q->head++ & (q->cap - 1)];
    q->n--;
    return true;
}
