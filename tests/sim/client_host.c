/* SPDX-License-Identifier: MIT */
/* client_host - a client's process: its core, and its user. */
#include "tests/sim/client_host.h"

#include <stdio.h>
#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/req.h"
#include "tests/sim/answers.h"
#include "tests/sim/world.h"

#define RESTART_MIN_MS 20
#define RESTART_MAX_MS 4000

static void act(struct client_host *h)
{
    struct world *w = h->host.world;
    struct client_actions *a = &h->actions;

    world_trace(w, h->host.name, &a->trace);
    if (a->reconnect)
        dealer_reconnect(&h->dealer);
    for (size_t i = 0; i < a->sends.n; i++)
        dealer_send(&h->dealer, &a->sends.at[i]);
    if (a->wake_ms == INT64_MAX)
        timer_stop(&h->wake, &w->clock);
    else
        timer_set(&h->wake, &w->clock, host_world_ms(&h->host, a->wake_ms));
    if (a->refused[0] != '\0')
        broken(w, PEER_TAKEN, "%s: %s", h->host.name, a->refused);
    client_actions_clear(a);
}

static void step(struct client_host *h, struct client_event *e)
{
    struct world *w = h->host.world;

    ASSERT(h->core != NULL);
    e->now_ms = host_mono_ms(&h->host);
    w->report->cover.client_events[e->type]++;
    client_step(h->core, e, &h->actions);
    act(h);
    world_stepped(w);
}

static void hear(void *arg, uint64_t req, const struct op *op, bool last)
{
    struct client_host *h = arg;
    struct request *request = map_get(&h->requests, req);

    if (request == NULL)
        broken(h->host.world, ANSWER_FITS, "%s: %s for request %llu",
               h->host.name, op_name(op->type), (unsigned long long)req);
    answers_check(h, request, op, last);
    if (last)
        free(map_remove(&h->requests, req));
}

static void tick(void *arg)
{
    struct client_host *h = arg;

    if (host_is_paused(&h->host))
        timer_set(&h->wake, &h->host.world->clock, h->host.paused_until_ms);
    else
        step(h, &(struct client_event){ .type = CLIENT_TICK });
}

static void think(void *arg)
{
    struct client_host *h = arg;
    struct world *w = h->host.world;

    if (!host_is_paused(&h->host))
        workload_want(w, h);
    timer_set(&h->think, &w->clock, w->clock.now_ms + workload_pause_ms(w));
}

static void receive(void *arg, struct view frame)
{
    struct client_host *h = arg;

    if (h->core != NULL)
        step(h, &(struct client_event){ .type = CLIENT_MESSAGE,
                                        .u.message = { frame } });
}

static void restart(void *arg)
{
    client_host_start(arg);
}

static void forget_all(struct client_host *h)
{
    struct request *request;

    for (size_t at = 0; (request = map_next(&h->requests, &at)) != NULL;)
        free(request);
    map_fini(&h->requests);
    h->requests = (struct map){ 0 };
    client_free(h->core);
    h->core = NULL;
    h->host.up = false;
}

static void exit_now(void *arg)
{
    struct client_host *h = arg;

    client_host_kill(
        h, world_between(h->host.world, RESTART_MIN_MS, RESTART_MAX_MS));
}

void client_host_init(struct client_host *h, struct world *w, unsigned index)
{
    char name[16];

    *h = (struct client_host){ .index = index };
    snprintf(name, sizeof name, "c%u", index + 1);
    host_init(&h->host, w, name);
    host_drift(&h->host);
    h->dealer.recv = receive;
    h->dealer.arg = h;
    timer_init(&h->think, think, h);
    timer_init(&h->exit, exit_now, h);
    timer_init(&h->wake, restart, h);
}

void client_host_fini(struct client_host *h)
{
    forget_all(h);
    client_actions_clear(&h->actions);
}

void client_host_start(struct client_host *h)
{
    struct world *w = h->host.world;
    struct client_config config = { .name = h->host.name,
                                    .seed = rng_next(&w->rng),
                                    .no_jitter = w->config.quiet,
                                    .software = "sim" };

    host_begin(&h->host);
    config.boot = host_random_boot(&h->host);
    h->next_req = 1;
    h->core = client_new(&config, hear, h);
    h->actions.trace.level = world_trace_level(w);
    timer_init(&h->wake, tick, h);
    dealer_open(&h->dealer, &h->host);
    world_fact(w, h->host.name, "starts");
    step(h, &(struct client_event){ .type = CLIENT_START });
    if (!w->config.quiet)
        timer_set(&h->think, &w->clock, w->clock.now_ms + workload_pause_ms(w));
}

void client_host_kill(struct client_host *h, int64_t down_ms)
{
    struct world *w = h->host.world;

    if (h->core == NULL)
        return;
    timer_stop(&h->wake, &w->clock);
    timer_stop(&h->think, &w->clock);
    timer_stop(&h->exit, &w->clock);
    dealer_close(&h->dealer);
    forget_all(h);
    timer_init(&h->wake, restart, h);
    timer_set(&h->wake, &w->clock, w->clock.now_ms + down_ms);
    world_fact(w, h->host.name, "is gone");
}

void client_host_close(struct client_host *h)
{
    struct world *w = h->host.world;

    if (h->core == NULL || timer_is_set(&h->exit))
        return;
    world_fact(w, h->host.name, "says goodbye");
    timer_stop(&h->think, &w->clock);
    step(h, &(struct client_event){ .type = CLIENT_CLOSE });
    /* A goodbye gets a moment to leave (ZMQ_LINGER). */
    timer_set(&h->exit, &w->clock, w->clock.now_ms + 10);
}

struct request *client_host_ask(struct client_host *h, struct op *op,
                                const struct request *about)
{
    struct world *w = h->host.world;
    struct request *request = xcalloc(1, sizeof *request);

    *request = *about;
    request->req = h->next_req++;
    request->type = op->type;
    request->made_ms = w->clock.now_ms;
    request->n_outcomes = w->ledger.n_outcomes;
    req_set(op, request->req);
    map_put(&h->requests, request->req, request);
    world_detail(w, h->host.name, "asks %s, request %llu", op_name(op->type),
                 (unsigned long long)request->req);
    step(h,
         &(struct client_event){ .type = CLIENT_REQUEST, .u.request = { op } });
    return request;
}

void client_host_forget(struct client_host *h, uint64_t req)
{
    struct world *w = h->host.world;

    world_detail(w, h->host.name, "forgets request %llu",
                 (unsigned long long)req);
    free(map_remove(&h->requests, req));
    step(h,
         &(struct client_event){ .type = CLIENT_FORGET, .u.forget = { req } });
}
