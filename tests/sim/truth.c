/* SPDX-License-Identifier: MIT */
/* truth - compares messages about jobs with the ledger. */
#include "tests/sim/truth.h"

#include "libcommon/check.h"

static unsigned long long number(uint64_t n)
{
    return n;
}

void truth_welcome(struct world *w, const struct frame_head *head)
{
    uint64_t name = session_number(head);

    if (head->epoch != w->coord.epoch || head->session.n == 0 ||
        map_put(&w->ledger.sessions, name, w) != NULL)
        broken(w, SESSION_ONCE, "session %llu of epoch %llu",
               number(head->session.n), number(head->epoch));
}

static bool same_or_left_out(struct view told, struct view kept)
{
    return told.len == 0 || view_equal(told, kept);
}

static bool is_same_outcome(const struct outcome *a, const struct outcome *b)
{
    return a->job == b->job && a->elem == b->elem && a->epoch == b->epoch &&
           a->attempt == b->attempt && a->state == b->state &&
           view_equal(a->reason, b->reason) &&
           view_equal(a->message, b->message) && a->code == b->code &&
           a->signal == b->signal && view_equal(a->worker, b->worker) &&
           a->started_ms == b->started_ms && a->ended_ms == b->ended_ms &&
           same_or_left_out(a->body, b->body);
}

/* An element that is cancelled or expires while it waits has no outcome of its
 * own. */
static bool is_cancelled_element(struct world *w, const struct outcome *o,
                                 struct task_fact *r)
{
    const struct job_fact *j = ledger_job(w, (job_id){ o->job });

    if (r->expired_alone && o->state == STATE_EXPIRED && o->attempt == 0)
        return true;
    if (j == NULL || !j->array || !r->cancelled || r->body != NULL ||
        o->state != STATE_CANCELLED || o->attempt != 0)
        return false;
    r->told_cancelled = true;
    return true;
}

void truth_outcome(struct world *w, const struct outcome *o)
{
    struct task_fact *r =
        ledger_task(w, (struct task_id){ { o->job }, o->elem });
    struct outcome kept;

    if (r != NULL && is_cancelled_element(w, o, r))
        return;
    if (r == NULL || r->state == 0)
        broken(w, OUTCOME_DURABLE, "%llu.%u %s", number(o->job), o->elem,
               state_name(o->state));
    if (outcome_decode(w->bodies, blob_view(r->body), &kept) != ERR_NONE ||
        !is_same_outcome(o, &kept))
        broken(w, OUTCOME_DURABLE, "%llu.%u: told %s, recorded %s",
               number(o->job), o->elem, state_name(o->state),
               state_name(r->state));
}

static uint32_t count_gaps(const struct job_fact *j)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < j->n; i++)
        n += j->tasks[i].gap;
    return n;
}

/* Durable outcomes by state. */
static void count_states(const struct job_fact *j, uint32_t n[STATE_COUNT])
{
    memset(n, 0, STATE_COUNT * sizeof *n);
    for (uint32_t i = 0; i < j->n; i++)
        n[j->tasks[i].state]++;
}

static enum state worst_of(const uint32_t n[STATE_COUNT])
{
    static const enum state order[] = { STATE_FAILED, STATE_LOST, STATE_EXPIRED,
                                        STATE_CANCELLED };

    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        if (n[order[i]] > 0)
            return order[i];
    return STATE_DONE;
}

enum state truth_worst(const struct job_fact *j)
{
    uint32_t n[STATE_COUNT];

    count_states(j, n);
    return worst_of(n);
}

static bool are_counts(const struct counts *c, const struct job_fact *j,
                       const uint32_t n[STATE_COUNT])
{
    return c->gaps == count_gaps(j) && c->done == n[STATE_DONE] &&
           c->failed == n[STATE_FAILED] && c->cancelled == n[STATE_CANCELLED] &&
           c->expired == n[STATE_EXPIRED] && c->lost == n[STATE_LOST] &&
           c->running == 0 && c->retrying == 0;
}

static void ended_array(struct world *w, const struct job_fact *j,
                        const struct op *op)
{
    uint32_t n[STATE_COUNT];

    if (!j->durable || j->n_ended != j->n)
        broken(w, OUTCOME_DURABLE, "the end of array %llu", number(j->id.n));
    count_states(j, n);
    if (op->u.ended.outcome.state != worst_of(n) ||
        !are_counts(&op->u.ended.counts, j, n))
        broken(w, ANSWER_TRUE, "the end of array %llu: told %s, is %s",
               number(j->id.n), state_name(op->u.ended.outcome.state),
               state_name(worst_of(n)));
}

void truth_ended(struct world *w, const struct op *op)
{
    const struct job_fact *j = ledger_job(w, (job_id){ op->u.ended.job });

    if (j == NULL)
        broken(w, OUTCOME_DURABLE, "the end of job %llu",
               number(op->u.ended.job));
    if (j->array && op->u.ended.elem == 0) {
        ended_array(w, j, op);
        return;
    }
    if (!j->array && op->u.ended.counts.gaps != count_gaps(j))
        broken(w, ANSWER_TRUE, "the end of job %llu: gaps", number(j->id.n));
    if (op->u.ended.outcome.job != j->id.n)
        broken(w, ANSWER_TRUE, "the end of job %llu speaks of %llu",
               number(j->id.n), number(op->u.ended.outcome.job));
    truth_outcome(w, &op->u.ended.outcome);
}

uint64_t truth_total(uint64_t job, uint32_t elem)
{
    return job * 1000 + elem;
}

static void check_total(struct world *w, uint64_t total, uint64_t job,
                        bool array, uint32_t elem)
{
    if (total == 0)
        return;
    if (!array && elem == 0)
        elem = 1;
    if (elem == 0 || total != truth_total(job, elem))
        broken(w, ANSWER_TRUE, "how far %llu.%u is: of %llu", number(job), elem,
               number(total));
}

void truth_progress(struct world *w, const struct op *op, bool array,
                    uint32_t elem)
{
    check_total(w, op->u.progress.total, op->u.progress.job, array, elem);
}

/* The whole row comes only on request. */
static void check_content(struct world *w, const struct jobinfo *info,
                          const struct job_fact *j)
{
    struct content content = { .kind = info->kind,
                               .array = info->array,
                               .n = info->counts.n,
                               .first = info->first,
                               .step = info->step,
                               .name = info->jobname,
                               .fn = info->fn,
                               .spec = info->spec,
                               .items = info->items,
                               .policy = info->policy };

    if (info->spec.len > 0 && content_digest(&content) != j->digest)
        broken(w, ANSWER_TRUE, "the content of job %llu", number(info->job));
}

void truth_jobinfo(struct world *w, const struct jobinfo *info)
{
    const struct job_fact *j = ledger_job(w, (job_id){ info->job });

    if (j == NULL || !j->durable || info->array != j->array ||
        info->kind != j->kind || info->counts.n != j->n ||
        !key_equal(info->key, j->key) ||
        !view_equal(info->jobname, blob_view(j->name)) ||
        !view_equal(info->fn, blob_view(j->fn)))
        broken(w, ANSWER_TRUE, "job %llu in a list", number(info->job));
    check_content(w, info, j);
    check_total(w, info->total, info->job, info->array, 0);
    if (state_is_terminal(info->state) && info->counts.gaps != count_gaps(j))
        broken(w, ANSWER_TRUE, "job %llu in a list: gaps", number(info->job));
    if (state_is_terminal(info->state) && j->n_ended != j->n)
        broken(w, OUTCOME_DURABLE, "job %llu in a list: %s", number(info->job),
               state_name(info->state));
}
