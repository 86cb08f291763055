/* SPDX-License-Identifier: MIT */
/* coord_host - the coordinator's process. */
#include "tests/sim/coord_host.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "tests/sim/world.h"

#define RESTART_MIN_MS 20
#define RESTART_MAX_MS 3000
#define REBOOT_PM 200 /* of its starts: its machine started, too */
#define DRAIN_MS 8000 /* until its user loses patience */
/* Small, so that each is reached. */
#define SUBMITS_MAX 6
#define QUEUE_MAX 600
#define SPARE_SESSIONS 1
#define QUEUE_BYTES_MAX (96u << 10)
#define READS_MAX 2

static void restart(void *arg)
{
    coord_host_start(arg);
}

static void act(struct coord_host *h);

static void step(struct coord_host *h, struct coord_event *e)
{
    struct world *w = h->host.world;

    ASSERT(h->core != NULL);
    e->now_ms = host_mono_ms(&h->host);
    e->wall_ms = host_wall_ms(&h->host);
    h->stepped_ms = e->now_ms;
    w->report->cover.coord_events[e->type]++;
    coord_step(h->core, e, &h->actions);
    act(h);
    world_stepped(w);
}

static void tick(void *arg)
{
    struct coord_host *h = arg;

    if (host_is_paused(&h->host))
        timer_set(&h->wake, &h->host.world->clock, h->host.paused_until_ms);
    else
        step(h, &(struct coord_event){ .type = COORD_TICK });
}

static void check_drained(struct coord_host *h)
{
    const struct vdisk *d = &h->host.world->disk;

    if (!h->full && (d->forming.n > 0 || d->phase == VDISK_WRITING))
        broken(h->host.world, DRAINED_EMPTY,
               "the coordinator still waits for its disk");
}

static void exit_now(void *arg)
{
    struct coord_host *h = arg;

    if (!h->host.world->disk.stuck)
        vdisk_flush(&h->host.world->disk);
    coord_host_kill(
        h, world_between(h->host.world, RESTART_MIN_MS, RESTART_MAX_MS));
}

/* What the shell does: records first, since sends that must not leave before
 * they are durable are not among the sends. */
static void act(struct coord_host *h)
{
    struct world *w = h->host.world;
    struct coord_actions *a = &h->actions;

    world_trace(w, "coord", &a->trace);
    for (size_t i = 0; i < a->persist.n; i++)
        ledger_handed(w, &a->persist.at[i]);
    if (a->persist.n > 0)
        vdisk_write(&w->disk, &a->persist);
    for (size_t i = 0; i < a->n_sends; i++)
        net_send(&w->net, a->sends[i].to, &a->sends[i].frame);
    turns_check(w, a);
    for (size_t i = 0; i < a->n_reads; i++)
        vdisk_read(&w->disk, &a->reads[i]);
    if (a->wake_ms == INT64_MAX)
        timer_stop(&h->wake, &w->clock);
    else
        timer_set(&h->wake, &w->clock, host_world_ms(&h->host, a->wake_ms));
    if (a->drained && !timer_is_set(&h->exit)) {
        check_drained(h);
        timer_set(&h->exit, &w->clock, w->clock.now_ms);
    }
    coord_actions_clear(a);
}

static void lose_patience(void *arg)
{
    coord_host_give_up(arg);
}

void coord_host_init(struct coord_host *h, struct world *w)
{
    *h = (struct coord_host){ 0 };
    host_init(&h->host, w, "coord");
    timer_init(&h->exit, exit_now, h);
    timer_init(&h->too_late, lose_patience, h);
    timer_init(&h->wake, restart, h);
}

void coord_host_fini(struct coord_host *h)
{
    coord_free(h->core);
    h->core = NULL;
    coord_actions_clear(&h->actions);
    records_fini(&h->actions.persist);
    trace_fini(&h->actions.trace);
    free(h->actions.sends);
    free(h->actions.reads);
}

static void play_back(void *arg, struct record *rec)
{
    struct coord_host *h = arg;
    struct world *w = h->host.world;

    if (rec->type == RECORD_EPOCH)
        h->epoch = rec->u.mark.upto;
    if (rec->type == RECORD_JOB) {
        const struct job_fact *j = ledger_job(w, rec->u.job.id);

        if (j == NULL || !j->durable)
            broken(w, STORE_TRUE, "job %llu is played back",
                   (unsigned long long)rec->u.job.id.n);
    }
    coord_restore(h->core, rec);
}

struct moment coord_host_moment(const struct coord_host *h)
{
    return (struct moment){ .machine = h->boot,
                            .boot_ms = host_mono_ms(&h->host),
                            .wall_ms = host_wall_ms(&h->host) };
}

/* Only the process dies, or the machine with it. */
static void begin(struct coord_host *h)
{
    struct world *w = h->host.world;

    if (h->boot > 0 && !world_chance(w, REBOOT_PM)) {
        host_begin_again(&h->host);
        return;
    }
    if (h->host.jumped_life == h->host.life)
        h->doubted_ms = w->clock.now_ms;
    h->boot++;
    host_begin(&h->host);
}

void coord_host_start(struct coord_host *h)
{
    struct world *w = h->host.world;
    struct coord_config config = coord_config_default;
    struct moment now;
    enum err err;

    config.lease_ms = COORD_HOST_LEASE_MS;
    config.beat_ms = COORD_HOST_BEAT_MS;
    config.submits_max = SUBMITS_MAX;
    config.queue_max = QUEUE_MAX;
    config.queue_bytes_max = QUEUE_BYTES_MAX;
    config.retries = (struct budget_rules)COORD_HOST_BUDGET;
    config.sessions_max = h->host.world->config.n_workers +
                          h->host.world->config.n_clients + SPARE_SESSIONS;
    config.reads_max = READS_MAX;
    config.software = "sim";
    config.machine = COORD_HOST_MACHINE;
    begin(h);
    now = coord_host_moment(h);
    h->actions.trace.level = world_trace_level(w);
    h->core = coord_new(&config);
    turns_begin(&w->turns);
    err = store_load(w->disk.store, &now, play_back, h, NULL);
    ASSERT(err == ERR_NONE);
    world_fact(w, "coord", "starts, epoch %llu", (unsigned long long)h->epoch);
    timer_init(&h->wake, tick, h);
    h->started_ms = w->clock.now_ms;
    net_listen(&w->net);
    step(h, &(struct coord_event){ .type = COORD_START });
}

void coord_host_kill(struct coord_host *h, int64_t down_ms)
{
    struct world *w = h->host.world;

    if (h->core == NULL)
        return;
    timer_stop(&h->wake, &w->clock);
    timer_stop(&h->exit, &w->clock);
    timer_stop(&h->too_late, &w->clock);
    net_unlisten(&w->net);
    vdisk_crash(&w->disk);
    coord_free(h->core);
    h->core = NULL;
    h->full = false;
    h->host.up = false;
    timer_init(&h->wake, restart, h);
    timer_set(&h->wake, &w->clock, w->clock.now_ms + down_ms);
    world_fact(w, "coord", "is gone");
}

void coord_host_drain(struct coord_host *h)
{
    struct clock *clock = &h->host.world->clock;

    if (h->core == NULL || timer_is_set(&h->too_late))
        return;
    world_fact(h->host.world, "coord", "drains");
    timer_set(&h->too_late, clock, clock->now_ms + DRAIN_MS);
    step(h, &(struct coord_event){ .type = COORD_DRAIN });
}

void coord_host_message(struct coord_host *h, conn_id from,
                        const struct principal *by, struct view frame)
{
    if (h->core == NULL)
        return;
    step(h, &(struct coord_event){ .type = COORD_MESSAGE,
                                   .u.message = { from, frame, *by } });
}

void coord_host_revoke(struct coord_host *h, uint32_t principal)
{
    step(h, &(struct coord_event){ .type = COORD_REVOKED,
                                   .u.revoked.principal = principal });
}

void coord_host_gone(struct coord_host *h, conn_id conn)
{
    if (h->core != NULL)
        step(h,
             &(struct coord_event){ .type = COORD_GONE, .u.gone = { conn } });
}

void coord_host_durable(struct coord_host *h, uint64_t n_records,
                        const struct store_report *report)
{
    h->full = false;
    step(h, &(struct coord_event){
                .type = COORD_DURABLE,
                .u.durable = { .n_records = n_records,
                               .refused = report->refused,
                               .n_refused = report->n_refused,
                               .full = report->full,
                               .pieces_left_out = report->pieces_left_out } });
}

void coord_host_full(struct coord_host *h)
{
    h->full = true;
    step(h, &(struct coord_event){ .type = COORD_FULL });
}

void coord_host_read(struct coord_host *h, uint64_t id, enum err err,
                     struct records *records)
{
    step(h, &(struct coord_event){
                .type = COORD_READ,
                .u.read = { .id = id, .err = err, .records = records } });
}

void coord_host_give_up(struct coord_host *h)
{
    coord_host_kill(
        h, world_between(h->host.world, RESTART_MIN_MS, RESTART_MAX_MS));
}
