/* SPDX-License-Identifier: MIT */
/* job_future - the future of a job: a submit until its end, or an await of a
 * job that exists. */
#include "client/lib/job_future.h"

#include <inttypes.h>
#include <stdlib.h>

#include "client/lib/outcome.h"
#include "client/lib/watch.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "proto/body.h"

static struct job_future *of_request(struct request *r)
{
    return CONTAINER_OF(r, struct job_future, request);
}

static struct job_future *of_future(yon_future *f)
{
    return of_request(CONTAINER_OF(f, struct request, future));
}

static void end_watch(struct job_future *j)
{
    watch_free(j->watch);
    j->watch = NULL;
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

    ASSERT(j->job != 0 && j->request.client != NULL);
    /* The outcome says how it went, so the answer does not matter; but the
     * request must arrive, so it is not abandoned. */
    future_unref(request_new(j->request.client, &op, NULL, NULL));
}

/* The id is known; 0: it has none, as a call in this process. */
static void take_id(struct job_future *j, uint64_t job)
{
    if (j->job != 0 || job == 0)
        return;
    j->job = job;
    future_end(&j->receipt, ERR_NONE, NULL);
    if (j->is_cancelled)
        send_cancel(j);
}

static void take_outcome(struct job_future *j, const struct outcome *o,
                         const struct counts *counts)
{
    char errmsg[ERRMSG_LEN];
    struct buf text = { 0 };
    struct body body;
    enum err err = body_decode(o->body, &body, errmsg);

    if (err != ERR_NONE)
        buf_addf(&text, "its result cannot be read: %s", errmsg);
    else if ((err = outcome_err(o->state)) != ERR_NONE)
        outcome_explain(&text, o, counts);
    buf_add_view(&j->result, body.result);
    buf_add_view(&j->out, body.out);
    buf_add_view(&j->err, body.err);
    j->exit_code = outcome_exit_code(o, &body);
    request_end(&j->request, err, err != ERR_NONE ? buf_text(&text) : NULL);
    buf_fini(&text);
}

static void job_answer(struct request *r, const struct op *op, bool last)
{
    struct job_future *j = of_request(r);

    ASSERT_IF(last, op->type == OP_ENDED);
    if (op->type == OP_RECEIPT) {
        take_id(j, op->u.receipt.job);
        if (j->is_abandoned)
            request_forget(r);
    } else if (op->type == OP_ENDED) {
        j->is_cancelled = false; /* too late */
        take_id(j, op->u.ended.job);
        take_outcome(j, &op->u.ended.outcome, &op->u.ended.counts);
    } else if (op->type == OP_PROGRESS && j->watch != NULL) {
        watch_note(j->watch, &op->u.progress);
    }
}

static void job_ending(struct request *r, enum err err, const char *text)
{
    struct job_future *j = of_request(r);

    ASSERT_IF(j->job != 0, j->receipt.done);
    if (!j->receipt.done)
        future_end(&j->receipt, err, text);
}

static const struct request_kind job_request = {
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
    if (f->co != NULL) /* it runs in this process */
        coro_cancel(f->co);
    if (j->job != 0)
        send_cancel(j);
}

/* A submit without receipt stays open until it has one: the user wants the job,
 * though not its outcome. */
static void job_abandon(yon_future *f)
{
    struct job_future *j = of_future(f);

    j->is_abandoned = true;
    end_watch(j);
    if (j->job != 0)
        request_forget(&j->request);
}

static void job_destroy(yon_future *f)
{
    struct job_future *j = of_future(f);

    ASSERT(j->request.client == NULL); /* it would hold a reference */
    end_watch(j);
    buf_fini(&j->result);
    buf_fini(&j->out);
    buf_fini(&j->err);
    future_unref(&j->receipt);
}

static struct view job_value(const yon_future *f)
{
    return buf_view(&of_future((yon_future *)f)->result);
}

static void job_describe(const yon_future *f, struct buf *out)
{
    const struct job_future *j = of_future((yon_future *)(uintptr_t)f);

    if (j->job == 0)
        buf_addf(out, "a job without id");
    else if (j->elem == 0)
        buf_addf(out, "job %" PRIu64, j->job);
    else
        buf_addf(out, "job %" PRIu64 ".%" PRIu32, j->job, j->elem);
}

/* A job of this process has no id to look for. */
static void job_origin(const yon_future *f, struct buf *out)
{
    const struct job_future *j = of_future((yon_future *)(uintptr_t)f);

    if (j->job != 0)
        job_describe(f, out);
}

static const struct future_kind job_kind = {
    .name = "job",
    .describe = job_describe,
    .origin = job_origin,
    .value = job_value,
    .cancel = job_cancel,
    .abandon = job_abandon,
    .destroy = job_destroy,
};

static struct job_future *of_receipt(yon_future *f)
{
    return CONTAINER_OF(f, struct job_future, receipt);
}

/* The receipt may have waiters when the job has none any more. */
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

    request_init(&j->request, &job_kind, &job_request, c);
    future_init(&j->receipt, &receipt_kind, j->request.future.loop);
    j->receipt.is_lent = true;
    j->exit_code = -1;
    return j;
}

yon_future *job_future_submit(yon_client *c, struct op *op)
{
    struct job_future *j = job_future_new(c);

    ASSERT(op->type == OP_SUBMIT && op->u.submit.await);
    request_ask(&j->request, c, op);
    return &j->request.future;
}

yon_future *job_future_attach(yon_client *c, uint64_t job, uint32_t elem)
{
    struct job_future *j = job_future_new(c);
    struct op op = { .type = OP_AWAIT,
                     .u.await = { .job = job, .elem = elem } };

    j->elem = elem;
    take_id(j, job);
    request_ask(&j->request, c, &op);
    return &j->request.future;
}

yon_future *job_future_failed(yon_client *c, enum err err, const char *text)
{
    struct job_future *j = job_future_new(c);

    request_end(&j->request, err, text);
    return &j->request.future;
}

struct job_future *job_future_of(const yon_future *f)
{
    return f->kind == &job_kind ? of_future((yon_future *)f) : NULL;
}

struct job_future *job_future_of_receipt(const yon_future *f)
{
    return f->kind == &receipt_kind ? of_receipt((yon_future *)f) : NULL;
}
