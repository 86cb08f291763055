/* SPDX-License-Identifier: MIT */
/* worker_tails - questions about the output of what a simulated worker runs. */
#include <stdlib.h>

#include "libcommon/mem.h"
#include "tests/sim/worker_parts.h"
#include "tests/sim/world.h"

struct tail {
    struct list node;
    struct worker_host *worker;
    struct attempt_key key;
    uint64_t id, offset;
    uint32_t max;
    uint8_t stream;
    struct timer timer; /* a look at the output */
};

static void tail_free(struct tail *t)
{
    timer_stop(&t->timer, &t->worker->host.world->clock);
    list_remove(&t->node);
    free(t);
}

static void tail_tell(struct tail *t, struct view bytes, bool ended)
{
    struct worker_host *h = t->worker;

    list_remove(&t->node);
    worker_host_step(h, &(struct worker_event){ .type = WORKER_TAIL,
                                                .u.tail = { .tail = t->id,
                                                            .offset = t->offset,
                                                            .bytes = bytes,
                                                            .ended = ended } });
    tail_free(t);
}

static void tail_look(void *arg)
{
    struct tail *t = arg;
    struct worker_host *h = t->worker;
    struct world *w = h->host.world;
    const struct run *r = worker_run_find(h, t->key);
    size_t len;

    if (host_is_paused(&h->host)) {
        timer_set(&t->timer, &w->clock, h->host.paused_until_ms);
        return;
    }
    if (r == NULL) {
        tail_tell(t, (struct view){ 0 }, true);
        return;
    }
    len = worker_run_written(r, t->stream);
    if (len <= t->offset) {
        timer_set(&t->timer, &w->clock, w->clock.now_ms + 50);
        return;
    }
    len -= (size_t)t->offset;
    tail_tell(t, view_of(r->result + t->offset, len < t->max ? len : t->max),
              false);
}

void worker_tail_open(struct worker_host *h, const struct worker_act *act)
{
    struct world *w = h->host.world;
    struct tail *t = xcalloc(1, sizeof *t);

    t->worker = h;
    t->key = act->id;
    t->id = act->u.tail.tail;
    t->stream = act->u.tail.stream;
    t->offset = act->u.tail.offset;
    t->max = act->u.tail.max;
    list_insert(&h->tails, &t->node);
    timer_init(&t->timer, tail_look, t);
    timer_set(&t->timer, &w->clock, w->clock.now_ms + world_between(w, 1, 20));
}

void worker_follow(struct worker_host *h, const struct worker_act *act)
{
    struct run *r = worker_run_find(h, act->id);

    if (r == NULL)
        broken(h->host.world, START_ASSIGNED,
               "%s shall follow what does not run", h->host.name);
    r->follow = act->u.follow.streams;
    r->unrenewed = false;
}

void worker_host_check_followed(struct worker_host *h)
{
    if (h->core == NULL || !worker_is_connected(h->core))
        return;
    LIST_EACH (it, save, &h->runs) {
        const struct run *r = CONTAINER_OF(it, const struct run, node);

        if (r->kind == KIND_COMMAND && !r->unrenewed)
            invariants_check_followed(h->host.world, r->key, r->follow);
    }
}

/* What is followed may be so by nobody any more; each output lets go of that in
 * time, without the core. */
void worker_tails_forget(struct worker_host *h)
{
    LIST_EACH (it, save, &h->runs)
        CONTAINER_OF(it, struct run, node)->unrenewed = true;
    LIST_EACH (it, save, &h->tails)
        tail_free(CONTAINER_OF(it, struct tail, node));
}
