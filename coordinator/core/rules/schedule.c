/* SPDX-License-Identifier: MIT */
/* schedule - the lowest job first; suspects where nothing else runs. */
#include "coordinator/core/rules/schedule.h"

#include "coordinator/core/model/job.h"
#include "coordinator/core/model/queue.h"
#include "coordinator/core/model/requeue.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/tables.h"
#include "coordinator/core/rules/assign.h"
#include "libcommon/check.h"

static void assign_next(struct coord *c, struct job *j, struct session *s)
{
    uint32_t elem;
    struct past past;
    bool taken = job_take(j, &elem, &past);

    ASSERT(taken);
    assign_element(c, s, j, elem, &past);
}

/* The lowest job for which some worker has room. */
static struct job *next_job(const struct coord *c, struct session **worker)
{
    struct job *best = NULL;

    for (struct list *it = c->queues.next; it != &c->queues; it = it->next) {
        struct queue *q = LIST_ENTRY(it, struct queue, in_all);
        struct job *j = queue_first(q);
        struct session *s;
        if (j == NULL || (best != NULL && j->id.n > best->id.n))
            continue;
        s = queue_pick(q);
        if (s == NULL)
            continue;
        best = j;
        *worker = s;
    }
    return best;
}

/* ---- suspects run alone ---- */

static struct requeued *first_exclusive(const struct coord *c,
                                        const struct queue *q)
{
    for (struct list *it = q->exclusive.next; it != &q->exclusive;
         it = it->next) {
        struct requeued *g = LIST_ENTRY(it, struct requeued, in_exclusive);
        if (!(c->recovering && g->job->restored))
            return g;
    }
    return NULL;
}

static void assign_exclusive(struct coord *c, struct requeued *g,
                             struct session *s)
{
    struct job *j = g->job;
    uint32_t elem = g->elem;
    struct past past;
    bool taken;

    requeue_pull(c, g);
    taken = job_adopt(j, elem, &past);
    ASSERT(taken);
    assign_element(c, s, j, elem, &past);
}

/* Give suspects to workers that run nothing. Returns a worker that has to run
 * empty for the next one; NULL: none has to. */
static struct session *schedule_queue_exclusive(struct coord *c,
                                                const struct queue *q)
{
    struct requeued *g;
    struct session *s;

    while ((g = first_exclusive(c, q)) != NULL) {
        s = queue_pick_exclusive(q);
        if (s == NULL || session_n_running(s) > 0)
            return s;
        assign_exclusive(c, g, s);
    }
    return NULL;
}

/* One worker at a time runs empty; the others go on with other work. */
static void schedule_exclusive(struct coord *c)
{
    struct session *was = tables_session(c, c->emptying), *next = NULL;

    LIST_EACH (it, save, &c->queues) {
        struct session *s =
            schedule_queue_exclusive(c, LIST_ENTRY(it, struct queue, in_all));
        if (next == NULL)
            next = s;
    }
    if (was != NULL)
        was->emptying = false;
    c->emptying = (session_id){ 0 };
    if (next == NULL)
        return;
    next->emptying = true;
    c->emptying = next->id;
}

void schedule(struct coord *c)
{
    struct session *s;
    struct job *j;

    if (c->draining)
        return;
    schedule_exclusive(c);
    while ((j = next_job(c, &s)) != NULL)
        assign_next(c, j, s);
}
