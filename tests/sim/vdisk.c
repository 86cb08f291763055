/* SPDX-License-Identifier: MIT */
/* vdisk - the store behind a thread, as the coordinator's shell will run it. */
#include "tests/sim/vdisk.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "tests/sim/world.h"

#define SLOW_MIN_MS 200
#define SLOW_MAX_MS 3000
#define RETRY_MS 250 /* of a batch for which there was no room */
#define READ_MAX_MS 8
#define PER_100K 100000
#define TIDY_EVERY_MS 500

struct read {
    struct list node;
    struct vdisk *disk;
    struct timer timer;
    uint64_t id;
    struct query query;
};

static void read_free(struct read *r)
{
    timer_stop(&r->timer, &r->disk->world->clock);
    list_remove(&r->node);
    blob_unref(r->query.name);
    free(r);
}

static int64_t sync_ms(struct vdisk *d)
{
    struct world *w = d->world;

    if (world_chance(w, d->quality.slow_pm)) {
        world_fault(w, FAULT_DISK_SLOW, "");
        return world_between(w, SLOW_MIN_MS, SLOW_MAX_MS);
    }
    return world_between(w, 1, d->quality.sync_max_ms);
}

/* Also what the coordinator has not yet heard of. */
static void tidy(struct vdisk *d)
{
    struct world *w = d->world;
    struct moment now = coord_host_moment(&w->coord);
    bool more;
    enum err err;

    if (!d->retains || w->clock.now_ms < d->tidied_ms + TIDY_EVERY_MS)
        return;
    d->tidied_ms = w->clock.now_ms;
    err = store_tidy(d->store, &now, &more, NULL);
    ASSERT(err == ERR_NONE);
    ledger_tidied(w);
}

/* From here on the batch is on the disk, though nobody has heard of it. */
static void commit(struct vdisk *d)
{
    char errmsg[ERRMSG_LEN];
    enum err err = store_commit(d->store, &d->writing, &d->report, errmsg);

    ASSERT(err == ERR_NONE);
    ledger_committed(d->world, &d->writing, &d->report);
    tidy(d);
}

static void begin(struct vdisk *d)
{
    struct world *w = d->world;

    ASSERT(d->phase == VDISK_IDLE);
    if (d->forming.n == 0)
        return;
    records_move(&d->writing, &d->forming);
    d->phase = VDISK_WRITING;
    timer_set(&d->timer, &w->clock, w->clock.now_ms + sync_ms(d));
}

static void finish(struct vdisk *d)
{
    struct store_report report = d->report;

    ledger_reported(d->world, &report);
    d->report = (struct store_report){ 0 }; /* the next batch may begin */
    d->n_written += d->writing.n;
    records_clear(&d->writing);
    d->phase = VDISK_IDLE;
    begin(d);
    coord_host_durable(&d->world->coord, d->n_written, &report);
    store_report_fini(&report);
}

static void write_or_fail(struct vdisk *d)
{
    struct world *w = d->world;

    if (d->stuck) {
        world_fault(w, FAULT_DISK_STUCK, "");
        timer_set(&d->timer, &w->clock, w->clock.now_ms + RETRY_MS);
        coord_host_full(&w->coord);
        return;
    }
    if (rng_below(&w->rng, PER_100K) < d->quality.error_pm) {
        world_fault(w, FAULT_DISK_ERROR, "");
        coord_host_give_up(&w->coord);
        return;
    }
    commit(d);
    d->phase = VDISK_SYNCED;
    timer_set(&d->timer, &w->clock, w->clock.now_ms + world_between(w, 0, 2));
}

static void proceed(void *arg)
{
    struct vdisk *d = arg;
    struct host *coord = &d->world->coord.host;

    if (host_is_paused(coord))
        timer_set(&d->timer, &d->world->clock, coord->paused_until_ms);
    else if (d->phase == VDISK_WRITING)
        write_or_fail(d);
    else
        finish(d);
}

void vdisk_init(struct vdisk *d, struct world *w)
{
    *d = (struct vdisk){ .world = w, .store = store_open_memory() };
    d->quality.sync_max_ms = 1;
    list_init(&d->reads);
    timer_init(&d->timer, proceed, d);
}

void vdisk_fini(struct vdisk *d)
{
    vdisk_crash(d);
    records_fini(&d->forming);
    records_fini(&d->writing);
    store_close(d->store);
}

void vdisk_write(struct vdisk *d, struct records *records)
{
    records_move(&d->forming, records);
    if (d->phase == VDISK_IDLE)
        begin(d);
}

static void answer_read(void *arg)
{
    struct read *r = arg;
    struct vdisk *d = r->disk;
    struct host *coord = &d->world->coord.host;
    struct records records = { 0 };
    char errmsg[ERRMSG_LEN];
    enum err err;
    uint64_t id = r->id;

    if (host_is_paused(coord)) {
        timer_set(&r->timer, &d->world->clock, coord->paused_until_ms);
        return;
    }
    err = store_read(d->store, &r->query, &records, errmsg);
    read_free(r);
    coord_host_read(&d->world->coord, id, err, &records);
    records_fini(&records);
}

void vdisk_read(struct vdisk *d, const struct coord_read *read)
{
    struct world *w = d->world;
    struct read *r = xcalloc(1, sizeof *r);

    r->disk = d;
    r->id = read->id;
    r->query = read->query;
    blob_ref(r->query.name);
    list_insert(&d->reads, &r->node);
    timer_init(&r->timer, answer_read, r);
    timer_set(&r->timer, &w->clock,
              w->clock.now_ms + world_between(w, 1, READ_MAX_MS));
}

bool vdisk_is_idle(const struct vdisk *d)
{
    return d->phase == VDISK_IDLE && list_is_empty(&d->reads);
}

void vdisk_flush(struct vdisk *d)
{
    if (d->phase == VDISK_WRITING)
        commit(d);
    store_report_fini(&d->report);
    records_clear(&d->writing);
    records_move(&d->writing, &d->forming);
    if (d->writing.n > 0)
        commit(d);
    d->phase = VDISK_SYNCED; /* nothing is left for a crash to lose */
    vdisk_crash(d);
}

void vdisk_crash(struct vdisk *d)
{
    struct world *w = d->world;

    if (d->phase == VDISK_WRITING && !d->stuck && world_chance(w, 500)) {
        world_fault(w, FAULT_BATCH_KEPT, "");
        commit(d);
    } else if (d->phase == VDISK_WRITING) {
        world_fault(w, FAULT_BATCH_LOST, "");
    }
    store_report_fini(&d->report);
    records_clear(&d->writing);
    records_clear(&d->forming);
    LIST_EACH (it, save, &d->reads)
        read_free(CONTAINER_OF(it, struct read, node));
    timer_stop(&d->timer, &w->clock);
    d->phase = VDISK_IDLE;
    d->n_written = 0;
}

void vdisk_set_full(struct vdisk *d, bool full)
{
    if (full)
        world_fault(d->world, FAULT_DISK_FULL, "");
    store_memory_fail(d->store, full, false);
}

void vdisk_retain(struct vdisk *d, const struct retention *rule)
{
    store_retain(d->store, rule);
    d->rule = *rule;
    d->retains = true;
}

bool vdisk_has(const struct vdisk *d, job_id id)
{
    struct query q = {
        .type = QUERY_JOBS, .lowest = id, .below = { id.n + 1 }, .max = 1
    };
    struct records rows = { 0 };
    enum err err = store_read(d->store, &q, &rows, NULL);
    bool has = rows.n > 0;

    ASSERT(err == ERR_NONE);
    records_fini(&rows);
    return has;
}
