/* SPDX-License-Identifier: MIT */
/* worker_lease_guard - probes, the guard that ends a simulated worker when its
 * lease is over, and crashes with their notes for the next process.
 */
#include "proto/lease.h"
#include "tests/sim/worker_parts.h"
#include "tests/sim/world.h"

#define RESTART_MIN_MS 20
#define RESTART_MAX_MS 5000
#define PROBE_MS 60 /* to reach the address, and to come back */

/* ---- probes ---- */

/* The connect reaches the address. */
static void probe_arrives(void *arg)
{
    struct worker_host *h = arg;
    struct world *w = h->host.world;

    if (w->net.listening || world_chance(w, 50))
        return;
    timer_set(
        &h->answer, &w->clock,
        w->clock.now_ms +
            world_between(w, 1, world_chance(w, 900) ? PROBE_MS : STUBBORN_MS));
}

static void probe_answers(void *arg)
{
    struct worker_host *h = arg;
    struct world *w = h->host.world;

    if (host_is_paused(&h->host)) {
        timer_set(&h->answer, &w->clock, h->host.paused_until_ms);
        return;
    }
    worker_host_step(
        h, &(struct worker_event){ .type = WORKER_ABSENT,
                                   .u.absent = { h->probed_ms, h->hangs } });
}

/* As its mark says. Mostly: it may have stopped within a step. */
static bool coord_hangs(struct world *w)
{
    const struct coord_host *c = &w->coord;

    return c->core != NULL && world_chance(w, 950) &&
           host_mono_ms(&c->host) - c->stepped_ms >
               lease_part_ms(COORD_HOST_LEASE_MS, LEASE_AWAY);
}

void worker_probe(struct worker_host *h)
{
    struct world *w = h->host.world;

    timer_stop(&h->answer, &w->clock);
    h->probed_ms = host_mono_ms(&h->host);
    h->hangs = coord_hangs(w);
    if (h->hangs) {
        world_fault(w, FAULT_HANG_SEEN, h->host.name);
        timer_set(&h->answer, &w->clock, w->clock.now_ms);
        return;
    }
    timer_set(&h->probe, &w->clock,
              w->clock.now_ms + world_between(w, 1, PROBE_MS));
}

void worker_lease_guard_set(struct worker_host *h)
{
    struct world *w = h->host.world;
    int64_t over_ms = worker_over_ms(h->core);

    if (over_ms <= host_mono_ms(&h->host) && worker_n_running(h->core) > 0 &&
        !timer_is_set(&h->lapse)) {
        world_fault(w, FAULT_LAPSED, h->host.name);
        timer_set(&h->lapse, &w->clock, w->clock.now_ms);
    }
    timer_stop(&h->lease_guard, &w->clock);
    if (over_ms != INT64_MAX)
        timer_set(&h->lease_guard, &w->clock, host_world_ms(&h->host, over_ms));
}

/* The guard kills a process that is paused or held by a call, but not while the
 * whole machine sleeps. */
static void lease_guard_looks(void *arg)
{
    struct worker_host *h = arg;
    struct world *w = h->host.world;

    if (host_is_paused(&h->host) && h->asleep) {
        timer_set(&h->lease_guard, &w->clock, h->host.paused_until_ms);
    } else if (!list_is_empty(&h->runs)) {
        world_fault(w, FAULT_GUARD, h->host.name);
        worker_host_crash(h);
    }
}

static void lapse_now(void *arg)
{
    worker_host_crash(arg);
}

void worker_lease_guard_init(struct worker_host *h)
{
    timer_init(&h->lapse, lapse_now, h);
    timer_init(&h->lease_guard, lease_guard_looks, h);
    timer_init(&h->probe, probe_arrives, h);
    timer_init(&h->answer, probe_answers, h);
}

/* ---- crashes ---- */

/* The crash is blamed on a call that runs. */
static void leave_note(struct worker_host *h)
{
    struct world *w = h->host.world;

    LIST_EACH (it, save, &h->runs) {
        const struct run *r = CONTAINER_OF(it, const struct run, node);

        if (r->own || world_chance(w, 500))
            continue;
        h->note = r->key;
        world_fact(w, h->host.name, "crashes in %llu.%u",
                   (unsigned long long)r->key.job, r->key.elem);
        return;
    }
}

static void end_process(struct worker_host *h)
{
    struct world *w = h->host.world;

    worker_host_kill(h, world_between(w, RESTART_MIN_MS, RESTART_MAX_MS));
    h->former = h->boot;
}

void worker_host_crash(struct worker_host *h)
{
    if (h->core == NULL)
        return;
    if (h->n_ends == 0)
        leave_note(h);
    end_process(h);
}

void worker_host_crash_in(struct worker_host *h, struct attempt_key key)
{
    if (h->n_ends == 0)
        h->note = key;
    end_process(h);
}

void worker_note_take(struct worker_host *h)
{
    struct world *w = h->host.world;
    struct outcome o = { .id = h->note,
                         .state = STATE_FAILED,
                         .reason = view_str("crash"),
                         .started_ms = 1,
                         .ended_ms = host_wall_ms(&h->host) };
    struct attempt_fact *a;

    if (h->note.attempt == 0)
        return;
    a = ledger_attempt(w, attempt_key_attempt(o.id));
    a->ended = true;
    a->state = o.state;
    a->worker_life = h->host.life;
    a->inherited = a->crashed = true;
    worker_begin_ended(h->core, &o);
    h->note = (struct attempt_key){ 0 };
    w->report->cover.faults[FAULT_NOTE]++;
}
