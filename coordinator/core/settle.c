/* SPDX-License-Identifier: MIT */
/* settle - what a worker holds against what the coordinator believes. */
#include <stdlib.h>

#include "coordinator/core/state.h"
#include "libcommon/mem.h"

struct attempt *attempt_find(const struct coord *c, struct task_id ref)
{
    return map_get(&c->attempts, task_pack(ref));
}

struct attempt *attempt_new(struct coord *c, struct session *s, struct job *j,
                            uint32_t elem, struct attempt_id id,
                            const struct past *past)
{
    struct attempt *a = xcalloc(1, sizeof *a);

    a->ref = (struct task_id){ .job = j->id, .elem = elem };
    a->id = id;
    a->job = j;
    a->past = *past;
    a->given_ms = c->wall_ms;
    a->slot = lane_takes_slot(j->lane, s);
    list_init(&a->in_session);
    ASSERT(map_put(&c->attempts, task_pack(a->ref), a) == NULL);
    session_hold(s, a);
    if (j->started_ms == 0)
        j->started_ms = c->wall_ms;
    return a;
}

void attempt_free(struct coord *c, struct attempt *a)
{
    map_remove(&c->attempts, task_pack(a->ref));
    if (a->session != NULL)
        session_unhold(a->session, a);
    blob_unref(a->doing);
    free(a);
}

void settle_lost(struct coord *c, struct attempt *a)
{
    struct job *j = a->job;
    uint32_t elem = a->ref.elem;
    struct past past = a->past;

    ASSERT(!a->ended);
    tail_stopped(c, j, elem);
    if (job_cancel_of(j, elem) != NULL) {
        session_unhold(a->session, a);
        result_cancelled(c, j, elem, a);
        return;
    }
    attempt_free(c, a);
    past.tries--;
    retry_ready(c, job_give_back(j, elem, &past));
}

void settle_verdict(struct coord *c, struct session *s, struct attempt_key held,
                    enum verdict verdict)
{
    struct ruling settled = { .job = held.job,
                               .elem = held.elem,
                               .epoch = held.epoch,
                               .attempt = held.attempt,
                               .verdict = (uint8_t)verdict };
    struct op op = { .type = OP_RECONCILE, .u.reconcile.rulings = { &settled, 1 } };

    coord_send(c, s, &op);
}

void settle_stop(struct coord *c, struct attempt *a)
{
    const struct job_range *cancel = job_cancel_of(a->job, a->ref.elem);
    struct attempt_key h = attempt_held(a);
    struct op op = { .type = OP_STOP,
                     .u.stop = { .job = h.job,
                                 .elem = h.elem,
                                 .epoch = h.epoch,
                                 .attempt = h.attempt } };

    if (cancel == NULL || a->ended || a->session == NULL || a->unsent)
        return;
    op.u.stop.reason = blob_view(cancel->reason);
    a->stopped = true;
    coord_send(c, a->session, &op);
}

/* Of our own: the worker is not answered, and will ask again. */
#define VERDICT_LATER 0

static bool is_newer(struct attempt_id a, struct attempt_id b)
{
    return a.epoch != b.epoch ? a.epoch > b.epoch : a.n > b.n;
}

/* Nobody else has this element: what the worker does goes on, also when it was
 * given out in a former life of the coordinator. NULL: somebody has, or this
 * attempt, or a later one, has told how it ended. Of an array, what a cancel
 * covers ends as cancelled: the cancel may have ended it in that life, and no
 * other record would tell. */
static struct attempt *adopt(struct coord *c, struct session *s, struct job *j,
                             const struct attempt_key *held)
{
    struct attempt_id id = { held->epoch, held->attempt };
    struct again *g = job_find_again(j, held->elem);
    struct past past;

    if (held->epoch > c->epoch || (g != NULL && !is_newer(id, g->past.told)))
        return NULL;
    if (j->array && job_cancel_of(j, held->elem) != NULL)
        return NULL;
    if (g != NULL)
        retry_pull(c, g);
    if (!job_adopt(j, held->elem, &past))
        return NULL;
    if (job_n_ready(j) == 0)
        lane_unqueue(j->lane, j);
    return attempt_new(c, s, j, held->elem, id, &past);
}

/* An attempt of a former life, given out after the one that was heard of first
 * this time: the one that counts. What the older one has told may still be on
 * its way to the disk: then no verdict is given yet, and nothing is started
 * before the worker of the newer has named it again, or is gone. */
static enum verdict prefer(struct coord *c, struct session *s,
                           struct attempt *older, struct attempt_id id)
{
    struct job *j = older->job;
    uint32_t elem = older->ref.elem;
    struct past past = older->past;
    struct attempt *a;

    if (older->ended && !older->again)
        return VERDICT_KILL; /* its element has its outcome */
    if (older->ended) {
        older->claimed_by = s->id;
        return VERDICT_LATER;
    }
    attempt_free(c, older);
    a = attempt_new(c, s, j, elem, id, &past);
    a->mark = c->last_mark;
    return VERDICT_KEEP;
}

static enum verdict judge(struct coord *c, struct session *s,
                          const struct attempt_key *held)
{
    struct attempt_id id = { held->epoch, held->attempt };
    struct job *j = coord_job(c, held->job);
    struct task_id ref = { .job = { held->job }, .elem = held->elem };
    struct attempt *a;

    if (j == NULL || j->refused || held->elem < 1 || held->elem > j->counts.n)
        return VERDICT_KILL;
    a = attempt_find(c, ref);
    if (a == NULL && job_is_settled(j, held->elem))
        return VERDICT_KNOWN;
    if (a == NULL)
        a = adopt(c, s, j, held);
    else if (!attempt_equal(a->id, id))
        return is_newer(id, a->id) && id.epoch < c->epoch ? prefer(c, s, a, id)
                                                          : VERDICT_KILL;
    if (a == NULL || (a->session != NULL && a->session != s))
        return VERDICT_KILL;
    if (a->session == NULL)
        session_hold(s, a);
    a->mark = c->last_mark;
    return VERDICT_KEEP;
}

/* What is believed to be there and was not named: it never arrived. */
static void sweep(struct coord *c, struct session *s, uint64_t upto)
{
    LIST_EACH (it, save, &s->attempts) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);
        bool meant = a->id.epoch < c->epoch || upto == 0 || a->id.n <= upto;
        if (meant && a->mark != c->last_mark && !a->ended && !a->unsent)
            blame_lost(c, a, BLAME_LOST, "its worker does not have it");
    }
}

void settle_held(struct coord *c, struct session *s, const struct op *op)
{
    const struct attempt_keys *held = &op->u.held.helds;

    c->last_mark++;
    for (size_t i = 0; i < held->n; i++) {
        enum verdict verdict = judge(c, s, &held->at[i]);
        if (verdict != VERDICT_LATER)
            settle_verdict(c, s, held->at[i], verdict);
        if (verdict != VERDICT_KEEP)
            continue;
        struct attempt *a =
            attempt_find(c, (struct task_id){ .job = { held->at[i].job },
                                          .elem = held->at[i].elem });
        a->begun = held->n - i > op->u.held.n_idle;
        settle_stop(c, a);
        tail_started(c, a);
    }
    blame_orphans(c, s, held->n > 0);
    sweep(c, s, op->u.held.upto);
    s->settled = true;
    recover_heard(c, s->boot);
}
