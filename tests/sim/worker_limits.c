/* SPDX-License-Identifier: MIT */
/* worker_limits - the signs of life of a simulated run, and its end by force.
 */
#include "libcommon/check.h"
#include "tests/sim/worker_parts.h"
#include "tests/sim/world.h"

#define KILL_MS 5 /* from the kill to the end */
/* From asking a run to end until it has, on a slow clock. */
#define GRACE_MAX_MS \
    (WORKER_HOST_GRACE_MS + KILL_MS + host_drift_max_ms(WORKER_HOST_GRACE_MS))

/* A process that was paused gives the grace once more. */
void worker_runs_check(struct worker_host *h)
{
    struct world *w = h->host.world;

    if (h->host.paused_from_ms >= h->stepped_ms)
        h->awake_ms = w->clock.now_ms;
    h->stepped_ms = w->clock.now_ms;
    LIST_EACH (it, save, &h->runs) {
        const struct run *r = CONTAINER_OF(it, struct run, node);

        if (w->clock.now_ms > r->end_by_ms &&
            w->clock.now_ms > h->awake_ms + GRACE_MAX_MS &&
            !timer_is_set(&h->lapse) && !timer_is_set(&h->exit))
            broken(w, RUN_IN_TIME, "%s, %llu.%u", h->host.name,
                   (unsigned long long)r->key.job, r->key.elem);
    }
}

static void give_sign(void *arg)
{
    struct run *r = arg;
    struct world *w = r->worker->host.world;

    if (host_is_paused(&r->worker->host)) {
        timer_set(&r->sign, &w->clock, r->worker->host.paused_until_ms);
        return;
    }
    timer_set(&r->sign, &w->clock, w->clock.now_ms + r->sign_ms);
    worker_host_step(r->worker, &(struct worker_event){ .type = WORKER_SIGN,
                                                        .u.sign = { r->key } });
}

void worker_run_limits(struct run *r, int64_t idle_ms)
{
    struct world *w = r->worker->host.world;
    struct attempt_fact *a =
        ledger_attempt(w, (struct attempt_id){ r->key.epoch, r->key.attempt });

    a->started_ms = w->clock.now_ms;
    r->end_by_ms = INT64_MAX;
    if (a->run_ms > 0)
        r->end_by_ms = w->clock.now_ms + (int64_t)a->run_ms +
                       host_drift_max_ms((int64_t)a->run_ms) + GRACE_MAX_MS;
    timer_init(&r->sign, give_sign, r);
    if (idle_ms == 0 || world_chance(w, 300))
        return; /* a silent one */
    r->sign_ms = (idle_ms + 3) / 4;
    timer_set(&r->sign, &w->clock, w->clock.now_ms + r->sign_ms);
}

void worker_run_kill(struct worker_host *h, const struct worker_act *act)
{
    struct world *w = h->host.world;
    struct run *r = worker_run_find(h, act->id);

    ASSERT(r != NULL);
    r->stuck = r->on_loop && world_chance(w, 300);
    r->forced = r->on_loop && !r->stuck;
    if (!r->stuck)
        r->state = STATE_CANCELLED;
    timer_set(&r->timer, &w->clock,
              w->clock.now_ms + world_between(w, 1, KILL_MS));
}

void worker_end_note(struct worker_host *h, const struct worker_act *act)
{
    struct world *w = h->host.world;

    ASSERT(worker_run_find(h, act->id) != NULL &&
           h->n_ends < WORKER_HOST_ENDS_MAX);
    h->ends[h->n_ends++] =
        (struct outcome){ .id = act->id,
                          .state = act->u.note.state,
                          .reason = view_str(act->u.note.reason),
                          .started_ms = act->u.note.started_ms,
                          .ended_ms = act->u.note.ended_ms,
                          .ended_by = ENDED_BY_KILL };
    world_fact(w, h->host.name, "notes %llu.%u %s",
               (unsigned long long)act->id.job, act->id.elem,
               act->u.note.reason);
}

/* The runs have ended with the process. */
void worker_replace(struct worker_host *h)
{
    struct world *w = h->host.world;

    LIST_EACH (it, save, &h->runs) {
        struct run *r = CONTAINER_OF(it, struct run, node);

        timer_stop(&r->timer, &w->clock);
        timer_stop(&r->sign, &w->clock);
        timer_stop(&r->progress, &w->clock);
    }
    timer_set(&h->lapse, &w->clock, w->clock.now_ms);
}

void worker_ends_take(struct worker_host *h)
{
    struct world *w = h->host.world;

    while (h->n_ends > 0) {
        const struct outcome *o = &h->ends[--h->n_ends];
        struct attempt_fact *a = ledger_attempt(w, attempt_key_attempt(o->id));

        a->ended = true;
        a->state = STATE_CANCELLED;
        a->worker_life = h->host.life;
        a->inherited = true;
        worker_begin_ended(h->core, o);
        w->report->cover.notes++;
    }
}
