/* SPDX-License-Identifier: MIT */
/* lane - see lane.h. */
#include "coordinator/core/lane.h"

#include <stdlib.h>

#include "coordinator/core/job.h"
#include "coordinator/core/session.h"
#include "libcommon/mem.h"

static const struct job *job_of(const struct heap_node *node)
{
    return CONTAINER_OF((struct heap_node *)(uintptr_t)node, struct job,
                        queued);
}

static bool job_less(const struct heap_node *a, const struct heap_node *b)
{
    return job_of(a)->id.n < job_of(b)->id.n;
}

struct lane *lane_new(struct view fn)
{
    struct lane *l = xcalloc(1, sizeof *l);

    l->fn = fn.len == 0 ? NULL : blob_new(fn);
    heap_init(&l->jobs, job_less);
    list_init(&l->alone);
    list_init(&l->in_all);
    return l;
}

void lane_free(struct lane *l)
{
    if (l == NULL)
        return;
    ASSERT(l->jobs.n == 0 && l->n_workers == 0 && list_is_empty(&l->alone));
    list_remove(&l->in_all);
    heap_fini(&l->jobs);
    blob_unref(l->fn);
    free(l->workers);
    free(l);
}

void lane_queue(struct lane *l, struct job *j)
{
    if (j->queued.place == 0)
        heap_insert(&l->jobs, &j->queued);
}

void lane_unqueue(struct lane *l, struct job *j)
{
    heap_remove(&l->jobs, &j->queued);
}

struct job *lane_first(const struct lane *l)
{
    struct heap_node *top = heap_top(&l->jobs);

    return top == NULL ? NULL : CONTAINER_OF(top, struct job, queued);
}

void lane_join(struct lane *l, struct session *s, bool slot)
{
    if (l->n_workers == l->cap_workers) {
        l->cap_workers = l->cap_workers == 0 ? 4 : l->cap_workers * 2;
        l->workers = xrealloc(l->workers, l->cap_workers * sizeof *l->workers);
    }
    l->workers[l->n_workers++] = (struct lane_worker){ s, slot };
}

void lane_leave(struct lane *l, struct session *s)
{
    for (size_t i = 0; i < l->n_workers; i++)
        if (l->workers[i].session == s) {
            l->workers[i] = l->workers[--l->n_workers];
            return;
        }
}

static bool is_open(const struct session *s)
{
    return !s->gone && !s->draining && s->settled && s->proven && s->recorded &&
           s->n_alone == 0;
}

static uint32_t room_of(const struct lane_worker *w)
{
    return is_open(w->session) && !w->session->emptying
               ? session_room(w->session, w->slot)
               : 0;
}

struct session *lane_pick(const struct lane *l)
{
    struct session *best = NULL;
    uint32_t most = 0;

    for (size_t i = 0; i < l->n_workers; i++) {
        uint32_t room = room_of(&l->workers[i]);
        if (room <= most)
            continue;
        most = room;
        best = l->workers[i].session;
    }
    return best;
}

static bool runs_less(const struct session *a, const struct session *b)
{
    if (session_n_running(a) != session_n_running(b))
        return session_n_running(a) < session_n_running(b);
    return a->emptying && !b->emptying;
}

struct session *lane_pick_alone(const struct lane *l)
{
    struct session *best = NULL;

    for (size_t i = 0; i < l->n_workers; i++) {
        const struct lane_worker *w = &l->workers[i];
        if (is_open(w->session) &&
            (w->slot ? w->session->slots : w->session->calls) > 0 &&
            (best == NULL || runs_less(w->session, best)))
            best = w->session;
    }
    return best;
}

bool lane_takes_slot(const struct lane *l, const struct session *s)
{
    for (size_t i = 0; i < l->n_workers; i++)
        if (l->workers[i].session == s)
            return l->workers[i].slot;
    return l->fn == NULL;
}
