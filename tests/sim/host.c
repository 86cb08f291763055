/* SPDX-License-Identifier: MIT */
/* host - a simulated process. */
#include "tests/sim/host.h"

#include <stdio.h>

#include "tests/sim/world.h"

/* A day in 2025; only its distance from 0 matters. */
#define WALL_START_MS INT64_C(1750000000000)
#define BASE_MAX_MS 1000000
#define MILLION 1000000

void host_init(struct host *h, struct world *w, const char *name)
{
    *h = (struct host){ .world = w };
    h->wall_base_ms = WALL_START_MS + world_between(w, 0, BASE_MAX_MS);
    snprintf(h->name, sizeof h->name, "%s", name);
}

void host_drift(struct host *h)
{
    struct world *w = h->world;

    if (world_chance(w, 500))
        h->drift_ppm =
            world_between(w, -HOST_DRIFT_PPM_MAX, HOST_DRIFT_PPM_MAX);
}

int64_t host_drift_max_ms(int64_t ms)
{
    return ms * HOST_DRIFT_PPM_MAX / (MILLION - HOST_DRIFT_PPM_MAX) + 2;
}

void host_begin_again(struct host *h)
{
    h->up = true;
    h->life++;
    h->epoch = h->session = 0;
    h->paused_from_ms = h->paused_until_ms = 0;
}

void host_begin(struct host *h)
{
    struct world *w = h->world;

    host_begin_again(h);
    h->mono_base_ms = world_between(w, 0, BASE_MAX_MS);
}

static int64_t mono_at(const struct host *h, int64_t world_ms)
{
    return h->mono_base_ms + world_ms + world_ms * h->drift_ppm / MILLION;
}

int64_t host_mono_ms(const struct host *h)
{
    return mono_at(h, h->world->clock.now_ms);
}

int64_t host_wall_ms(const struct host *h)
{
    return h->world->clock.now_ms + h->wall_base_ms;
}

void host_resume(struct host *h)
{
    if (host_is_paused(h))
        h->paused_until_ms = h->world->clock.now_ms;
}

bool host_is_paused(const struct host *h)
{
    return h->world->clock.now_ms < h->paused_until_ms;
}

int64_t host_world_ms(const struct host *h, int64_t mono_ms)
{
    int64_t world_ms =
        (mono_ms - h->mono_base_ms) * MILLION / (MILLION + h->drift_ppm);

    while (mono_at(h, world_ms) < mono_ms)
        world_ms++;
    return world_ms;
}

boot_id host_random_boot(struct host *h)
{
    boot_id boot;

    rng_fill(&h->world->rng, boot.bytes, sizeof boot.bytes);
    return boot;
}
