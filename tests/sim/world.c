/* SPDX-License-Identifier: MIT */
/* world - one simulated installation. */
#include "tests/sim/world.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "client/core/client_check.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "worker/core/worker_check.h"

#define FAULTS_MIN_MS 10000 /* how long all this goes on */
#define FAULTS_MAX_MS 40000
#define LOOK_MS 250 /* between two looks whether all is quiet */
#define PATIENCE_MS                                                      \
    60000            /* until it must be: 5 leases, and the longest run, \
                      * and the queue */
#define REST_MS 3000 /* quiet must last */

struct world *world_new(const struct world_config *config,
                        struct report *report)
{
    struct world *w = xcalloc(1, sizeof *w);

    ASSERT(config->n_workers >= 1 && config->n_workers <= WORLD_WORKERS_MAX);
    ASSERT(config->n_clients >= 1 && config->n_clients <= WORLD_CLIENTS_MAX);
    w->config = *config;
    w->report = report;
    rng_init(&w->rng, config->seed);
    w->reader = frame_reader_new();
    w->bodies = frame_reader_new();
    clock_init(&w->clock);
    net_init(&w->net, w);
    vdisk_init(&w->disk, w);
    ledger_init(&w->ledger);
    faults_init(&w->faults, w);
    coord_host_init(&w->coord, w);
    for (unsigned i = 0; i < config->n_workers; i++)
        worker_host_init(&w->workers[i], w, i);
    for (unsigned i = 0; i < config->n_clients; i++)
        client_host_init(&w->clients[i], w, i);
    return w;
}

void world_free(struct world *w)
{
    for (unsigned i = 0; i < w->config.n_workers; i++)
        worker_host_fini(&w->workers[i]);
    for (unsigned i = 0; i < w->config.n_clients; i++)
        client_host_fini(&w->clients[i]);
    coord_host_fini(&w->coord);
    vdisk_fini(&w->disk);
    turns_fini(&w->turns);
    net_fini(&w->net);
    faults_fini(&w->faults);
    ledger_fini(&w->ledger);
    frame_reader_free(w->reader);
    frame_reader_free(w->bodies);
    clock_fini(&w->clock);
    free(w);
}

void world_start(struct world *w)
{
    coord_host_start(&w->coord);
    for (unsigned i = 0; i < w->config.n_workers; i++)
        worker_host_start(&w->workers[i]);
    for (unsigned i = 0; i < w->config.n_clients; i++)
        client_host_start(&w->clients[i]);
}

static void ring(void *arg)
{
    *(bool *)arg = true;
}

void world_run_until(struct world *w, int64_t until_ms)
{
    bool rang = false;
    struct timer bell;

    timer_init(&bell, ring, &rang);
    timer_set(&bell, &w->clock, until_ms);
    while (!rang)
        ASSERT(clock_step(&w->clock));
}

static bool is_worker_quiet(const struct worker_host *h)
{
    return h->core != NULL && worker_is_connected(h->core) &&
           worker_n_held(h->core) == 0 && h->n_spooled == 0;
}

static bool is_client_quiet(const struct client_host *h)
{
    int64_t since_ms;

    return h->core != NULL && client_is_connected(h->core, &since_ms) &&
           client_n_open(h->core) == 0 && h->requests.n == 0;
}

bool world_is_quiet(struct world *w)
{
    if (w->coord.core == NULL || w->ledger.n_open > 0 ||
        !vdisk_is_idle(&w->disk))
        return false;
    for (unsigned i = 0; i < w->config.n_workers; i++)
        if (!is_worker_quiet(&w->workers[i]))
            return false;
    for (unsigned i = 0; i < w->config.n_clients; i++)
        if (!is_client_quiet(&w->clients[i]))
            return false;
    return true;
}

/* What keeps it from being quiet. */
static void say_unquiet(struct world *w)
{
    struct job_fact *j;
    struct request *request;

    for (size_t at = 0; (j = map_next(&w->ledger.jobs, &at)) != NULL;)
        for (uint32_t i = 0; j->durable && i < j->n; i++)
            if (j->tasks[i].state == 0)
                broken(w, ALL_ENDS, "%llu.%u has not ended",
                       (unsigned long long)j->id.n, i + 1);
    for (unsigned i = 0; i < w->config.n_clients; i++)
        for (size_t at = 0;
             (request = map_next(&w->clients[i].requests, &at)) != NULL;)
            broken(w, ALL_ENDS, "%s waits for %s, request %llu, job %llu.%u",
                   w->clients[i].host.name, op_name(request->type),
                   (unsigned long long)request->req,
                   (unsigned long long)request->job.n, request->first);
    for (unsigned i = 0; i < w->config.n_workers; i++)
        if (!is_worker_quiet(&w->workers[i]))
            broken(w, NOTHING_LEFT, "%s holds something, or is away",
                   w->workers[i].host.name);
    for (unsigned i = 0; i < w->config.n_clients; i++)
        if (!is_client_quiet(&w->clients[i]))
            broken(w, NOTHING_LEFT, "%s is away", w->clients[i].host.name);
    broken(w, NOTHING_LEFT, "the coordinator or its disk is busy");
}

static void stop_thinking(struct world *w)
{
    for (unsigned i = 0; i < w->config.n_clients; i++)
        timer_stop(&w->clients[i].think, &w->clock);
}

/* Patience begins anew with each retry that the budget lets go: it drops none,
 * and what hundreds of them take, a few a second, is no standstill. Nor is it
 * one while elements end, of which there is a number. */
static void come_to_rest(struct world *w)
{
    int64_t deadline_ms = w->clock.now_ms + PATIENCE_MS;
    int64_t quiet_since_ms = w->clock.now_ms;
    uint64_t n_retries = w->ledger.spending.n_retries;
    uint64_t n_outcomes = w->ledger.n_outcomes;

    while (w->clock.now_ms < quiet_since_ms + REST_MS) {
        stop_thinking(w); /* also of clients that just came back */
        world_run_until(w, w->clock.now_ms + LOOK_MS);
        if (w->clients[0].core != NULL)
            workload_tidy(w);
        invariants_check_beliefs(w);
        if (!world_is_quiet(w))
            quiet_since_ms = w->clock.now_ms;
        if (w->ledger.spending.n_retries != n_retries ||
            w->ledger.n_outcomes != n_outcomes) {
            n_retries = w->ledger.spending.n_retries;
            n_outcomes = w->ledger.n_outcomes;
            deadline_ms = w->clock.now_ms + PATIENCE_MS;
        }
        if (quiet_since_ms > deadline_ms)
            say_unquiet(w);
    }
}

void world_live(struct world *w)
{
    workload_begin(w);
    world_start(w);
    faults_begin(&w->faults);
    world_run_until(w, world_between(w, FAULTS_MIN_MS, FAULTS_MAX_MS));
    world_fact(w, "sim", "all is healed");
    faults_heal(&w->faults);
    w->healed = true;
    come_to_rest(w);
    invariants_check_end(w);
    w->report->cover.virtual_ms += (uint64_t)w->clock.now_ms;
    w->report->cover.seeds++;
}

/* ---- chance ---- */

bool world_chance(struct world *w, unsigned per_mille)
{
    return !w->config.quiet && rng_below(&w->rng, 1000) < per_mille;
}

int64_t world_between(struct world *w, int64_t least, int64_t most)
{
    return least + (int64_t)world_below(w, (uint64_t)(most - least) + 1);
}

uint64_t world_below(struct world *w, uint64_t limit)
{
    return w->config.quiet ? 0 : rng_below(&w->rng, limit);
}

/* ---- telling ---- */

void world_stepped(struct world *w)
{
    w->n_steps++;
    w->report->cover.steps++;
    invariants_check(w);
}

void world_fault(struct world *w, enum fault fault, const char *whom)
{
    w->report->cover.faults[fault]++;
    world_fact(w, "fault", "%s%s%s", fault_text(fault),
               *whom == '\0' ? "" : ": ", whom);
}

void world_fact(struct world *w, const char *who, const char *format, ...)
{
    struct timeline *t = &w->report->timeline;
    va_list args;

    if (!t->on)
        return;
    va_start(args, format);
    timeline_add(t, true, w->clock.now_ms, who, format, args);
    va_end(args);
}

void world_detail(struct world *w, const char *who, const char *format, ...)
{
    struct timeline *t = &w->report->timeline;
    va_list args;

    if (!t->on)
        return;
    va_start(args, format);
    timeline_add(t, false, w->clock.now_ms, who, format, args);
    va_end(args);
}

enum trace_level world_trace_level(const struct world *w)
{
    return w->report->timeline.on ? TRACE_DEBUG : TRACE_OFF;
}

/* Lines that would drown a story. */
static bool is_frequent(const char *line)
{
    static const char *const events[] = { "debug hello ",
                                          "debug lease-renewed " };

    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        if (strncmp(line, events[i], strlen(events[i])) == 0)
            return true;
    return false;
}

void world_trace(struct world *w, const char *who, struct trace *trace)
{
    const char *line = trace->lines.len > 0 ? buf_text(&trace->lines) : "";

    while (*line != '\0') {
        size_t len = strcspn(line, "\n");

        (is_frequent(line) ? world_detail : world_fact)(w, who, "%.*s",
                                                        (int)len, line);
        line += len + (line[len] == '\n');
    }
}
