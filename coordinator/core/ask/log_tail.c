/* SPDX-License-Identifier: MIT */
/* log_tail - the client pulls: each answer is asked for. */
#include "coordinator/core/ask/log_tail.h"

#include "coordinator/core/ask/answer.h"
#include "coordinator/core/ask/follow.h"
#include "coordinator/core/ask/reads.h"
#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/on_commit.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/remainder.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/tables.h"
#include "libcommon/map.h"
#include "proto/frame.h"

/* The offset of the client is in the output of another attempt: begin at the
 * start of this one. */
static void begin_with(struct open_request *request, struct attempt_id id)
{
    request->of = id;
    if (request->from.n == 0 || attempt_equal(request->from, id))
        return;
    request->from = id;
    request->offset = 0;
}

static void query_worker(struct coord *c, struct open_request *request,
                         struct attempt *a)
{
    uint64_t keep;
    struct op op;

    begin_with(request, a->id);
    keep = follow_tail(request->session, a, request->stream, request->offset);
    op = (struct op){ .type = OP_TAIL_ASK,
                      .u.tail_ask = { .tail = ++c->last_tail,
                                      .id = attempt_key_of(a),
                                      .stream = request->stream,
                                      .offset = request->offset,
                                      .max = request->max,
                                      .keep = keep } };

    request->tail = c->last_tail;
    map_put(&c->tails, request->tail, request);
    actions_send(c, a->session, &op);
}

static void park(struct coord *c, struct open_request *request)
{
    if (request->tail != 0)
        map_remove(&c->tails, request->tail);
    request->tail = 0;
}

/* ---- attempts that did not settle their element ---- */

/* Answer with what is left to read of one. False: nothing is. */
static bool tell_remainder(struct coord *c, struct open_request *request,
                           job_id id)
{
    struct task_id task = { .job = id, .elem = request->elem };
    const struct remainder *left =
        remainder_find(request->session, task, request->stream);
    struct op op;

    if (left == NULL)
        return false;
    begin_with(request, left->of);
    op = (struct op){ .type = OP_TAIL_REPLY,
                      .u.tail_reply = { .req = request->req,
                                        .offset = request->offset,
                                        .epoch = left->of.epoch,
                                        .attempt = left->of.n,
                                        .body = blob_view(left->body) } };
    answer(c, request, &op);
    return true;
}

static void keep_remainders(const struct attempt *a, const struct outcome *o)
{
    struct blob *body = o->body.len == 0 ? NULL : blob_new(o->body);

    LIST_EACH (it, save, &a->job->followers) {
        const struct follower *f = LIST_ENTRY(it, struct follower, in_job);

        if (f->elem == a->task.elem && f->request != NULL)
            remainder_keep(f->request->session, a->task, a->id,
                           f->needs.streams, blob_ref(body));
    }
    blob_unref(body);
}

void log_tail_ended(struct coord *c, const struct attempt *a,
                    const struct outcome *o)
{
    log_tail_stopped(c, a->job, a->task.elem);
    if (list_is_empty(&a->job->followers))
        return;
    keep_remainders(a, o);
    LIST_EACH (it, save, &a->job->tails) {
        struct open_request *request =
            LIST_ENTRY(it, struct open_request, in_job);
        if (request->elem == a->task.elem)
            tell_remainder(c, request, a->job->id);
    }
}

/* ---- the current one ---- */

void log_tail_begin(struct coord *c, struct open_request *request, job_id id)
{
    struct job *j = tables_job(c, id.n);
    struct attempt *a;

    if (tell_remainder(c, request, id))
        return;
    if (j == NULL || j->refused) {
        reads_add_outcome(c, request, id);
        return;
    }
    if (request->elem > j->counts.n) {
        answer_refuse(c, request, ERR_ABSENT, 0,
                      "job %llu has elements 1 to %u", (unsigned long long)id.n,
                      j->counts.n);
        return;
    }
    a = attempt_find(c, (struct task_id){ .job = id, .elem = request->elem });
    if (a == NULL && job_is_finished(j, request->elem)) {
        on_commit_add(c, (struct on_commit){ .type = ON_COMMIT_READ,
                                             .session = request->session->id,
                                             .req = request->req,
                                             .job = j,
                                             .task = { id, request->elem } });
        return;
    }
    request->job = j;
    list_insert(&j->tails, &request->in_job);
    if (a != NULL && attempt_is_active(a))
        query_worker(c, request, a);
}

void log_tail_take(struct coord *c, struct open_request *request,
                   const struct op *op)
{

    request->elem = op->u.tail.elem == 0 ? 1 : op->u.tail.elem;
    request->stream = op->u.tail.stream;
    request->offset = op->u.tail.offset;
    request->from = (struct attempt_id){ op->u.tail.epoch, op->u.tail.attempt };
    if (op->u.tail.done)
        remainder_read(request->session,
                       (struct task_id){ { op->u.tail.job }, request->elem },
                       request->from, request->stream);
    request->max =
        op->u.tail.max < FRAME_LEN_GOOD ? op->u.tail.max : FRAME_LEN_GOOD;
    if (request->stream != STREAM_OUT && request->stream != STREAM_ERR)
        answer_refuse(c, request, ERR_RANGE, 0, "stream is 1 or 2");
    else
        log_tail_begin(c, request, (job_id){ op->u.tail.job });
}

static void say(struct coord *c, struct open_request *request, uint64_t offset,
                struct view bytes)
{
    struct op op = { .type = OP_TAIL_REPLY,
                     .u.tail_reply = { .req = request->req,
                                       .offset = offset,
                                       .bytes = bytes,
                                       .epoch = request->of.epoch,
                                       .attempt = request->of.n } };

    answer(c, request, &op);
}

void log_tail_data(struct coord *c, struct session *s, const struct op *op)
{
    struct open_request *request = map_get(&c->tails, op->u.tail_data.tail);
    struct attempt *a;

    if (request == NULL)
        return;
    a = attempt_find(
        c, (struct task_id){ .job = request->job->id, .elem = request->elem });
    if (a == NULL || a->session != s)
        return; /* another worker than the one queried */
    /* The end of an attempt is not the end of its element: that is told when it
     * is on disk. */
    if (op->u.tail_data.bytes.len == 0 && op->u.tail_data.ended)
        park(c, request);
    else
        say(c, request, op->u.tail_data.offset, op->u.tail_data.bytes);
}

void log_tail_started(struct coord *c, struct attempt *a)
{
    LIST_EACH (it, save, &a->job->tails) {
        struct open_request *request =
            LIST_ENTRY(it, struct open_request, in_job);
        if (request->elem != a->task.elem || !attempt_is_active(a))
            continue;
        park(c, request);
        query_worker(c, request, a);
    }
}

void log_tail_stopped(struct coord *c, struct job *j, uint32_t elem)
{
    LIST_EACH (it, save, &j->tails) {
        struct open_request *request =
            LIST_ENTRY(it, struct open_request, in_job);
        if (request->elem == elem)
            park(c, request);
    }
}

void log_tail_durable(struct coord *c, struct job *j, uint32_t elem)
{
    LIST_EACH (it, save, &j->tails) {
        struct open_request *request =
            LIST_ENTRY(it, struct open_request, in_job);
        if (request->elem != elem)
            continue;
        park(c, request);
        reads_add_outcome(c, request, j->id);
    }
}

static const struct record *find_outcome(const struct records *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->at[i].type == RECORD_OUTCOME)
            return &r->at[i];
    return NULL;
}

void log_tail_answer(struct coord *c, struct open_request *request,
                     struct records *r)
{
    const struct record *rec = find_outcome(r);
    struct outcome o = { 0 };
    struct op op;

    if (r->n == 0) {
        answer_refuse(c, request, ERR_ABSENT, 0, "no such job");
        return;
    }
    if (rec != NULL && outcome_decode(c->bodies, blob_view(rec->u.outcome.body),
                                      &o) != ERR_NONE) {
        answer_refuse(c, request, ERR_CORRUPT, 0, "its outcome is damaged");
        return;
    }
    begin_with(request, attempt_key_attempt(o.id));
    op = (struct op){ .type = OP_TAIL_REPLY,
                      .u.tail_reply = { .req = request->req,
                                        .offset = request->offset,
                                        .ended = true,
                                        .epoch = o.epoch,
                                        .attempt = o.attempt,
                                        .body = o.body } };
    answer(c, request, &op);
}
