/* SPDX-License-Identifier: MIT */
/* queue - jobs by id, and the choice among the workers that offer it. */
#include "coordinator/core/model/queue.h"

#include <stdlib.h>

#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/timing.h"
#include "libcommon/check.h"
#include "libcommon/heap.h"
#include "libcommon/map.h"
#include "libcommon/mem.h"
#include "libcommon/rng.h"

static const struct job *job_of(const struct heap_node *node)
{
    return CONTAINER_OF((struct heap_node *)(uintptr_t)node, struct job,
                        queued);
}

static bool job_less(const struct heap_node *a, const struct heap_node *b)
{
    return job_of(a)->id.n < job_of(b)->id.n;
}

static struct queue *queue_new(struct view fn)
{
    struct queue *q = xcalloc(1, sizeof *q);

    q->fn = fn.len == 0 ? NULL : blob_new(fn);
    heap_init(&q->jobs, job_less);
    list_init(&q->exclusive);
    list_init(&q->in_all);
    return q;
}

void queue_free(struct queue *q)
{
    if (q == NULL)
        return;
    ASSERT(q->jobs.n == 0 && q->n_workers == 0 && list_is_empty(&q->exclusive));
    list_remove(&q->in_all);
    heap_fini(&q->jobs);
    blob_unref(q->fn);
    free(q->workers);
    free(q);
}

struct queue *queue_get(struct coord *c, struct view fn)
{
    uint64_t hash = hash_bytes(fn, 0);
    struct queue *q = map_get(&c->queue_map, hash);

    /* Two names of one hash share a slot: the second is found in the list. */
    if (q != NULL && view_equal(blob_view(q->fn), fn))
        return q;
    LIST_EACH (it, save, &c->queues) {
        struct queue *other = LIST_ENTRY(it, struct queue, in_all);
        if (q != NULL && view_equal(blob_view(other->fn), fn))
            return other;
    }
    q = queue_new(fn);
    list_insert(&c->queues, &q->in_all);
    if (map_get(&c->queue_map, hash) == NULL)
        map_put(&c->queue_map, hash, q);
    return q;
}

static void add(struct job *j)
{
    if (j->queued.place == 0)
        heap_insert(&j->queue->jobs, &j->queued);
}

void queue_remove(struct job *j)
{
    heap_remove(&j->queue->jobs, &j->queued);
}

void queue_remove_idle(struct job *j)
{
    if (job_n_ready(j) == 0)
        queue_remove(j);
}

void queue_job(struct coord *c, struct job *j)
{
    if (!j->needs_commit && !j->refused && !(c->recovering && j->restored) &&
        job_n_ready(j) > 0)
        add(j);
    timing_arm(c, j);
}

struct job *queue_first(const struct queue *q)
{
    struct heap_node *top = heap_top(&q->jobs);

    return top == NULL ? NULL : CONTAINER_OF(top, struct job, queued);
}

void queue_join(struct queue *q, struct session *s, bool slot)
{
    if (q->n_workers == q->cap_workers) {
        q->cap_workers = q->cap_workers == 0 ? 4 : q->cap_workers * 2;
        q->workers = xrealloc(q->workers, q->cap_workers * sizeof *q->workers);
    }
    q->workers[q->n_workers++] = (struct queue_worker){ s, slot };
}

void queue_leave(struct queue *q, struct session *s)
{
    for (size_t i = 0; i < q->n_workers; i++)
        if (q->workers[i].session == s) {
            q->workers[i] = q->workers[--q->n_workers];
            return;
        }
}

static bool is_open(const struct session *s)
{
    return !s->gone && !s->draining && s->reconciled && s->proven &&
           s->recorded && s->asked == 0 && s->n_exclusive == 0;
}

static uint32_t room_of(const struct queue_worker *w)
{
    return is_open(w->session) && !w->session->emptying
               ? session_room(w->session, w->slot)
               : 0;
}

struct session *queue_pick(const struct queue *q)
{
    struct session *best = NULL;
    uint32_t most = 0;

    for (size_t i = 0; i < q->n_workers; i++) {
        uint32_t room = room_of(&q->workers[i]);
        if (room <= most)
            continue;
        most = room;
        best = q->workers[i].session;
    }
    return best;
}

static bool runs_less(const struct session *a, const struct session *b)
{
    if (session_n_running(a) != session_n_running(b))
        return session_n_running(a) < session_n_running(b);
    return a->emptying && !b->emptying;
}

struct session *queue_pick_exclusive(const struct queue *q)
{
    struct session *best = NULL;

    for (size_t i = 0; i < q->n_workers; i++) {
        const struct queue_worker *w = &q->workers[i];
        if (is_open(w->session) &&
            (w->slot ? w->session->slots : w->session->calls) > 0 &&
            (best == NULL || runs_less(w->session, best)))
            best = w->session;
    }
    return best;
}

bool queue_takes_slot(const struct queue *q, const struct session *s)
{
    for (size_t i = 0; i < q->n_workers; i++)
        if (q->workers[i].session == s)
            return q->workers[i].slot;
    return q->fn == NULL;
}
