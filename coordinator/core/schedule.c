/* SPDX-License-Identifier: MIT */
/* schedule - waiting elements meet free places. */
#include "rng.h"
#include "spec.h"
#include "state.h"

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

static void assign(struct coord *c, struct job *j, struct session *s)
{
    char room[RANGE_TEXT_LEN];
    uint32_t elem, tries;
    struct attempt *a;
    struct attempt_id id = { c->epoch, ++c->last_attempt };
    struct op op = { .type = OP_ASSIGN };

    bool taken = job_take(j, &elem, &tries);

    ASSERT(taken);
    a = attempt_new(c, s, j, elem, id, tries);
    op.u.assign.job = j->id.n;
    op.u.assign.elem = elem;
    op.u.assign.epoch = id.epoch;
    op.u.assign.attempt = id.n;
    op.u.assign.tries = tries;
    op.u.assign.kind = j->kind;
    op.u.assign.array = j->array;
    op.u.assign.fn = blob_view(j->fn);
    op.u.assign.spec = blob_view(j->spec);
    op.u.assign.item = job_item(j, elem, room);
    expire_limit(c, j, &op);
    coord_send(c, s, &op);
    if (job_n_waiting(j) == 0)
        lane_unqueue(j->lane, j);
    tail_started(c, a);
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

void schedule(struct coord *c)
{
    struct session *s;
    struct job *j;

    if (c->draining)
        return;
    while ((j = next_job(c, &s)) != NULL)
        assign(c, j, s);
}
