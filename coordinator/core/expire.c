/* SPDX-License-Identifier: MIT */
/* expire - what waits longer than its submit allows ends, and is not started
 * any more.
 *
 * Two limits are kept here: how long an element may wait until it is first
 * given to a worker, and how long all of the job may take. What runs is stopped
 * by its worker, which was told what was left of the second one; a result that
 * comes in spite of it counts. The whole counts from the submit by the wall
 * clock when a life of the coordinator begins, and from then on by the clock
 * that does not jump. A wait begins anew with such a life, for nobody knows
 * then what has been started before. One heap has the jobs in which something
 * waits, by when they are to be looked at.
 */
#include <stdlib.h>

#include "coordinator/core/state.h"
#include "libcommon/mem.h"

#define NEVER_MS INT64_MAX
/* Further than any clock goes; sums of two are numbers. */
#define LIMIT_MAX_MS (INT64_MAX / 4)

/* Of a job with limits. */
struct timing {
    struct job *job;
    struct policy policy; /* only its limits */
    int64_t queue_by_ms;  /* what was never started waits until then ... */
    int64_t end_by_ms;    /* ... and all of it; NEVER_MS: for ever */
    int64_t due_ms;
    struct heap_node due; /* in c->due, while something can expire */
};

static bool is_due_before(const struct heap_node *a, const struct heap_node *b)
{
    return CONTAINER_OF(a, const struct timing, due)->due_ms <
           CONTAINER_OF(b, const struct timing, due)->due_ms;
}

void expire_init(struct coord *c)
{
    heap_init(&c->due, is_due_before);
}

static int64_t passes_at(int64_t from_ms, uint64_t limit_ms)
{
    if (limit_ms == 0 || limit_ms > LIMIT_MAX_MS)
        return NEVER_MS;
    return from_ms + (int64_t)limit_ms;
}

static bool has_limits(const struct policy *p)
{
    return p->queue_ms != 0 || p->start_ms != 0 || p->run_ms != 0 ||
           p->idle_ms != 0 || p->total_ms != 0;
}

void expire_begin(struct coord *c, struct job *j)
{
    int64_t passed_ms = c->wall_ms - j->submitted_ms;
    struct policy policy;
    struct timing *t;

    if (j->policy == NULL || j->timing != NULL ||
        policy_decode(c->bodies, blob_view(j->policy), &policy) != ERR_NONE ||
        !has_limits(&policy))
        return;
    t = xcalloc(1, sizeof *t);
    t->job = j;
    t->policy = policy;
    t->policy.retry_on = (struct view){ 0 }; /* is not ours */
    t->queue_by_ms = passes_at(c->now_ms, policy.queue_ms);
    t->end_by_ms =
        passes_at(c->now_ms - (passed_ms > 0 ? passed_ms : 0), policy.total_ms);
    j->timing = t;
}

void expire_end(struct coord *c, struct job *j)
{
    if (j->timing == NULL)
        return;
    heap_remove(&c->due, &j->timing->due);
    free(j->timing);
    j->timing = NULL;
}

void expire_limit(const struct coord *c, const struct job *j, struct op *assign)
{
    const struct timing *t = j->timing;

    if (t == NULL)
        return;
    assign->u.assign.start_ms = t->policy.start_ms;
    assign->u.assign.run_ms = t->policy.run_ms;
    assign->u.assign.idle_ms = t->policy.idle_ms;
    if (t->end_by_ms == NEVER_MS)
        return;
    ASSERT(t->end_by_ms > c->now_ms);
    assign->u.assign.left_ms = (uint64_t)(t->end_by_ms - c->now_ms);
}

bool expire_is_over(const struct coord *c, const struct job *j)
{
    return j->timing != NULL && j->timing->end_by_ms <= c->now_ms;
}

/* When something of what waits expires first. */
static int64_t due_ms(const struct timing *t)
{
    const struct job *j = t->job;
    int64_t at_ms = NEVER_MS;

    if (job_n_waiting(j) == 0)
        return at_ms;
    at_ms = t->end_by_ms;
    if (job_n_untaken(j) > 0 && t->queue_by_ms < at_ms)
        at_ms = t->queue_by_ms;
    return at_ms;
}

void expire_arm(struct coord *c, struct job *j)
{
    struct timing *t = j->timing;

    if (t == NULL || j->refused)
        return;
    heap_remove(&c->due, &t->due);
    t->due_ms = due_ms(t);
    if (t->due_ms != NEVER_MS)
        heap_insert(&c->due, &t->due);
}

/* ---- the end of what waits ---- */

static void end_one(struct coord *c, struct job *j, uint32_t elem,
                    const char *reason)
{
    struct outcome o = { .job = j->id.n,
                         .elem = elem,
                         .state = STATE_EXPIRED,
                         .reason = view_str(reason),
                         .message = expired_text(view_str(reason)),
                         .ended_ms = c->wall_ms };

    result_record(c, j, NULL, &o);
}

/* These elements of an array have ended: that is their record. */
static void end_range(struct coord *c, struct job *j, struct job_range range)
{
    coord_persist(
        c, (struct record){ .type = RECORD_CANCEL,
                            .u.cancel = { .id = j->id,
                                          .first = range.first,
                                          .last = range.last,
                                          .state = STATE_EXPIRED,
                                          .at_ms = c->wall_ms,
                                          .reason = blob_ref(range.reason) } });
    keep_add(c, (struct promise){ .type = PROMISE_CANCEL,
                                  .job = j,
                                  .ref.job = j->id,
                                  .first = range.first,
                                  .last = range.last });
}

/* What was never started, in as few ranges as there can be: one, unless
 * something between runs. */
static void end_untaken(struct coord *c, struct job *j, const char *reason)
{
    struct job_range range = { .last = 0,
                               .state = STATE_EXPIRED,
                               .reason = blob_new(view_str(reason)) };
    uint32_t n;

    while ((n = job_end_untaken(j, &range)) > 0) {
        c->n_unended -= n;
        end_range(c, j, range);
    }
    blob_unref(range.reason);
    result_end_array(c, j);
}

/* What was started before and waits once more. */
static void end_again(struct coord *c, struct job *j, const char *reason)
{
    uint32_t elem;
    struct past past;

    retry_pull_range(c, j, 1, j->counts.n);
    while (j->n_again > 0 && job_take(j, &elem, &past))
        end_one(c, j, elem, reason);
}

static void end_first(struct coord *c, struct job *j, const char *reason)
{
    uint32_t elem;
    struct past past;

    if (job_take(j, &elem, &past))
        end_one(c, j, elem, reason);
}

static void expire(struct coord *c, struct timing *t)
{
    struct job *j = t->job;
    bool over = t->end_by_ms <= c->now_ms;
    const char *reason = over ? "deadline" : "queue-timeout";

    if (over)
        end_again(c, j, reason);
    if (job_n_untaken(j) == 0)
        return;
    if (j->array)
        end_untaken(c, j, reason);
    else
        end_first(c, j, reason);
}

void expire_check(struct coord *c)
{
    struct heap_node *top;

    while ((top = heap_top(&c->due)) != NULL) {
        struct timing *t = CONTAINER_OF(top, struct timing, due);

        if (t->due_ms > c->now_ms) {
            coord_wake(c, t->due_ms);
            return;
        }
        expire(c, t);
        if (job_n_ready(t->job) == 0)
            lane_unqueue(t->job->lane, t->job);
        expire_arm(c, t->job);
    }
}

struct view expired_text(struct view reason)
{
    return view_str(view_equal(reason, view_str("deadline"))
                        ? "the time for all of it was over"
                        : "no worker took it in time");
}
