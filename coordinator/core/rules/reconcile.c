/* SPDX-License-Identifier: MIT */
/* reconcile - a verdict on each attempt that a worker has named, and on each
 * that it has not. */
#include "coordinator/core/rules/reconcile.h"

#include "coordinator/core/ask/follow.h"
#include "coordinator/core/ask/log_tail.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/known_worker.h"
#include "coordinator/core/model/queue.h"
#include "coordinator/core/model/requeue.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/tables.h"
#include "coordinator/core/rules/tell_worker.h"
#include "coordinator/core/rules/worker_lost.h"

/* Of our own: the worker is not answered, and will ask again. */
#define VERDICT_LATER 0

static bool is_newer(struct attempt_id a, struct attempt_id b)
{
    return a.epoch != b.epoch ? a.epoch > b.epoch : a.n > b.n;
}

/* No other worker has this element: the attempt goes on, even one of a former
 * life of the coordinator. NULL: another one has it, or the end of this attempt
 * or a later one was reported. An element of an array that a cancel covers is
 * not adopted but ends as cancelled: that cancel may have ended it in a former
 * life, and no other record would tell. */
static struct attempt *adopt(struct coord *c, struct session *s, struct job *j,
                             const struct attempt_key *held)
{
    struct attempt_id id = { held->epoch, held->attempt };
    struct requeued *g = job_find_requeued(j, held->elem);
    struct attempt *a;
    struct past past;

    if (held->epoch > c->epoch ||
        (g != NULL && !is_newer(id, g->past.reported)))
        return NULL;
    if (j->array && job_cancel_of(j, held->elem) != NULL)
        return NULL;
    if (g != NULL)
        requeue_pull(c, g);
    if (!job_adopt(j, held->elem, &past))
        return NULL;
    queue_remove_idle(j);
    a = attempt_new(c, s, j, held->elem, id, &past);
    attempt_move(c, a, ATTEMPT_GIVEN);
    return a;
}

/* The newer of two attempts of former lives counts, though the older one was
 * heard of first. If the report of the older one is still on its way to the
 * disk, no verdict is given yet, and nothing is started before the worker of
 * the newer one has named it again or is gone. */
static enum verdict prefer(struct coord *c, struct session *s,
                           struct attempt *older, struct attempt_id id)
{
    struct job *j = older->job;
    uint32_t elem = older->task.elem;
    struct past past = older->past;
    struct attempt *a;

    if (older->state == ATTEMPT_ENDING)
        return VERDICT_KILL; /* its element has its outcome */
    if (older->state == ATTEMPT_REQUEUEING) {
        older->then = REQUEUED_DELAYED;
        older->claimed_by = s->id;
        return VERDICT_LATER;
    }
    attempt_free(c, older, "attempt-fenced");
    a = attempt_new(c, s, j, elem, id, &past);
    attempt_move(c, a, ATTEMPT_GIVEN);
    a->mark = c->last_mark;
    return VERDICT_KEEP;
}

static enum verdict judge(struct coord *c, struct session *s,
                          const struct attempt_key *held)
{
    struct attempt_id id = { held->epoch, held->attempt };
    struct job *j = tables_job(c, held->job);
    struct task_id task = { .job = { held->job }, .elem = held->elem };
    struct attempt *a;

    if (j == NULL || j->refused || held->elem < 1 || held->elem > j->counts.n)
        return VERDICT_KILL;
    a = attempt_find(c, task);
    if (a == NULL && job_is_finished(j, held->elem))
        return VERDICT_KNOWN;
    if (a == NULL)
        a = adopt(c, s, j, held);
    else if (!attempt_equal(a->id, id))
        return is_newer(id, a->id) && id.epoch < c->epoch ? prefer(c, s, a, id)
                                                          : VERDICT_KILL;
    if (a == NULL || (a->session != NULL && a->session != s))
        return VERDICT_KILL;
    if (a->session == NULL)
        attempt_hold(a, s);
    a->mark = c->last_mark;
    return VERDICT_KEEP;
}

/* Attempts that we believe the worker has but it did not list: the ASSIGN was
 * lost. */
static void sweep(struct coord *c, struct session *s, uint64_t upto)
{
    LIST_EACH (it, save, &s->attempts) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);
        bool meant = a->id.epoch < c->epoch || upto == 0 || a->id.n <= upto;
        if (meant && a->mark != c->last_mark && attempt_is_given(a))
            worker_lost_attempt(c, a, "its worker does not have it");
    }
}

void reconcile_take(struct coord *c, struct session *s, const struct op *op)
{
    const struct attempt_keys *held = &op->u.held.attempts;

    c->last_mark++;
    for (size_t i = 0; i < held->n; i++) {
        enum verdict verdict = judge(c, s, &held->at[i]);
        if (verdict != VERDICT_LATER)
            tell_worker_ruling(c, s, held->at[i], verdict);
        if (verdict != VERDICT_KEEP)
            continue;
        struct attempt *a =
            attempt_find(c, (struct task_id){ .job = { held->at[i].job },
                                              .elem = held->at[i].elem });
        if (attempt_is_given(a))
            attempt_move(c, a,
                         held->n - i > op->u.held.n_idle ? ATTEMPT_BEGUN
                                                         : ATTEMPT_GIVEN);
        tell_worker_stop(c, a);
        follow_renew(c, a);
        log_tail_started(c, a);
    }
    worker_lost_orphans(c, s, held->n > 0);
    sweep(c, s, op->u.held.upto);
    s->reconciled = true;
    if (op->u.held.upto == s->asked)
        s->asked = 0;
    known_worker_heard(c, s->boot);
}
