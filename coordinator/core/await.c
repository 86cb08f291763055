/* SPDX-License-Identifier: MIT */
/* await - clients wait for jobs, and hear how they go. */
#include <string.h>

#include "coordinator/core/state.h"

struct counts job_counts(const struct job *j)
{
    struct counts n = j->counts;

    n.retrying = j->n_again + j->n_apart;
    return n;
}

static void end_ask(struct coord *c, struct ask *ask, job_id job,
                    struct counts counts, const struct outcome *o)
{
    struct op op = { .type = OP_ENDED,
                     .u.ended = { .req = ask->req,
                                  .job = job.n,
                                  .elem = ask->elem,
                                  .counts = counts,
                                  .outcome = *o } };

    answer(c, ask, &op);
}

static struct outcome summary(job_id job, const struct counts *n,
                              int64_t ended_ms)
{
    enum state state = counts_state(n);

    return (struct outcome){ .job = job.n,
                             .state = (uint8_t)state,
                             .reason = view_str(
                                 state == STATE_DONE ? "" : state_name(state)),
                             .ended_ms = ended_ms };
}

static void say_progress(struct coord *c, struct ask *ask)
{
    const struct job *j = ask->job;
    struct op op = { .type = OP_PROGRESS,
                     .u.progress = { .req = ask->req,
                                     .job = j->id.n,
                                     .counts = job_counts(j),
                                     .elem_failed = j->elem_failed,
                                     .failed_why = view_str(j->failed_why),
                                     .failed_worker =
                                         blob_view(j->failed_worker) } };
    const struct attempt *a = advance_of(c, j, ask->elem);

    if (a != NULL) {
        op.u.progress.done = a->done;
        op.u.progress.total = a->total;
        op.u.progress.doing = blob_view(a->doing);
    }
    ask->said_changes = j->n_changes;
    ask->said_advances = j->n_advances;
    ask->said_ms = c->now_ms;
    coord_send(c, ask->session, &op);
}

/* Who was told how it goes hears the last of it before the end. */
static void say_last_progress(struct coord *c, struct ask *ask)
{
    if (ask->progress_ms > 0 && ask->said_changes != ask->job->n_changes)
        say_progress(c, ask);
}

void await_tell(struct coord *c, struct job *j, uint32_t elem,
                const struct outcome *o)
{
    LIST_EACH (it, save, &j->asks) {
        struct ask *ask = LIST_ENTRY(it, struct ask, in_job);
        if (j->array && ask->elem != elem)
            continue;
        say_last_progress(c, ask);
        end_ask(c, ask, j->id, job_counts(j), o);
    }
}

void await_tell_end(struct coord *c, struct job *j)
{
    struct outcome o = summary(j->id, &j->counts, j->ended_ms);

    j->told = true;
    LIST_EACH (it, save, &j->asks) {
        struct ask *ask = LIST_ENTRY(it, struct ask, in_job);
        if (ask->elem != 0)
            continue;
        say_last_progress(c, ask);
        end_ask(c, ask, j->id, j->counts, &o);
    }
}

void await_read(struct coord *c, struct ask *ask, job_id job)
{
    uint32_t elem = ask->elem == 0 ? 1 : ask->elem;

    list_remove(&ask->in_job);
    list_remove(&ask->in_watch);
    ask->job = NULL;
    reads_ask(c, ask,
              (struct query){ .type = QUERY_OUTCOMES,
                              .id = job,
                              .first = elem,
                              .last = elem,
                              .max = 1,
                              .max_bytes = 1 });
}

/* Whether a promise is under way that will tell this ask. */
static bool will_be_told(const struct coord *c, const struct job *j,
                         uint32_t elem)
{
    if (!j->array || elem == 0)
        return !j->told;
    return !job_is_settled(j, elem) ||
           attempt_find(c, (struct task_id){ .job = j->id, .elem = elem }) != NULL;
}

void await_begin(struct coord *c, struct ask *ask, job_id job, uint32_t elem)
{
    struct job *j = coord_job(c, job.n);

    ask->elem = elem;
    if (j == NULL || j->refused) {
        await_read(c, ask, job);
    } else if (elem > j->counts.n) {
        answer_refuse(c, ask, ERR_ABSENT, 0, "job %llu has elements 1 to %u",
                      (unsigned long long)job.n, j->counts.n);
    } else if (will_be_told(c, j, elem)) {
        ask->job = j;
        list_insert(&j->asks, &ask->in_job);
        if (ask->progress_ms > 0)
            list_insert(&c->watchers, &ask->in_watch);
    } else {
        keep_add(c, (struct promise){ .type = PROMISE_READ,
                                      .session = ask->session->id,
                                      .req = ask->req,
                                      .job = j,
                                      .ref = { job, elem } });
    }
}

void await_take(struct coord *c, struct session *s, const struct op *op)
{
    struct ask *ask = answer_open(c, s, op->u.await.req, OP_AWAIT);

    if (ask == NULL)
        return;
    ask->progress_ms = op->u.await.progress_ms;
    ask->said_changes = UINT64_MAX; /* the first word comes at once */
    ask->said_ms = INT64_MIN / 2;
    await_begin(c, ask, (job_id){ op->u.await.job }, op->u.await.elem);
}

void await_forget(struct coord *c, struct session *s, const struct op *op)
{
    struct ask *ask = map_get(&s->asks, op->u.forget.req);

    if (ask == NULL)
        return;
    if (ask->tail != 0)
        map_remove(&c->tails, ask->tail);
    session_answered(s, ask);
}

static bool has_news(const struct ask *ask)
{
    const struct job *j = ask->job;

    if (j->array && ask->elem == 0)
        return ask->said_changes != j->n_changes;
    return ask->said_changes != j->n_changes ||
           ask->said_advances != j->n_advances;
}

void await_progress(struct coord *c)
{
    LIST_EACH (it, save, &c->watchers) {
        struct ask *ask = LIST_ENTRY(it, struct ask, in_watch);
        if (!has_news(ask))
            continue;
        if (c->now_ms - ask->said_ms >= ask->progress_ms)
            say_progress(c, ask);
        else
            coord_wake(c, ask->said_ms + ask->progress_ms);
    }
}

/* What the store knows of the ref that was asked for. */
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
        else if (rec->type == RECORD_OUTCOME && rec->u.outcome.ref.elem == elem)
            f.outcome = rec;
        else if (rec->type == RECORD_CANCEL && f.cancel == NULL &&
                 elem >= rec->u.cancel.first && elem <= rec->u.cancel.last)
            f.cancel = rec; /* the first one ended it */
    }
    return f;
}

struct counts counts_of_one(uint8_t state)
{
    struct counts n = { .n = 1 };

    n.done = state == STATE_DONE;
    n.failed = state == STATE_FAILED;
    n.cancelled = state == STATE_CANCELLED;
    n.expired = state == STATE_EXPIRED;
    n.lost = state == STATE_LOST;
    return n;
}

void await_answer(struct coord *c, struct ask *ask, struct records *r)
{
    uint32_t elem = ask->elem == 0 ? 1 : ask->elem;
    struct found f = find(r, elem);
    struct counts counts =
        f.end == NULL ? (struct counts){ .n = 1 } : f.end->u.end.counts;
    struct outcome o;

    if (f.job == NULL || ask->elem > f.job->u.job.n) {
        answer_refuse(c, ask, ERR_ABSENT, 0, "no such job");
        return;
    }
    if (f.job->u.job.array && ask->elem == 0 && f.end != NULL) {
        o = summary(f.job->u.job.id, &counts, f.end->u.end.at_ms);
    } else if ((!f.job->u.job.array || ask->elem > 0) && f.outcome != NULL) {
        if (outcome_decode(c->bodies, blob_view(f.outcome->u.outcome.body),
                           &o) != ERR_NONE) {
            answer_refuse(c, ask, ERR_CORRUPT, 0, "its outcome is damaged");
            return;
        }
        if (!f.job->u.job.array)
            counts = counts_of_one(o.state);
    } else if (ask->elem > 0 && f.cancel != NULL) {
        o = cancelled_outcome(f.job->u.job.id, elem, f.cancel);
    } else {
        answer_refuse(c, ask, ERR_CORRUPT, 0, "its outcome is missing");
        return;
    }
    end_ask(c, ask, f.job->u.job.id, counts, &o);
}

struct outcome cancelled_outcome(job_id job, uint32_t elem,
                                 const struct record *cancel)
{
    struct view reason = blob_view(cancel->u.cancel.reason);
    struct outcome o = { .job = job.n,
                         .elem = elem,
                         .state = cancel->u.cancel.state,
                         .reason = view_str("cancelled"),
                         .message = reason,
                         .ended_ms = cancel->u.cancel.at_ms };

    if (o.state == STATE_EXPIRED) {
        o.reason = reason;
        o.message = expired_text(reason);
    }
    return o;
}
