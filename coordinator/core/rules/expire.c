/* SPDX-License-Identifier: MIT */
/* expire - the jobs whose time has come. */
#include "coordinator/core/rules/expire.h"

#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/own_outcome.h"
#include "coordinator/core/model/queue.h"
#include "coordinator/core/model/requeue.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/timing.h"
#include "coordinator/core/rules/element.h"

/* End the requeued elements. */
static void end_one(struct coord *c, struct job *j, uint32_t elem,
                    const char *reason)
{
    struct task_id task = { .job = j->id, .elem = elem };
    struct outcome o = own_outcome_expired(c, task, reason);

    element_end(c, j, NULL, &o);
}

static void end_requeued(struct coord *c, struct job *j, const char *reason)
{
    uint32_t elem;
    struct past past;

    requeue_pull_range(c, j, 1, j->counts.n);
    while (j->n_requeued > 0 && job_take(j, &elem, &past))
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
        end_requeued(c, j, reason);
    if (job_n_untaken(j) == 0)
        return;
    if (j->array)
        element_expire_untaken(c, j, reason);
    else
        end_first(c, j, reason);
}

void expire_check(struct coord *c)
{
    struct timing *t;

    while ((t = timing_next(c)) != NULL) {
        if (t->due_ms > c->now_ms) {
            actions_wake(c, t->due_ms);
            return;
        }
        expire(c, t);
        queue_remove_idle(t->job);
        timing_arm(c, t->job);
    }
}
