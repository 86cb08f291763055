/* SPDX-License-Identifier: MIT */
/* retry - whether a failed attempt is followed by another, and when. */
#include "coordinator/core/rules/retry.h"

#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/budget.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/on_commit.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/requeue.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/tables.h"
#include "coordinator/core/rules/blame.h"
#include "coordinator/core/rules/element.h"
#include "coordinator/core/rules/tell_worker.h"
#include "libcommon/check.h"
#include "libcommon/rng.h"
#include "proto/policy.h"

/* ---- those that wait ---- */

static bool is_claimed(const struct coord *c, const struct requeued *g)
{
    return g->claimed_by.n != 0 && tables_session(c, g->claimed_by) != NULL;
}

void retry_due(struct coord *c)
{
    struct requeued *g;

    while ((g = requeue_next(c)) != NULL) {
        int64_t at_ms = g->due_ms;
        if (at_ms <= c->now_ms && is_claimed(c, g)) {
            requeue_pull(c, g);
            requeue_delayed(c, g, c->now_ms + c->config.lease_ms / 8 + 1);
            continue;
        }
        if (at_ms <= c->now_ms && !budget_take(&c->retries, c->now_ms))
            at_ms = budget_next_ms(&c->retries);
        if (at_ms > c->now_ms) {
            actions_wake(c, at_ms);
            return;
        }
        requeue_pull(c, g);
        requeue_ready(c, g);
    }
}

/* ---- an attempt has failed ---- */

/* A random part of the back-off, but exactly the delay that the job asked for.
 * The attempt's own number is random enough. */
static int64_t delay_of(const struct attempt *a, const struct policy *p,
                        const struct outcome *o)
{
    uint32_t window_ms = policy_backoff_ms(p, a->past.n_failed);
    uint64_t random = hash_mix(task_pack(a->task) ^ hash_mix(a->id.n) ^
                               hash_mix(a->id.epoch << 32));

    if (o->retry == RETRY_WANTED && o->retry_ms > 0)
        return o->retry_ms < POLICY_DELAY_MAX_MS ? o->retry_ms
                                                 : POLICY_DELAY_MAX_MS;
    return (int64_t)(random % ((uint64_t)window_ms + 1));
}

bool retry_take(struct coord *c, struct attempt *a, const struct outcome *o)
{
    const struct policy *p = job_policy(a->job);

    if (o->state == STATE_DONE || o->state == STATE_CANCELLED ||
        p->at_most_once || job_cancel_of(a->job, a->task.elem) != NULL)
        return false;
    if (o->state == STATE_LOST) {
        element_end_attempt(c, a, BLAME_LOST, o, 0);
        return true;
    }
    if (view_equal(o->reason, view_str("crash"))) {
        blame_crash(c, a, o);
        return true;
    }
    a->past.n_failed++;
    if (!policy_retries(p, o, a->past.n_failed))
        return false;
    attempt_acquit(a);
    element_end_attempt(c, a, BLAME_FAILED, o, delay_of(a, p, o));
    return true;
}

void retry_committed(struct coord *c, const struct on_commit *p)
{
    struct attempt *a = attempt_find(c, p->task);
    struct past past = a->past;
    int64_t due_ms = a->due_ms;
    enum requeued_state then = a->then;
    session_id claimed_by = a->claimed_by;
    struct requeued *g;

    ASSERT(a->state == ATTEMPT_REQUEUEING && attempt_equal(a->id, p->attempt));
    if (a->session != NULL)
        tell_worker_ack(c, a->session, attempt_key_of(a));
    attempt_free(c, a, "attempt-recorded");
    if (p->job->refused)
        return;
    g = job_give_back(p->job, p->task.elem, &past);
    g->claimed_by = claimed_by;
    if (job_cancel_of(p->job, p->task.elem) != NULL)
        element_cancel_waiting(c, p->job, p->task.elem, p->task.elem);
    else if (then == REQUEUED_DELAYED)
        requeue_delayed(c, g, due_ms);
    else
        requeue_ready(c, g);
}

/* ---- at most once ---- */

static void lose(struct coord *c, struct job *j, struct requeued *g)
{
    struct outcome o = { .job = j->id.n,
                         .elem = g->elem,
                         .state = STATE_LOST,
                         .reason = view_str("lost"),
                         .message = view_str(
                             "started before the coordinator was, and no "
                             "worker has it: not started again, as asked"),
                         .ended_ms = c->wall_ms };
    struct past past;
    bool taken;

    requeue_pull(c, g);
    taken = job_adopt(j, o.elem, &past);
    ASSERT(taken);
    element_end(c, j, NULL, &o);
}

void retry_unclaimed(struct coord *c, struct job *j)
{
    /* All elements of a job are at-most-once or none; the end of one may end
     * others (max-fails). */
    while (!list_is_empty(&j->held_back)) {
        struct requeued *g =
            LIST_ENTRY(j->held_back.next, struct requeued, in_job);
        if (g->state != REQUEUED_AT_MOST_ONCE)
            return;
        lose(c, j, g);
    }
}

/* ---- a life begins ---- */

void retry_restore(struct coord *c, const struct record *rec)
{
    struct job *j = tables_job(c, rec->u.attempt.task.job.n);
    uint32_t elem = rec->u.attempt.task.elem;
    struct requeued *g;

    ASSERT(j != NULL);
    if (job_is_finished(j, elem))
        return;
    g = job_find_requeued(j, elem);
    if (g == NULL)
        g = job_requeue_restored(j, elem);
    job_move_requeued(g, REQUEUED_RESTORED);
    g->past.tries = rec->u.attempt.tries;
    g->since_ms = rec->u.attempt.at_ms;
    g->due_ms = rec->u.attempt.again_ms;
    g->last = (enum blame)rec->u.attempt.blame;
    g->past.n_failed += rec->u.attempt.blame == BLAME_FAILED;
    g->past.n_crashed += rec->u.attempt.blame == BLAME_CRASHED;
    if (rec->u.attempt.blame == BLAME_CRASHED ||
        rec->u.attempt.blame == BLAME_SUSPECT)
        g->past.suspect = true;
    else if (rec->u.attempt.blame == BLAME_FAILED)
        g->past.suspect = false;
    if (rec->u.attempt.attempt.epoch != 0)
        g->past.reported = rec->u.attempt.attempt;
}

/* How long is left, whatever the wall clock has done since. */
static int64_t left_ms(const struct coord *c, const struct requeued *g)
{
    int64_t all_ms = g->due_ms - g->since_ms, left = g->due_ms - c->wall_ms;

    if (left > all_ms)
        left = all_ms;
    return left > 0 ? left : 0;
}

static void begin_job(struct coord *c, struct job *j)
{
    LIST_EACH (it, save, &j->held_back) {
        struct requeued *g = LIST_ENTRY(it, struct requeued, in_job);
        if (g->last == BLAME_STARTED)
            job_move_requeued(g, REQUEUED_AT_MOST_ONCE);
        else if (g->last == BLAME_FAILED)
            requeue_delayed(c, g, c->now_ms + left_ms(c, g));
        else
            requeue_ready(c, g);
    }
}

void retry_begin(struct coord *c)
{
    budget_init(&c->retries, c->config.retries, c->now_ms);
    LIST_EACH (it, save, &c->by_id)
        begin_job(c, LIST_ENTRY(it, struct job, by_id));
}
