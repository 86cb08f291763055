/* SPDX-License-Identifier: MIT */
/* retry - an attempt has told that it failed, and its element is started again.
 *
 *   attempt fails -> RECORD_ATTEMPT -> durable: ack, the element waits apart
 *      -> its time has come, and the budget of all retries has room
 *      -> it waits as others do; one that shall run alone, in its lane
 *
 * Only what is durable is acked and started again, so that no failure is ever
 * counted twice, or forgotten.
 */
#include <stdlib.h>

#include "coordinator/core/state.h"
#include "libcommon/rng.h"
#include "proto/policy.h"

struct policy job_policy(const struct coord *c, const struct job *j)
{
    struct policy p = { 0 };

    if (j->policy != NULL)
        ASSERT(policy_decode(c->bodies, blob_view(j->policy), &p) == ERR_NONE);
    return p;
}

static struct again *again_of(struct heap_node *node)
{
    return CONTAINER_OF(node, struct again, later);
}

bool retry_less(const struct heap_node *a, const struct heap_node *b)
{
    const struct again *x = again_of((struct heap_node *)(uintptr_t)a);
    const struct again *y = again_of((struct heap_node *)(uintptr_t)b);

    if (x->due_ms != y->due_ms)
        return x->due_ms < y->due_ms;
    return x->job->id.n != y->job->id.n ? x->job->id.n < y->job->id.n
                                        : x->elem < y->elem;
}

/* ---- where what is started again waits ---- */

void retry_ready(struct coord *c, struct again *g)
{
    job_set_apart(g, g->past.suspect);
    if (g->past.suspect)
        list_insert(&g->job->lane->alone, &g->in_alone);
    submit_queue(c, g->job);
}

static void wait_until(struct coord *c, struct again *g, int64_t due_ms)
{
    g->due_ms = due_ms;
    job_set_apart(g, true);
    heap_insert(&c->later, &g->later);
    submit_queue(c, g->job);
}

void retry_pull(struct coord *c, struct again *g)
{
    heap_remove(&c->later, &g->later);
    list_remove(&g->in_alone);
    g->once = false;
    job_set_apart(g, false);
}

void retry_pull_range(struct coord *c, struct job *j, uint32_t first,
                      uint32_t last)
{
    LIST_EACH (it, save, &j->apart) {
        struct again *g = LIST_ENTRY(it, struct again, in_job);
        if (g->elem >= first && g->elem <= last)
            retry_pull(c, g);
    }
}

static bool is_claimed(const struct coord *c, const struct again *g)
{
    return g->claimed_by.n != 0 && coord_session(c, g->claimed_by) != NULL;
}

static void look_later(struct coord *c, struct again *g)
{
    heap_remove(&c->later, &g->later);
    g->due_ms = c->now_ms + c->config.lease_ms / 8 + 1;
    heap_insert(&c->later, &g->later);
}

void retry_due(struct coord *c)
{
    struct heap_node *top;

    while ((top = heap_top(&c->later)) != NULL) {
        struct again *g = again_of(top);
        int64_t at_ms = g->due_ms;
        if (at_ms <= c->now_ms && is_claimed(c, g)) {
            look_later(c, g);
            continue;
        }
        if (at_ms <= c->now_ms && !budget_take(&c->retries, c->now_ms))
            at_ms = budget_next_ms(&c->retries);
        if (at_ms > c->now_ms) {
            coord_wake(c, at_ms);
            return;
        }
        heap_remove(&c->later, top);
        retry_ready(c, g);
    }
}

/* ---- an attempt has failed ---- */

void retry_record(struct coord *c, const struct attempt *a, enum blame blame,
                  const struct outcome *o, int64_t delay_ms)
{
    struct outcome brief = *o;
    struct buf body = { 0 };

    brief.result = brief.out = brief.err = (struct view){ 0 };
    brief.out_len = brief.out_head = brief.err_len = brief.err_head = 0;
    outcome_encode(&body, &brief);
    coord_persist(c, (struct record){
                         .type = RECORD_ATTEMPT,
                         .u.attempt = { .ref = a->ref,
                                        .tries = a->past.tries,
                                        .blame = (uint8_t)blame,
                                        .at_ms = c->wall_ms,
                                        .again_ms = c->wall_ms + delay_ms,
                                        .attempt = a->past.told,
                                        .body = blob_new(buf_view(&body)) } });
    buf_fini(&body);
}

/* A random part of the back-off; what a job asked for itself, exactly. The
 * attempt's own number is random enough. */
static int64_t delay_of(const struct attempt *a, const struct policy *p,
                        const struct outcome *o)
{
    uint32_t window_ms = policy_backoff_ms(p, a->past.n_failed);
    uint64_t random = hash_mix(task_pack(a->ref) ^ hash_mix(a->id.n) ^
                               hash_mix(a->id.epoch << 32));

    if (o->retry == RETRY_WANTED && o->retry_ms > 0)
        return o->retry_ms < POLICY_DELAY_MAX_MS ? o->retry_ms
                                                 : POLICY_DELAY_MAX_MS;
    return (int64_t)(random % ((uint64_t)window_ms + 1));
}

void retry_end(struct coord *c, struct attempt *a, enum blame blame,
               const struct outcome *o, int64_t delay_ms)
{
    tail_stopped(c, a->job, a->ref.elem);
    a->past.told = a->id;
    retry_record(c, a, blame, o, delay_ms);
    session_end_attempt(a->session, a);
    a->again = true;
    a->due_ms = c->now_ms + delay_ms;
    a->retry = blame == BLAME_FAILED;
    a->job->n_changes++;
    keep_add(c, (struct promise){ .type = PROMISE_ATTEMPT,
                                  .job = a->job,
                                  .ref = a->ref,
                                  .attempt = a->id });
}

bool retry_take(struct coord *c, struct attempt *a, const struct outcome *o)
{
    struct policy p = job_policy(c, a->job);

    if (o->state == STATE_DONE || o->state == STATE_CANCELLED ||
        p.at_most_once || job_cancel_of(a->job, a->ref.elem) != NULL)
        return false;
    if (o->state == STATE_LOST) {
        retry_end(c, a, BLAME_LOST, o, 0);
        return true;
    }
    if (view_equal(o->reason, view_str("crash"))) {
        blame_crash(c, a, o);
        return true;
    }
    a->past.n_failed++;
    if (!policy_retries(&p, o, a->past.n_failed))
        return false;
    session_acquit(a);
    retry_end(c, a, BLAME_FAILED, o, delay_of(a, &p, o));
    return true;
}

void retry_keep(struct coord *c, const struct promise *p)
{
    struct attempt *a = attempt_find(c, p->ref);
    struct past past = a->past;
    int64_t due_ms = a->due_ms;
    bool waits = a->retry || a->claimed_by.n != 0;
    session_id claimed_by = a->claimed_by;
    struct again *g;

    ASSERT(a->again && attempt_equal(a->id, p->attempt));
    if (a->session != NULL)
        result_ack(c, a->session, attempt_held(a));
    attempt_free(c, a);
    if (p->job->refused)
        return;
    g = job_give_back(p->job, p->ref.elem, &past);
    g->claimed_by = claimed_by;
    if (job_cancel_of(p->job, p->ref.elem) != NULL)
        cancel_apply(c, p->job); /* as all that waits */
    else if (waits)
        wait_until(c, g, due_ms);
    else
        retry_ready(c, g);
}

/* ---- what must not be started twice ---- */

bool retry_once(struct coord *c, struct attempt *a)
{
    if (!job_policy(c, a->job).at_most_once)
        return false;
    a->unsent = true;
    coord_persist(c,
                  (struct record){ .type = RECORD_ATTEMPT,
                                   .u.attempt = { .ref = a->ref,
                                                  .tries = a->past.tries,
                                                  .blame = BLAME_STARTED,
                                                  .at_ms = c->wall_ms,
                                                  .again_ms = c->wall_ms } });
    keep_add(c, (struct promise){ .type = PROMISE_START,
                                  .job = a->job,
                                  .ref = a->ref,
                                  .attempt = a->id });
    return true;
}

void retry_keep_start(struct coord *c, const struct promise *p)
{
    struct attempt *a = attempt_find(c, p->ref);
    struct session *s;

    if (a == NULL || !attempt_equal(a->id, p->attempt) || a->ended)
        return;
    /* With the old number, what the worker says of the beat before would mean
     * that it does not have this one. */
    s = a->session;
    session_unhold(s, a);
    a->id.n = ++c->last_attempt;
    session_hold(s, a);
    a->unsent = false;
    if (job_cancel_of(p->job, p->ref.elem) != NULL)
        result_cancelled(c, p->job, p->ref.elem, a);
    else if (s->gone || expire_is_over(c, p->job))
        settle_lost(c, a); /* it would be lost on the way, or too late */
    else
        schedule_send(c, a);
}

static void lose(struct coord *c, struct job *j, struct again *g)
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

    retry_pull(c, g);
    taken = job_adopt(j, o.elem, &past);
    ASSERT(taken);
    result_record(c, j, NULL, &o);
}

void retry_unclaimed(struct coord *c, struct job *j)
{
    /* All of a job or none is started once; and the end of one may be the end
     * of others. */
    while (!list_is_empty(&j->apart)) {
        struct again *g = LIST_ENTRY(j->apart.next, struct again, in_job);
        if (!g->once)
            return;
        lose(c, j, g);
    }
}

/* ---- a life begins ---- */

void retry_restore(struct coord *c, const struct record *rec)
{
    struct job *j = coord_job(c, rec->u.attempt.ref.job.n);
    uint32_t elem = rec->u.attempt.ref.elem;
    struct again *g;

    ASSERT(j != NULL);
    if (job_is_settled(j, elem))
        return;
    g = job_find_again(j, elem);
    if (g == NULL)
        g = job_again(j, elem);
    job_set_apart(g, true);
    g->past.tries = rec->u.attempt.tries;
    g->since_ms = rec->u.attempt.at_ms;
    g->due_ms = rec->u.attempt.again_ms;
    g->retry = rec->u.attempt.blame == BLAME_FAILED;
    g->once = rec->u.attempt.blame == BLAME_STARTED;
    g->past.n_failed += rec->u.attempt.blame == BLAME_FAILED;
    g->past.n_crashed += rec->u.attempt.blame == BLAME_CRASHED;
    if (rec->u.attempt.blame == BLAME_CRASHED ||
        rec->u.attempt.blame == BLAME_SUSPECT)
        g->past.suspect = true;
    else if (rec->u.attempt.blame == BLAME_FAILED)
        g->past.suspect = false;
    if (rec->u.attempt.attempt.epoch != 0)
        g->past.told = rec->u.attempt.attempt;
}

/* How long is left, whatever the wall clock has done since. */
static int64_t left_ms(const struct coord *c, const struct again *g)
{
    int64_t all_ms = g->due_ms - g->since_ms, left = g->due_ms - c->wall_ms;

    if (left > all_ms)
        left = all_ms;
    return left > 0 ? left : 0;
}

static void begin_job(struct coord *c, struct job *j)
{
    LIST_EACH (it, save, &j->apart) {
        struct again *g = LIST_ENTRY(it, struct again, in_job);
        if (g->once)
            continue;
        if (g->retry)
            wait_until(c, g, c->now_ms + left_ms(c, g));
        else
            retry_ready(c, g);
    }
}

void retry_begin(struct coord *c)
{
    budget_init(&c->retries, c->config.retries, c->now_ms);
    LIST_EACH (it, save, &c->by_id)
        begin_job(c, LIST_ENTRY(it, struct job, by_id));
}
