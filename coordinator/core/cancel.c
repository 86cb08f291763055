/* SPDX-License-Identifier: MIT */
/* cancel - what waits ends at once; what runs is asked to. A persisted state:
 * it holds over restarts, and a result that comes first stays. */
#include "coordinator/core/state.h"

static void say_cancelled(struct coord *c, struct ask *ask,
                          const struct promise *p)
{
    struct op op = { .type = OP_CANCEL_REPLY,
                     .u.cancel_reply = { .req = ask->req,
                                      .job = p->ref.job.n,
                                      .ended = p->n_ended,
                                      .asked = p->n_asked,
                                      .before = p->n_before } };

    answer(c, ask, &op);
}

/* End what waits in the range. Returns how many. */
static uint32_t end_waiting(struct coord *c, struct job *j,
                            const struct job_range *range)
{
    uint32_t n, elem;
    struct past past;

    if (c->recovering && j->restored)
        return 0; /* a worker may still name it */
    retry_pull_range(c, j, range->first, range->last);
    if (!j->array) {
        if (!job_take(j, &elem, &past))
            return 0;
        result_cancelled(c, j, elem, NULL);
        n = 1;
    } else {
        n = job_cancel_waiting(j, range);
        c->n_unended -= n;
        if (n > 0)
            result_end_array(c, j);
    }
    if (job_n_ready(j) == 0)
        lane_unqueue(j->lane, j);
    return n;
}

static uint32_t stop_running(struct coord *c, struct job *j, uint32_t first,
                             uint32_t last)
{
    uint32_t n = 0;

    for (uint32_t elem = first; elem <= last && j->counts.running > 0; elem++) {
        struct attempt *a;
        if (!job_is_started(j, elem))
            continue; /* most of a large array */
        a = attempt_find(c, (struct task_id){ .job = j->id, .elem = elem });
        if (a == NULL || (a->ended && !a->again))
            continue;
        settle_stop(c, a);
        n++;
    }
    return n;
}

void cancel_apply(struct coord *c, struct job *j)
{
    for (uint32_t i = 0; i < j->n_cancels; i++) {
        struct job_range range = j->cancels[i];
        uint32_t n = end_waiting(c, j, &range);
        if (n > 0)
            keep_add(c, (struct promise){ .type = PROMISE_CANCEL,
                                          .job = j,
                                          .ref.job = j->id,
                                          .first = range.first,
                                          .last = range.last });
    }
}

void cancel_range(struct coord *c, struct job *j, struct job_range range,
                  struct promise p)
{
    p.type = PROMISE_CANCEL;
    p.job = j;
    p.ref.job = j->id;
    p.first = range.first;
    p.last = range.last;
    job_add_cancel(j, range);
    coord_persist(
        c, (struct record){ .type = RECORD_CANCEL,
                            .u.cancel = { .id = j->id,
                                          .first = range.first,
                                          .last = range.last,
                                          .state = range.state,
                                          .at_ms = c->wall_ms,
                                          .reason = blob_ref(range.reason) } });
    p.n_asked = stop_running(c, j, range.first, range.last);
    p.n_ended = end_waiting(c, j, &range);
    for (uint32_t elem = range.first; elem <= range.last; elem++)
        p.n_before += job_is_settled(j, elem);
    p.n_before -= p.n_ended;
    if (c->recovering && j->restored)
        p.n_asked = range.last - range.first + 1 - p.n_before;
    keep_add(c, p);
}

static void apply(struct coord *c, struct ask *ask, struct job *j,
                  uint32_t first, uint32_t last, struct view reason)
{
    struct blob *why = reason.len == 0 ? NULL : blob_new(reason);
    struct job_range range = { first, last, STATE_CANCELLED, why };

    cancel_range(
        c, j, range,
        (struct promise){ .session = ask->session->id, .req = ask->req });
    blob_unref(why);
}

void cancel_take(struct coord *c, struct session *s, const struct op *op)
{
    struct ask *ask = answer_open(c, s, op->u.cancel.req, OP_CANCEL);
    struct job *j = coord_job(c, op->u.cancel.job);
    uint32_t first = op->u.cancel.first, last = op->u.cancel.last;

    if (ask == NULL)
        return;
    ask->first = first;
    ask->last = last;
    if (j == NULL || j->refused) {
        await_read(c, ask, (job_id){ op->u.cancel.job });
        return;
    }
    if (job_has_ended(j)) { /* to be said when that is durable */
        keep_add(c, (struct promise){ .type = PROMISE_READ,
                                      .session = s->id,
                                      .req = ask->req,
                                      .job = j,
                                      .ref.job = j->id });
        return;
    }
    if (last == 0 || last > j->counts.n)
        last = j->counts.n;
    if (first == 0)
        first = 1;
    if (first > last)
        answer_refuse(c, ask, ERR_ABSENT, 0, "job %llu has elements 1 to %u",
                      (unsigned long long)j->id.n, j->counts.n);
    else
        apply(c, ask, j, first, last, op->u.cancel.reason);
}

void cancel_answer(struct coord *c, struct ask *ask, struct records *r)
{
    struct op op = { .type = OP_CANCEL_REPLY, .u.cancel_reply = { .req = ask->req } };
    uint32_t n;

    if (r->n == 0) {
        answer_refuse(c, ask, ERR_ABSENT, 0, "no such job");
        return;
    }
    n = r->at[0].u.job.n;
    if (ask->last == 0 || ask->last > n)
        ask->last = n;
    if (ask->first == 0)
        ask->first = 1;
    op.u.cancel_reply.job = r->at[0].u.job.id.n;
    op.u.cancel_reply.before =
        ask->first > ask->last ? 0 : ask->last - ask->first + 1;
    answer(c, ask, &op);
}

/* Elements of an array that ended here have no record of their own. */
static void tell_waiting(struct coord *c, const struct promise *p)
{
    struct job *j = p->job;

    LIST_EACH (it, save, &j->asks) {
        struct ask *ask = LIST_ENTRY(it, struct ask, in_job);
        struct task_id ref = { .job = j->id, .elem = ask->elem };
        if (ask->elem < p->first || ask->elem > p->last ||
            !job_is_settled(j, ask->elem) || attempt_find(c, ref) != NULL)
            continue;
        await_read(c, ask, j->id);
    }
}

void cancel_keep(struct coord *c, const struct promise *p)
{
    struct session *s = coord_session(c, p->session);
    struct ask *ask = s == NULL ? NULL : map_get(&s->asks, p->req);

    if (ask != NULL && ask->type == OP_CANCEL && !p->job->refused)
        say_cancelled(c, ask, p);
    else if (ask != NULL && ask->type == OP_CANCEL)
        answer_refuse(c, ask, ERR_ABSENT, 0, "the job was not accepted");
    if (p->job->array && !p->job->refused)
        tell_waiting(c, p);
}
