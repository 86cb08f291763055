/* SPDX-License-Identifier: MIT */
/* job_future - the future of a job: a submit until its end, or an await of a
 * job that exists. */
#include "client/lib/job_future.h"

#include <stdlib.h>

#include "client/lib/contact.h"
#include "client/lib/outcome.h"
#include "client/lib/request.h"
#include "client/lib/watch.h"
#include "libcommon/mem.h"

static struct job_future *of_pending(struct pending *p)
{
    return CONTAINER_OF(p, struct job_future, pending);
}

static struct job_future *of_future(yon_future *f)
{
    return of_pending(CONTAINER_OF(f, struct pending, future));
}

/* ---- what it hears ---- */

static void send_cancel(struct job_future *j)
{
    struct op op = { .type = OP_CANCEL,
                     .u.cancel = {
                         .job = j->job,
                         .first = j->elem != 0 ? j->elem : 1,
                         .last = j->elem != 0 ? j->elem : ELEM_MAX,
                     } };

    /* Whatever the answer is, the outcome says how it went; but the question
     * must arrive, so it is not abandoned. */
    future_unref(request_new(j->pending.client, &op, NULL, NULL));
}

/* The id is known. */
static void take_id(struct job_future *j, uint64_t job)
{
    if (j->job != 0)
        return;
    j->job = job;
    future_end(&j->receipt, ERR_NONE, NULL);
    if (j->is_cancelled)
        send_cancel(j);
}

static void take_outcome(struct job_future *j, const struct outcome *o,
                         const struct counts *counts)
{
    struct buf text = { 0 };
    enum err err = outcome_err(o->state);

    buf_add_view(&j->result, o->result);
    buf_add_view(&j->out, o->out);
    buf_add_view(&j->err, o->err);
    j->exit_code = outcome_exit_code(o);
    if (err != ERR_NONE)
        outcome_explain(&text, o, counts);
    pending_end(&j->pending, err, err != ERR_NONE ? buf_text(&text) : NULL);
    buf_fini(&text);
}

static void job_answer(struct pending *p, const struct op *op, bool last)
{
    struct job_future *j = of_pending(p);

    (void)last; /* only ENDED is, see submit_op */
    if (op->type == OP_RECEIPT) {
        take_id(j, op->u.receipt.job);
        if (j->is_abandoned)
            pending_forget(p);
    } else if (op->type == OP_ENDED) {
        j->is_cancelled = false; /* too late */
        take_id(j, op->u.ended.job);
        take_outcome(j, &op->u.ended.outcome, &op->u.ended.counts);
    }
}

static void job_ending(struct pending *p, enum err err, const char *text)
{
    struct job_future *j = of_pending(p);

    if (!j->receipt.done)
        future_end(&j->receipt, err, text);
}

static const struct pending_kind job_pending = {
    .answer = job_answer,
    .ending = job_ending,
};

/* ---- what is done to it ---- */

static void job_cancel(yon_future *f)
{
    struct job_future *j = of_future(f);

    if (j->is_cancelled)
        return;
    j->is_cancelled = true;
    if (f->co != NULL) /* it is local */
        coro_cancel(f->co);
    if (j->job != 0)
        send_cancel(j);
}

/* A submit without receipt goes on until it has one: the user wants the job,
 * though not its outcome. */
static void job_abandon(yon_future *f)
{
    struct job_future *j = of_future(f);

    j->is_abandoned = true;
    watch_end(j);
    if (j->job != 0)
        pending_forget(&j->pending);
}

static void job_destroy(yon_future *f)
{
    struct job_future *j = of_future(f);

    watch_end(j);
    buf_fini(&j->result);
    buf_fini(&j->out);
    buf_fini(&j->err);
    future_unref(&j->receipt);
}

static struct view job_value(const yon_future *f)
{
    return buf_view(&of_future((yon_future *)f)->result);
}

static const struct future_kind job_kind = {
    .name = "job",
    .value = job_value,
    .cancel = job_cancel,
    .abandon = job_abandon,
    .destroy = job_destroy,
};

static struct job_future *of_receipt(yon_future *f)
{
    return CONTAINER_OF(f, struct job_future, receipt);
}

/* Someone may still hear of the receipt when nobody asks for the job. */
static void receipt_destroy(yon_future *f)
{
    free(of_receipt(f));
}

static const struct future_kind receipt_kind = {
    .name = "receipt",
    .destroy = receipt_destroy,
};

/* ---- making one ---- */

static struct job_future *job_future_new(yon_client *c)
{
    struct job_future *j = xcalloc(1, sizeof *j);

    pending_init(&j->pending, &job_kind, &job_pending, c);
    future_init(&j->receipt, &receipt_kind, j->pending.future.loop);
    j->exit_code = -1;
    return j;
}

yon_future *job_future_submit(yon_client *c, struct op *op)
{
    struct job_future *j = job_future_new(c);

    ASSERT(op->type == OP_SUBMIT && op->u.submit.await);
    pending_ask(&j->pending, c, op);
    return &j->pending.future;
}

struct job_future *job_future_local(yon_client *c)
{
    struct job_future *j = job_future_new(c);

    pending_keep(&j->pending, c);
    return j;
}

void job_future_end(struct job_future *j, const struct outcome *o)
{
    static const struct counts none;

    if (!j->pending.future.done)
        take_outcome(j, o, &none);
}

yon_future *job_future_attach(yon_client *c, uint64_t job, uint32_t elem)
{
    struct job_future *j = job_future_new(c);
    struct op op = { .type = OP_AWAIT,
                     .u.await = { .job = job, .elem = elem } };

    j->elem = elem;
    take_id(j, job);
    pending_ask(&j->pending, c, &op);
    return &j->pending.future;
}

yon_future *job_future_failed(yon_client *c, enum err err, const char *text)
{
    struct job_future *j = job_future_new(c);

    pending_end(&j->pending, err, text);
    return &j->pending.future;
}

struct job_future *job_future_of(const yon_future *f)
{
    return f->kind == &job_kind ? of_future((yon_future *)f) : NULL;
}

struct job_future *job_future_of_receipt(const yon_future *f)
{
    return f->kind == &receipt_kind ? of_receipt((yon_future *)f) : NULL;
}
