/* SPDX-License-Identifier: MIT */
/* faults - what goes wrong, and when. */
#include "tests/sim/faults.h"

#include "libcommon/check.h"
#include "tests/sim/world.h"

#define DOWN_MAX_MS 6000 /* twice a lease */
#define STALL_MAX_MS 7000
#define CUT_PAUSE_MAX_MS 500
#define PAUSE_MAX_MS 7000
#define DISK_MAX_MS 5000
#define JUMP_DAY_MS (INT64_C(24) * 3600 * 1000)
#define JUMP_MAX_MS (20 * 365 * JUMP_DAY_MS)
#define GARBAGE_MAX 200

/* How often each kind is drawn, against the others; 0: comes by itself. */
static const unsigned usual_weights[FAULT_COUNT] = {
    [FAULT_LINK_BREAK] = 30, [FAULT_PARTITION] = 12,   [FAULT_COORD_KILL] = 10,
    [FAULT_COORD_STOP] = 3,  [FAULT_COORD_PAUSE] = 4,  [FAULT_WORKER_KILL] = 12,
    [FAULT_WORKER_STOP] = 6, [FAULT_WORKER_PAUSE] = 8, [FAULT_CLIENT_KILL] = 6,
    [FAULT_CLIENT_STOP] = 4, [FAULT_CLIENT_PAUSE] = 4, [FAULT_DISK_FULL] = 5,
    [FAULT_DISK_STUCK] = 3,  [FAULT_STRANGER] = 5,     [FAULT_GARBAGE] = 4,
    [FAULT_WALL_JUMP] = 3,   [FAULT_WORKER_SLEEP] = 6, [FAULT_WORKER_CRASH] = 8,
    [FAULT_LATE_ACK] = 6,    [FAULT_SWIZZLE] = 4,      [FAULT_LINK_DEAD] = 4,
    [FAULT_KEY_REVOKED] = 3,
};

static struct worker_host *some_worker(struct world *w)
{
    return &w->workers[rng_below(&w->rng, w->config.n_workers)];
}

static struct client_host *some_client(struct world *w)
{
    return &w->clients[rng_below(&w->rng, w->config.n_clients)];
}

static struct dealer *some_dealer(struct world *w)
{
    unsigned n = w->config.n_workers;
    uint64_t i = rng_below(&w->rng, n + w->config.n_clients);

    return i < n ? &w->workers[i].dealer : &w->clients[i - n].dealer;
}

static struct host *some_host(struct world *w)
{
    unsigned n = w->config.n_workers;
    uint64_t i = rng_below(&w->rng, n + w->config.n_clients + 1);

    if (i == 0)
        return &w->coord.host;
    return i <= n ? &w->workers[i - 1].host : &w->clients[i - 1 - n].host;
}

static void pause_host(struct world *w, enum fault fault, struct host *h)
{
    if (!h->up || host_is_paused(h))
        return;
    h->paused_from_ms = w->clock.now_ms;
    h->paused_until_ms = w->clock.now_ms + world_between(w, 100, PAUSE_MAX_MS);
    world_fault(w, fault, h->name);
}

static void pause_worker(struct world *w, enum fault fault)
{
    struct worker_host *h = some_worker(w);

    if (!h->host.up || host_is_paused(&h->host))
        return;
    worker_host_pause(h, world_between(w, 100, PAUSE_MAX_MS),
                      fault == FAULT_WORKER_SLEEP);
    world_fault(w, fault, h->host.name);
}

/* One link after the other is cut; each heals in its own time, so the order
 * differs. */
static void cut_next(void *arg)
{
    struct faults *f = arg;
    struct world *w = f->world;

    net_stall(some_dealer(w),
              w->clock.now_ms + world_between(w, 100, STALL_MAX_MS));
    if (--f->n_to_cut > 0)
        timer_set(&f->cut, &w->clock,
                  w->clock.now_ms + world_between(w, 1, CUT_PAUSE_MAX_MS));
}

static void swizzle(struct world *w)
{
    unsigned n = w->config.n_workers + w->config.n_clients;

    if (timer_is_set(&w->faults.cut))
        return;
    world_fault(w, FAULT_SWIZZLE, "");
    w->faults.n_to_cut = 1 + (unsigned)rng_below(&w->rng, n);
    cut_next(&w->faults);
}

static void kill_some(struct world *w, enum fault fault)
{
    int64_t down_ms = world_between(w, 10, w->faults.down_max_ms);
    struct worker_host *worker;
    struct client_host *client;

    if (fault == FAULT_COORD_KILL) {
        world_fault(w, fault, "");
        coord_host_kill(&w->coord, down_ms);
    } else if (fault == FAULT_WORKER_KILL) {
        worker = some_worker(w);
        world_fault(w, fault, worker->host.name);
        worker_host_kill(worker, down_ms);
    } else if (fault == FAULT_WORKER_CRASH) {
        worker = some_worker(w);
        world_fault(w, fault, worker->host.name);
        worker_host_crash(worker);
    } else {
        client = some_client(w);
        world_fault(w, fault, client->host.name);
        client_host_kill(client, down_ms);
    }
}

static void stop_some(struct world *w, enum fault fault)
{
    struct worker_host *worker = some_worker(w);
    struct client_host *client = some_client(w);

    if (fault == FAULT_COORD_STOP) {
        if (host_is_paused(&w->coord.host))
            return;
        world_fault(w, fault, "");
        coord_host_drain(&w->coord);
    } else if (fault == FAULT_WORKER_STOP && !host_is_paused(&worker->host)) {
        world_fault(w, fault, worker->host.name);
        worker_host_drain(worker);
    } else if (fault == FAULT_CLIENT_STOP && !host_is_paused(&client->host)) {
        world_fault(w, fault, client->host.name);
        client_host_close(client);
    }
}

static void strange(struct world *w, enum fault fault)
{
    uint8_t garbage[GARBAGE_MAX];
    size_t len = (size_t)rng_below(&w->rng, GARBAGE_MAX);
    struct buf sample = { 0 };

    if (w->coord.core == NULL || host_is_paused(&w->coord.host))
        return;
    if (fault == FAULT_STRANGER && w->faults.sample.len > 0) {
        world_fault(w, fault, "");
        buf_add_view(&sample, buf_view(&w->faults.sample));
    } else if (fault == FAULT_GARBAGE) {
        world_fault(w, fault, "");
        rng_fill(&w->rng, garbage, len);
        if (world_chance(w, 500)) /* a proper head, then garbage */
            buf_add_view(&sample, buf_view(&w->faults.sample));
        if (sample.len > FRAME_HEAD_LEN)
            sample.len = FRAME_HEAD_LEN;
        buf_add(&sample, garbage, len);
    }
    if (sample.len > 0)
        net_strange(&w->net, &w->faults.sample_by, buf_view(&sample));
    buf_fini(&sample);
}

/* The next process of a worker has another key. */
static void revoke_some(struct world *w, enum fault fault)
{
    struct worker_host *worker = some_worker(w);
    uint32_t before = worker->host.principal.number;

    if (before == 0 || w->coord.core == NULL || host_is_paused(&w->coord.host))
        return;
    world_fault(w, fault, worker->host.name);
    worker->host.principal.number = ++w->n_principals;
    worker->revoked_life = worker->host.life;
    coord_host_revoke(&w->coord, before);
}

static void disk_heals(void *arg)
{
    struct faults *f = arg;

    f->world->disk.stuck = false;
    vdisk_set_full(&f->world->disk, false);
}

static void break_disk(struct world *w, enum fault fault)
{
    if (fault == FAULT_DISK_FULL)
        vdisk_set_full(&w->disk, true);
    else
        w->disk.stuck = true;
    timer_set(&w->faults.disk_heals, &w->clock,
              w->clock.now_ms + world_between(w, 100, DISK_MAX_MS));
}

static void jump_wall(struct world *w)
{
    struct host *h = some_host(w);
    int64_t max_ms = world_chance(w, 500) ? JUMP_MAX_MS : JUMP_DAY_MS;
    int64_t jump_ms = world_between(w, -max_ms, max_ms);

    world_fault(w, FAULT_WALL_JUMP, h->name);
    h->wall_base_ms += jump_ms;
    h->jumped_life = h->life;
}

static void strike(struct world *w, enum fault fault)
{
    switch (fault) {
    case FAULT_LINK_BREAK:
        net_break(&w->net, some_dealer(w));
        return;
    case FAULT_LINK_DEAD:
        net_kill(some_dealer(w));
        return;
    case FAULT_PARTITION:
        net_stall(some_dealer(w),
                  w->clock.now_ms + world_between(w, 100, STALL_MAX_MS));
        return;
    case FAULT_SWIZZLE:
        swizzle(w);
        return;
    case FAULT_LATE_ACK:
        net_delay_ack(&some_worker(w)->dealer);
        return;
    case FAULT_COORD_KILL:
    case FAULT_WORKER_KILL:
    case FAULT_WORKER_CRASH:
    case FAULT_CLIENT_KILL:
        kill_some(w, fault);
        return;
    case FAULT_KEY_REVOKED:
        revoke_some(w, fault);
        return;
    case FAULT_COORD_STOP:
    case FAULT_WORKER_STOP:
    case FAULT_CLIENT_STOP:
        stop_some(w, fault);
        return;
    case FAULT_COORD_PAUSE:
        pause_host(w, fault, &w->coord.host);
        return;
    case FAULT_WORKER_PAUSE:
    case FAULT_WORKER_SLEEP:
        pause_worker(w, fault);
        return;
    case FAULT_CLIENT_PAUSE:
        pause_host(w, fault, &some_client(w)->host);
        return;
    case FAULT_DISK_FULL:
    case FAULT_DISK_STUCK:
        break_disk(w, fault);
        return;
    case FAULT_STRANGER:
    case FAULT_GARBAGE:
        strange(w, fault);
        return;
    case FAULT_WALL_JUMP:
        jump_wall(w);
        return;
    case FAULT_BREAK_TOLD:
    case FAULT_BREAK_SILENT:
    case FAULT_MESSAGE_LOST:
    case FAULT_SEND_REFUSED:
    case FAULT_SLOW_MESSAGE:
    case FAULT_BATCH_LOST:
    case FAULT_BATCH_KEPT:
    case FAULT_DISK_SLOW:
    case FAULT_DISK_ERROR:
    case FAULT_HANG_SEEN:
    case FAULT_LAPSED:
    case FAULT_NOTE:
    case FAULT_GUARD:
    case FAULT_COUNT:
        break; /* comes by itself */
    }
    UNREACHABLE("a fault that nobody draws");
}

static enum fault draw(struct faults *f)
{
    uint64_t at = rng_below(&f->world->rng, f->weight_sum);
    unsigned fault = 0;

    while (at >= f->weights[fault])
        at -= f->weights[fault++];
    return (enum fault)fault;
}

static void strike_some(void *arg)
{
    struct faults *f = arg;
    struct world *w = f->world;

    if (f->weight_sum > 0)
        strike(w, draw(f));
    timer_set(&f->timer, &w->clock,
              w->clock.now_ms + world_between(w, 1, f->pause_max_ms));
}

void faults_init(struct faults *f, struct world *w)
{
    *f = (struct faults){ .world = w };
    timer_init(&f->timer, strike_some, f);
    timer_init(&f->disk_heals, disk_heals, f);
    timer_init(&f->cut, cut_next, f);
}

void faults_fini(struct faults *f)
{
    buf_fini(&f->sample);
}

static void draw_qualities(struct world *w)
{
    w->net.quality =
        (struct net_quality){ .delay_max_ms = world_between(w, 2, 40) };
    w->disk.quality =
        (struct vdisk_quality){ .sync_max_ms = world_between(w, 2, 60) };
    if (world_chance(w, 200))
        w->disk.quality.sync_max_ms = world_between(w, 100, 600);
    if (world_chance(w, 500))
        w->net.quality.slow_pm = 300;
    if (world_chance(w, 500))
        w->net.quality.refused_pm = world_chance(w, 200) ? 5000 : 500;
    if (world_chance(w, 500))
        w->disk.quality.slow_pm = 30;
    if (world_chance(w, 300))
        w->disk.quality.error_pm = 1000;
}

/* Short, so that much goes; long enough that clients hear of it. */
static void draw_retention(struct world *w)
{
    struct retention rule = { .least_ms = world_between(w, 200, 2000) };

    if (world_chance(w, 700))
        return;
    for (unsigned state = STATE_DONE; state < STATE_COUNT; state++)
        if (world_chance(w, 700))
            rule.keep_ms[state] = world_between(w, 200, 15000);
    if (world_chance(w, 500))
        rule.jobs_max = (uint64_t)world_between(w, 1, 30);
    vdisk_retain(&w->disk, &rule);
}

void faults_begin(struct faults *f)
{
    struct world *w = f->world;

    draw_qualities(w);
    draw_retention(w);
    for (unsigned i = 0; i < FAULT_COUNT; i++) {
        if (world_chance(w, 400))
            continue;
        f->weights[i] = usual_weights[i] * (unsigned)world_between(w, 1, 4);
        f->weight_sum += f->weights[i];
    }
    f->long_runs = world_chance(w, 250);
    f->pause_max_ms = world_chance(w, 150) ? world_between(w, 50, 500)
                                           : world_between(w, 500, 8000);
    f->down_max_ms =
        world_chance(w, 400) ? world_between(w, 20, 500) : DOWN_MAX_MS;
    timer_set(&f->timer, &w->clock,
              w->clock.now_ms + world_between(w, 1, f->pause_max_ms));
}

void faults_heal(struct faults *f)
{
    struct world *w = f->world;

    timer_stop(&f->timer, &w->clock);
    timer_stop(&f->disk_heals, &w->clock);
    timer_stop(&f->cut, &w->clock);
    disk_heals(f);
    /* A send without room is no fault: all must end in spite of it. */
    w->net.quality =
        (struct net_quality){ .delay_max_ms = 2,
                              .refused_pm = world_chance(w, 300) ? 3000 : 0 };
    w->disk.quality = (struct vdisk_quality){ .sync_max_ms = 3 };
    host_resume(&w->coord.host);
    for (unsigned i = 0; i < w->config.n_workers; i++)
        worker_host_resume(&w->workers[i]);
    for (unsigned i = 0; i < w->config.n_clients; i++)
        host_resume(&w->clients[i].host);
    net_heal(&w->net);
}
