/* SPDX-License-Identifier: MIT */
/* timing - limits become moments, and the next of them is known. */
#include "coordinator/core/model/timing.h"

#include <stdlib.h>

#include "coordinator/core/model/job.h"
#include "coordinator/core/model/state.h"
#include "libcommon/check.h"
#include "libcommon/heap.h"
#include "libcommon/mem.h"

/* Further than any clock goes; sums of two are numbers. */
#define LIMIT_MAX_MS (INT64_MAX / 4)

static bool is_due_before(const struct heap_node *a, const struct heap_node *b)
{
    return CONTAINER_OF(a, const struct timing, due)->due_ms <
           CONTAINER_OF(b, const struct timing, due)->due_ms;
}

void timing_init(struct coord *c)
{
    heap_init(&c->deadlines, is_due_before);
}

static int64_t passes_at(int64_t from_ms, uint64_t limit_ms)
{
    if (limit_ms == 0 || limit_ms > LIMIT_MAX_MS)
        return TIMING_NEVER_MS;
    return from_ms + (int64_t)limit_ms;
}

static bool has_limits(const struct policy *p)
{
    return p->queue_ms != 0 || p->start_ms != 0 || p->run_ms != 0 ||
           p->idle_ms != 0 || p->total_ms != 0;
}

void timing_begin(struct coord *c, struct job *j)
{
    int64_t passed_ms = c->lived_ms - j->lived_ms;
    const struct policy *policy = job_policy(j);
    struct timing *t;

    if (j->timing != NULL || !has_limits(policy))
        return;
    t = xcalloc(1, sizeof *t);
    t->job = j;
    t->queue_by_ms = passes_at(c->now_ms, policy->queue_ms);
    t->end_by_ms = passes_at(c->now_ms - (passed_ms > 0 ? passed_ms : 0),
                             policy->total_ms);
    j->timing = t;
}

void timing_end(struct coord *c, struct job *j)
{
    if (j->timing == NULL)
        return;
    heap_remove(&c->deadlines, &j->timing->due);
    free(j->timing);
    j->timing = NULL;
}

void timing_limit(const struct coord *c, const struct job *j, struct op *op)
{
    const struct timing *t = j->timing;
    const struct policy *policy = job_policy(j);

    if (t == NULL)
        return;
    op->u.assign.start_ms = policy->start_ms;
    op->u.assign.run_ms = policy->run_ms;
    op->u.assign.idle_ms = policy->idle_ms;
    if (t->end_by_ms == TIMING_NEVER_MS)
        return;
    ASSERT(t->end_by_ms > c->now_ms);
    op->u.assign.left_ms = (uint64_t)(t->end_by_ms - c->now_ms);
}

bool timing_is_over(const struct coord *c, const struct job *j)
{
    return j->timing != NULL && j->timing->end_by_ms <= c->now_ms;
}

/* When the first waiting element expires. */
static int64_t due_ms(const struct timing *t)
{
    const struct job *j = t->job;
    int64_t at_ms = TIMING_NEVER_MS;

    if (job_n_waiting(j) == 0)
        return at_ms;
    at_ms = t->end_by_ms;
    if (job_n_untaken(j) > 0 && t->queue_by_ms < at_ms)
        at_ms = t->queue_by_ms;
    return at_ms;
}

void timing_arm(struct coord *c, struct job *j)
{
    struct timing *t = j->timing;

    if (t == NULL || j->refused)
        return;
    heap_remove(&c->deadlines, &t->due);
    t->due_ms = due_ms(t);
    if (t->due_ms != TIMING_NEVER_MS)
        heap_insert(&c->deadlines, &t->due);
}

struct timing *timing_next(const struct coord *c)
{
    struct heap_node *top = heap_top(&c->deadlines);

    return top == NULL ? NULL : CONTAINER_OF(top, struct timing, due);
}
