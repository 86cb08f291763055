/* SPDX-License-Identifier: MIT */
/* coord - one step: the event, then everything that follows from it and from
 * time. */
#include "coordinator/core/coord.h"

#include <inttypes.h>
#include <stdlib.h>

#include "coordinator/core/ask/await.h"
#include "coordinator/core/ask/follow.h"
#include "coordinator/core/ask/reads.h"
#include "coordinator/core/dispatch.h"
#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/known_worker.h"
#include "coordinator/core/model/on_commit.h"
#include "coordinator/core/model/queue.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/requeue.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/step.h"
#include "coordinator/core/model/timing.h"
#include "coordinator/core/rules/commit.h"
#include "coordinator/core/rules/expire.h"
#include "coordinator/core/rules/recover.h"
#include "coordinator/core/rules/restore.h"
#include "coordinator/core/rules/retry.h"
#include "coordinator/core/rules/schedule.h"
#include "coordinator/core/rules/sessions.h"
#include "coordinator/core/rules/submit.h"
#include "libcommon/check.h"
#include "libcommon/heap.h"
#include "libcommon/map.h"
#include "libcommon/mem.h"
#include "libcommon/trace.h"
#include "proto/frame.h"
#include "proto/lease.h"

const struct coord_config coord_config_default = {
    .lease_ms = 40000,
    .beat_ms = 5000,
    .submits_max = 100000,
    .queue_max = 100 * 1000 * 1000,
    .queue_bytes_max = (size_t)4 << 30,
    .retries = { .first = 100, .most = 1000, .per_second = 100, .percent = 20 },
    .sessions_max = 65536,
    .reads_max = 32,
    .software = "yond",
};

#define WALL_JUMP_MS INT64_C(3600000) /* worth a line */
#define LOW_WATER_STEP 256 /* ended jobs that recovery may read in vain */

/* ---- life ---- */

struct coord *coord_new(const struct coord_config *config)
{
    struct coord *c = xcalloc(1, sizeof *c);

    c->config = *config;
    c->reader = frame_reader_new();
    c->bodies = frame_reader_new();
    attempt_init(c);
    submit_init(c);
    list_init(&c->by_id);
    list_init(&c->session_list);
    list_init(&c->dirty);
    list_init(&c->queues);
    list_init(&c->known);
    list_init(&c->watchers);
    list_init(&c->readers);
    list_init(&c->parted);
    timing_init(c);
    requeue_init(c);
    return c;
}

static void free_jobs(struct coord *c)
{
    LIST_EACH (it, save, &c->by_id) {
        struct job *j = LIST_ENTRY(it, struct job, by_id);
        queue_remove(j);
        timing_end(c, j);
        requeue_pull_range(c, j, 1, j->counts.n);
        job_free(j);
    }
    LIST_EACH (it, save, &c->queues)
        queue_free(LIST_ENTRY(it, struct queue, in_all));
}

void coord_free(struct coord *c)
{
    if (c == NULL)
        return;
    sessions_free(c);
    on_commits_fini(&c->on_commits);
    attempts_free(c);
    reads_free(c);
    free_jobs(c);
    known_workers_free(c);
    heap_fini(&c->deadlines);
    buf_fini(&c->no_policy);
    map_fini(&c->jobs);
    map_fini(&c->keys);
    map_fini(&c->attempts);
    map_fini(&c->conns);
    map_fini(&c->sessions);
    map_fini(&c->queue_map);
    map_fini(&c->reads);
    map_fini(&c->tails);
    heap_fini(&c->delayed);
    frame_reader_free(c->reader);
    frame_reader_free(c->bodies);
    free(c);
}

/* ---- the step ---- */

static void tell_uncounted(const struct coord *c)
{
    if (c->uncounted_ms > 0)
        trace_line(c->trace, TRACE_WARN, "clock-not-believed",
                   "ms=%" PRId64 " effect=%s", c->uncounted_ms,
                   "kept jobs and deadlines are not older for it; if the "
                   "machine was down so long, start yond with --trust-clock");
}

static void start(struct coord *c)
{
    c->started = true;
    c->since_ms = c->wall_ms;
    c->low_water = c->low_water == 0 ? 1 : c->low_water;
    tell_uncounted(c);
    submit_reserve_ids(c);
    recover_begin(c);
    retry_begin(c);
}

/* Let recovery skip ended jobs. */
static void mark_low_water(struct coord *c, uint64_t step)
{
    uint64_t low = c->next_job;

    if (!list_is_empty(&c->by_id))
        low = LIST_ENTRY(c->by_id.next, struct job, by_id)->id.n;
    if (low < c->low_water + step)
        return;
    c->low_water = low;
    actions_persist(
        c, (struct record){ .type = RECORD_LOW_WATER, .u.mark.upto = low });
}

static void drain(struct coord *c)
{
    if (c->draining)
        return;
    c->draining = true;
    mark_low_water(c, 1);
    /* Nothing was given out beyond next_job: a clean end leaves no gap. */
    actions_persist(
        c, (struct record){ .type = RECORD_IDS, .u.mark.upto = c->next_job });
}

static void say_bye(struct coord *c)
{
    struct op op = { .type = OP_BYE, .u.bye.reason = view_str("going down") };

    LIST_EACH (it, save, &c->session_list)
        actions_send(c, LIST_ENTRY(it, struct session, in_all), &op);
}

static void finish_step(struct coord *c)
{
    commit_run(c);
    sessions_scan(c);
    recover_check(c);
    retry_due(c);
    if (!c->draining) {
        expire_check(c);
        if (!c->full) /* an end could not be recorded */
            schedule(c);
        mark_low_water(c, LOW_WATER_STEP);
    } else if (!c->drained && (c->durable == c->n_records || c->full)) {
        /* Records that a full disk has no room for were not confirmed to
         * anybody. */
        c->drained = c->out->drained = true;
        say_bye(c);
    }
    follow_tick(c);
    await_progress(c);
    reads_give(c);
    actions_flush(c);
    c->out->wake_ms = c->wake_ms;
}

/* A step is due in each eighth of a lease while there is a silence to count. */
static bool has_slept(const struct coord *c, int64_t now_ms)
{
    return c->started && (c->sessions.n > 0 || c->recovering) &&
           now_ms - c->stepped_ms >
               lease_part_ms(c->config.lease_ms, LEASE_AWAY);
}

/* After a pause of our own (stopped, swapped out, moved) frames of live peers
 * may still be unread: give everyone a full lease. And whoever it was too long
 * for is given nothing before it has said what it still holds. */
static void note_sleep(struct coord *c, int64_t since_ms)
{
    trace_line(c->trace, TRACE_WARN, "was-away",
               "away_ms=%" PRId64 " effect=%s", c->now_ms - since_ms,
               "each worker and client has a full lease again");
    c->awake_ms = c->now_ms;
    recover_extend(c);
    sessions_ask(c);
}

/* Nothing counts by the wall clock but what people read. */
static void note_wall(const struct coord *c, const struct coord_event *e)
{
    int64_t by_ms = e->wall_ms - c->wall_ms - (e->now_ms - c->now_ms);

    if (c->started && (by_ms > WALL_JUMP_MS || by_ms < -WALL_JUMP_MS))
        trace_line(c->trace, TRACE_WARN, "clock-jumped",
                   "by_ms=%" PRId64 " effect=%s", by_ms,
                   "times shown jump with it; nothing is removed or expires "
                   "for it");
}

void coord_step(struct coord *c, const struct coord_event *e,
                struct coord_actions *out)
{
    int64_t before_ms = c->stepped_ms;
    bool slept;

    ASSERT(c->started || e->type == COORD_START);
    slept = has_slept(c, e->now_ms);
    c->out = out;
    c->trace = &out->trace;
    note_wall(c, e);
    c->now_ms = c->stepped_ms = e->now_ms;
    c->wall_ms = e->wall_ms;
    c->lived_ms = e->now_ms + c->ahead_ms;
    c->wake_ms = INT64_MAX;
    if (slept)
        note_sleep(c, before_ms);
    if (c->started && !c->draining)
        expire_check(c); /* before anything is given out */
    switch (e->type) {
    case COORD_START:
        start(c);
        break;
    case COORD_MESSAGE:
        dispatch_message(c, e->u.message.from, &e->u.message.by,
                         e->u.message.frame);
        break;
    case COORD_GONE:
        sessions_gone(c, e->u.gone.conn);
        break;
    case COORD_TICK:
        break;
    case COORD_DURABLE:
        commit_durable(c, e);
        break;
    case COORD_READ:
        reads_done(c, e);
        break;
    case COORD_FULL:
        commit_full(c);
        break;
    case COORD_REVOKED:
        sessions_revoke(c, e->u.revoked.principal);
        break;
    case COORD_DRAIN:
        drain(c);
        break;
    }
    finish_step(c);
    c->out = NULL;
    c->trace = NULL;
}

int64_t coord_gives_ms(const struct coord *c)
{
    return c->recovering && c->recover_until_ms < c->next_scan_ms
               ? c->recover_until_ms
               : c->next_scan_ms;
}

void coord_restore(struct coord *c, struct record *rec)
{
    restore_record(c, rec);
}

uint64_t coord_n_bytes(const struct coord *c)
{
    return c->n_bytes;
}

void coord_actions_clear(struct coord_actions *a)
{
    for (size_t i = 0; i < a->n_sends; i++)
        buf_fini(&a->sends[i].frame);
    for (size_t i = 0; i < a->n_reads; i++)
        blob_unref(a->reads[i].query.name);
    records_clear(&a->persist);
    a->n_sends = a->n_reads = 0;
    a->wake_ms = INT64_MAX;
    a->drained = false;
    trace_clear(&a->trace);
}
