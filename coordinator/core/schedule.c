/* SPDX-License-Identifier: MIT */
/* schedule - waiting elements meet free places. */
#include "coordinator/core/state.h"
#include "libcommon/rng.h"
#include "proto/spec.h"

struct lane *lane_get(struct coord *c, struct view fn)
{
    uint64_t hash = hash_bytes(fn, 0);
    struct lane *l = map_get(&c->lane_map, hash);

    /* Two names of one hash share a slot: the second is found in the list. */
    if (l != NULL && view_equal(blob_view(l->fn), fn))
        return l;
    LIST_EACH (it, save, &c->lanes) {
        struct lane *other = LIST_ENTRY(it, struct lane, in_all);
        if (l != NULL && view_equal(blob_view(other->fn), fn))
            return other;
    }
    l = lane_new(fn);
    list_insert(&c->lanes, &l->in_all);
    if (map_get(&c->lane_map, hash) == NULL)
        map_put(&c->lane_map, hash, l);
    return l;
}

void schedule_send(struct coord *c, struct attempt *a)
{
    char room[RANGE_TEXT_LEN];
    const struct job *j = a->job;
    struct op op = { .type = OP_ASSIGN };

    op.u.assign.job = j->id.n;
    op.u.assign.elem = a->ref.elem;
    op.u.assign.epoch = a->id.epoch;
    op.u.assign.attempt = a->id.n;
    op.u.assign.tries = a->past.tries;
    op.u.assign.kind = j->kind;
    op.u.assign.array = j->array;
    op.u.assign.alone = a->past.suspect;
    op.u.assign.fn = blob_view(j->fn);
    op.u.assign.spec = blob_view(j->spec);
    op.u.assign.item = job_item(j, a->ref.elem, room);
    expire_limit(c, j, &op);
    coord_send(c, a->session, &op);
    tail_started(c, a);
}

/* A taken element to a worker. */
static void give(struct coord *c, struct session *s, struct job *j,
                 uint32_t elem, const struct past *past)
{
    struct attempt_id id = { c->epoch, ++c->last_attempt };
    struct attempt *a = attempt_new(c, s, j, elem, id, past);

    if (job_n_ready(j) == 0)
        lane_unqueue(j->lane, j);
    if (past->n_failed == 0)
        budget_earn(&c->retries);
    if (!retry_once(c, a))
        schedule_send(c, a);
}

static void assign(struct coord *c, struct job *j, struct session *s)
{
    uint32_t elem;
    struct past past;
    bool taken = job_take(j, &elem, &past);

    ASSERT(taken);
    give(c, s, j, elem, &past);
}

/* The lowest job for which some worker has room. */
static struct job *next_job(const struct coord *c, struct session **worker)
{
    struct job *best = NULL;

    for (struct list *it = c->lanes.next; it != &c->lanes; it = it->next) {
        struct lane *l = LIST_ENTRY(it, struct lane, in_all);
        struct job *j = lane_first(l);
        struct session *s;
        if (j == NULL || (best != NULL && j->id.n > best->id.n))
            continue;
        s = lane_pick(l);
        if (s == NULL)
            continue;
        best = j;
        *worker = s;
    }
    return best;
}

/* ---- what is to run alone ---- */

static struct again *first_alone(const struct coord *c, const struct lane *l)
{
    for (struct list *it = l->alone.next; it != &l->alone; it = it->next) {
        struct again *g = LIST_ENTRY(it, struct again, in_alone);
        if (!(c->recovering && g->job->restored))
            return g;
    }
    return NULL;
}

static void assign_alone(struct coord *c, struct again *g, struct session *s)
{
    struct job *j = g->job;
    uint32_t elem = g->elem;
    struct past past;
    bool taken;

    retry_pull(c, g);
    taken = job_adopt(j, elem, &past);
    ASSERT(taken);
    give(c, s, j, elem, &past);
}

/* Give out what finds a worker that runs nothing. Returns one that shall be
 * given nothing more until it does; NULL: none needs to. */
static struct session *schedule_lane_alone(struct coord *c,
                                           const struct lane *l)
{
    struct again *g;
    struct session *s;

    while ((g = first_alone(c, l)) != NULL) {
        s = lane_pick_alone(l);
        if (s == NULL || session_n_running(s) > 0)
            return s;
        assign_alone(c, g, s);
    }
    return NULL;
}

/* One worker at a time runs empty; the others go on with other work. */
static void schedule_alone(struct coord *c)
{
    struct session *was = coord_session(c, c->emptying), *next = NULL;

    LIST_EACH (it, save, &c->lanes) {
        struct session *s =
            schedule_lane_alone(c, LIST_ENTRY(it, struct lane, in_all));
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
    schedule_alone(c);
    while ((j = next_job(c, &s)) != NULL)
        assign(c, j, s);
}
