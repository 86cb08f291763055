/* SPDX-License-Identifier: MIT */
/* requeue - where an element waits that is started again. */
#include "coordinator/core/model/requeue.h"

#include "coordinator/core/model/job.h"
#include "coordinator/core/model/queue.h"
#include "coordinator/core/model/state.h"
#include "libcommon/heap.h"

static struct requeued *requeued_of(struct heap_node *node)
{
    return CONTAINER_OF(node, struct requeued, delayed);
}

static bool is_due_before(const struct heap_node *a, const struct heap_node *b)
{
    const struct requeued *x = requeued_of((struct heap_node *)(uintptr_t)a);
    const struct requeued *y = requeued_of((struct heap_node *)(uintptr_t)b);

    if (x->due_ms != y->due_ms)
        return x->due_ms < y->due_ms;
    return x->job->id.n != y->job->id.n ? x->job->id.n < y->job->id.n
                                        : x->elem < y->elem;
}

void requeue_init(struct coord *c)
{
    heap_init(&c->delayed, is_due_before);
}

void requeue_ready(struct coord *c, struct requeued *g)
{
    job_move_requeued(g, g->past.suspect ? REQUEUED_EXCLUSIVE : REQUEUED_READY);
    if (g->past.suspect)
        list_insert(&g->job->queue->exclusive, &g->in_exclusive);
    queue_job(c, g->job);
}

void requeue_delayed(struct coord *c, struct requeued *g, int64_t due_ms)
{
    g->due_ms = due_ms;
    job_move_requeued(g, REQUEUED_DELAYED);
    heap_insert(&c->delayed, &g->delayed);
    queue_job(c, g->job);
}

struct requeued *requeue_next(const struct coord *c)
{
    struct heap_node *top = heap_top(&c->delayed);

    return top == NULL ? NULL : requeued_of(top);
}

void requeue_pull(struct coord *c, struct requeued *g)
{
    heap_remove(&c->delayed, &g->delayed);
    list_remove(&g->in_exclusive);
    job_move_requeued(g, REQUEUED_READY);
}

void requeue_pull_range(struct coord *c, struct job *j, uint32_t first,
                        uint32_t last)
{
    LIST_EACH (it, save, &j->held_back) {
        struct requeued *g = LIST_ENTRY(it, struct requeued, in_job);
        if (g->elem >= first && g->elem <= last)
            requeue_pull(c, g);
    }
}
