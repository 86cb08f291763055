/* SPDX-License-Identifier: MIT */
/* record - lists of records and the ownership of their blobs. */
#include "coordinator/core/model/record.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"

/* The one place that knows which type has which blobs. */
size_t record_blobs(struct record *rec, struct blob **out[RECORD_BLOBS_MAX])
{
    switch (rec->type) {
    case RECORD_JOB:
        out[0] = &rec->u.job.name;
        out[1] = &rec->u.job.fn;
        out[2] = &rec->u.job.spec;
        out[3] = &rec->u.job.items;
        out[4] = &rec->u.job.policy;
        return 5;
    case RECORD_OUTCOME:
        out[0] = &rec->u.outcome.body;
        return 1;
    case RECORD_ATTEMPT:
        out[0] = &rec->u.attempt.body;
        return 1;
    case RECORD_PIECE:
        out[0] = &rec->u.piece.bytes;
        return 1;
    case RECORD_CANCEL:
        out[0] = &rec->u.cancel.reason;
        return 1;
    case RECORD_WORKER_UP:
    case RECORD_WORKER_GONE:
        out[0] = &rec->u.worker.name;
        return 1;
    case RECORD_END:
    case RECORD_IDS:
    case RECORD_LOW_WATER:
    case RECORD_EPOCH:
    case RECORD_CLOCK:
        return 0;
    }
    return 0; /* zeroed memory */
}

static void drop(struct blob **b)
{
    blob_unref(*b);
    *b = NULL;
}

void record_fini(struct record *rec)
{
    struct blob **blobs[RECORD_BLOBS_MAX];
    size_t n = record_blobs(rec, blobs);

    for (size_t i = 0; i < n; i++)
        drop(blobs[i]);
}

struct record record_copy(const struct record *rec)
{
    struct record copy = *rec;
    struct blob **blobs[RECORD_BLOBS_MAX];
    size_t n = record_blobs(&copy, blobs);

    for (size_t i = 0; i < n; i++)
        blob_ref(*blobs[i]);
    return copy;
}

job_id record_job(const struct record *rec)
{
    switch (rec->type) {
    case RECORD_JOB:
        return rec->u.job.id;
    case RECORD_OUTCOME:
        return rec->u.outcome.task.job;
    case RECORD_ATTEMPT:
        return rec->u.attempt.task.job;
    case RECORD_PIECE:
        return rec->u.piece.task.job;
    case RECORD_CANCEL:
        return rec->u.cancel.id;
    case RECORD_END:
        return rec->u.end.id;
    case RECORD_IDS:
    case RECORD_LOW_WATER:
    case RECORD_WORKER_UP:
    case RECORD_WORKER_GONE:
    case RECORD_EPOCH:
    case RECORD_CLOCK:
        break;
    }
    return (job_id){ 0 };
}

size_t record_bytes(const struct record *rec)
{
    if (rec->type == RECORD_JOB)
        return blob_view(rec->u.job.spec).len + blob_view(rec->u.job.items).len;
    if (rec->type == RECORD_OUTCOME)
        return blob_view(rec->u.outcome.body).len;
    if (rec->type == RECORD_ATTEMPT)
        return blob_view(rec->u.attempt.body).len;
    if (rec->type == RECORD_PIECE)
        return blob_view(rec->u.piece.bytes).len;
    return 0;
}

void record_drop_long(struct record *rec)
{
    if (rec->type == RECORD_JOB) {
        drop(&rec->u.job.spec);
        drop(&rec->u.job.items);
    } else if (rec->type == RECORD_OUTCOME) {
        drop(&rec->u.outcome.body);
    } else if (rec->type == RECORD_ATTEMPT) {
        drop(&rec->u.attempt.body);
    } else if (rec->type == RECORD_PIECE) {
        drop(&rec->u.piece.bytes);
    }
}

void records_clear(struct records *r)
{
    for (size_t i = 0; i < r->n; i++)
        record_fini(&r->at[i]);
    r->n = 0;
}

void records_fini(struct records *r)
{
    if (r == NULL)
        return;
    records_clear(r);
    free(r->at);
    *r = (struct records){ 0 };
}

static void records_room(struct records *r, size_t n)
{
    if (r->cap - r->n >= n)
        return;
    size_t cap = r->cap == 0 ? 16 : r->cap * 2;
    if (cap < r->n + n)
        cap = r->n + n;
    r->at = xrealloc(r->at, cap * sizeof *r->at);
    r->cap = cap;
}

void records_add(struct records *r, struct record rec)
{
    records_room(r, 1);
    r->at[r->n++] = rec;
}

void records_move(struct records *to, struct records *from)
{
    ASSERT(to != from);
    if (to->n == 0) { /* no copy: exchange the lists */
        struct records empty = *to;
        *to = *from;
        *from = empty;
        return;
    }
    records_room(to, from->n);
    for (size_t i = 0; i < from->n; i++)
        to->at[to->n++] = from->at[i];
    from->n = 0; /* the records belong to `to` now */
}
