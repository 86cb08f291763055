/* SPDX-License-Identifier: MIT */
/* coord - see coord.h: the step, and what all rules share. */
#include "coordinator/core/coord.h"

#include <stdlib.h>

#include "coordinator/core/state.h"
#include "libcommon/mem.h"

const struct coord_config coord_config_default = {
    .lease_ms = 10000,
    .beat_ms = 2500,
    .submits_max = 100000,
    .queue_max = 100 * 1000 * 1000,
    .queue_bytes_max = (size_t)4 << 30,
    .retries = { .first = 100, .most = 1000, .per_second = 100, .percent = 20 },
    .sessions_max = 65536,
    .reads_max = 32,
    .software = "yond",
};

/* ---- life ---- */

struct coord *coord_new(const struct coord_config *config)
{
    struct coord *c = xcalloc(1, sizeof *c);

    c->config = *config;
    c->reader = frame_reader_new();
    c->bodies = frame_reader_new();
    c->last_attempt = 1;
    c->next_job = 1;
    list_init(&c->by_id);
    list_init(&c->session_list);
    list_init(&c->dirty);
    list_init(&c->lanes);
    list_init(&c->known);
    list_init(&c->watchers);
    list_init(&c->askers);
    expire_init(c);
    heap_init(&c->later, retry_less);
    return c;
}

static void free_sessions(struct coord *c)
{
    LIST_EACH (it, save, &c->session_list) {
        struct session *s = LIST_ENTRY(it, struct session, in_all);
        LIST_EACH (at, next, &s->attempts)
            session_unhold(s, LIST_ENTRY(at, struct attempt, in_session));
        LIST_EACH (at, next, &s->ask_list)
            session_answered(s, LIST_ENTRY(at, struct ask, in_session));
        for (size_t i = 0; i < s->n_offers; i++)
            lane_leave(s->offers[i], s);
        session_free(s);
    }
}

static void free_jobs(struct coord *c)
{
    void *value;

    for (size_t at = 0; (value = map_next(&c->attempts, &at)) != NULL;) {
        blob_unref(((struct attempt *)value)->doing);
        free(value);
    }
    for (size_t at = 0; (value = map_next(&c->reads, &at)) != NULL;)
        free(value);
    LIST_EACH (it, save, &c->by_id) {
        struct job *j = LIST_ENTRY(it, struct job, by_id);
        lane_unqueue(j->lane, j);
        expire_end(c, j);
        retry_pull_range(c, j, 1, j->counts.n);
        job_free(j);
    }
    LIST_EACH (it, save, &c->lanes)
        lane_free(LIST_ENTRY(it, struct lane, in_all));
}

void coord_free(struct coord *c)
{
    if (c == NULL)
        return;
    free_sessions(c);
    promises_fini(&c->promises);
    free_jobs(c);
    heap_fini(&c->due);
    LIST_EACH (it, save, &c->known) {
        struct known *k = LIST_ENTRY(it, struct known, in_all);
        blob_unref(k->name);
        free(k);
    }
    map_fini(&c->jobs);
    map_fini(&c->keys);
    map_fini(&c->attempts);
    map_fini(&c->conns);
    map_fini(&c->sessions);
    map_fini(&c->lane_map);
    map_fini(&c->reads);
    map_fini(&c->tails);
    heap_fini(&c->later);
    frame_reader_free(c->reader);
    frame_reader_free(c->bodies);
    free(c);
}

/* ---- sending ---- */

struct session *coord_session(const struct coord *c, session_id id)
{
    return map_get(&c->sessions, id.n);
}

struct job *coord_job(const struct coord *c, uint64_t id)
{
    return map_get(&c->jobs, id);
}

void coord_persist(struct coord *c, struct record rec)
{
    records_add(&c->out->persist, rec);
    c->n_records++;
}

void coord_wake(struct coord *c, int64_t at_ms)
{
    if (at_ms < c->wake_ms)
        c->wake_ms = at_ms;
}

static void send_frame(struct coord *c, conn_id to, struct buf *frame)
{
    struct coord_actions *out = c->out;

    if (out->n_sends == out->cap_sends) {
        out->cap_sends = out->cap_sends == 0 ? 16 : out->cap_sends * 2;
        out->sends = xrealloc(out->sends, out->cap_sends * sizeof *out->sends);
    }
    out->sends[out->n_sends++] = (struct coord_send){ to, *frame };
    *frame = (struct buf){ 0 }; /* owned by the actions */
}

static struct frame_head head_for(const struct coord *c, session_id session)
{
    return (struct frame_head){ .version = PROTO_VERSION,
                                .epoch = c->epoch,
                                .session = session };
}

void coord_send_to(struct coord *c, conn_id to, const struct op *op)
{
    struct buf frame = { 0 };

    frame_begin(&frame, head_for(c, (session_id){ 0 }));
    frame_add(&frame, op);
    send_frame(c, to, &frame);
}

void coord_send(struct coord *c, struct session *s, const struct op *op)
{
    if (s->gone)
        return;
    if (s->out.len == 0)
        frame_begin(&s->out, head_for(c, s->id));
    if (list_is_empty(&s->in_dirty))
        list_insert(&c->dirty, &s->in_dirty);
    frame_add(&s->out, op);
    if (s->out.len >= FRAME_LEN_GOOD)
        send_frame(c, s->conn, &s->out);
}

static void flush(struct coord *c)
{
    LIST_EACH (it, save, &c->dirty) {
        struct session *s = LIST_ENTRY(it, struct session, in_dirty);
        list_remove(&s->in_dirty);
        if (s->out.len > 0)
            send_frame(c, s->conn, &s->out);
    }
}

/* ---- the step ---- */

static void start(struct coord *c)
{
    c->started = true;
    c->since_ms = c->wall_ms;
    c->low_water = c->low_water == 0 ? 1 : c->low_water;
    submit_reserve(c);
    recover_begin(c);
    retry_begin(c);
}

/* Let recovery skip what has ended. */
static void mark_low_water(struct coord *c, uint64_t step)
{
    uint64_t low = c->next_job;

    if (!list_is_empty(&c->by_id))
        low = LIST_ENTRY(c->by_id.next, struct job, by_id)->id.n;
    if (low < c->low_water + step)
        return;
    c->low_water = low;
    coord_persist(
        c, (struct record){ .type = RECORD_LOW_WATER, .u.mark.upto = low });
}

static void drain(struct coord *c)
{
    if (c->draining)
        return;
    c->draining = true;
    mark_low_water(c, 1);
    /* Nothing was given out beyond next_job: a clean end leaves no gap. */
    coord_persist(
        c, (struct record){ .type = RECORD_IDS, .u.mark.upto = c->next_job });
}

static void say_bye(struct coord *c)
{
    struct op op = { .type = OP_BYE, .u.bye.reason = view_str("going down") };

    LIST_EACH (it, save, &c->session_list)
        coord_send(c, LIST_ENTRY(it, struct session, in_all), &op);
}

static void finish_step(struct coord *c)
{
    keep_ripe(c);
    greet_scan(c);
    recover_check(c);
    retry_due(c);
    if (!c->draining) {
        expire_check(c);
        if (!c->full) /* what ends now could not be recorded */
            schedule(c);
        mark_low_water(c, LOW_WATER_STEP);
    } else if (!c->drained && (c->durable == c->n_records || c->full)) {
        /* What a full disk has no room for was promised to nobody. */
        c->drained = c->out->drained = true;
        say_bye(c);
    }
    await_progress(c);
    reads_give(c);
    flush(c);
    c->out->wake_ms = c->wake_ms;
}

/* Who was silent while we slept (stopped, swapped out, moved) may have spoken:
 * its words are still to be read. Everybody gets a full lease from now on. */
static void note_sleep(struct coord *c, int64_t now_ms)
{
    if (!c->started || c->wake_ms >= now_ms - c->config.beat_ms)
        return;
    c->awake_ms = now_ms;
    if (c->recovering)
        c->recover_until_ms = now_ms + c->config.lease_ms;
}

void coord_step(struct coord *c, const struct coord_event *e,
                struct coord_actions *out)
{
    ASSERT(c->started || e->type == COORD_START);
    note_sleep(c, e->now_ms);
    c->now_ms = e->now_ms;
    c->wall_ms = e->wall_ms;
    c->out = out;
    c->wake_ms = INT64_MAX;
    if (c->started && !c->draining)
        expire_check(c); /* before anything is given out */
    switch (e->type) {
    case COORD_START:
        start(c);
        break;
    case COORD_MESSAGE:
        dispatch_message(c, e->u.message.from, e->u.message.frame);
        break;
    case COORD_GONE:
        greet_gone(c, e->u.gone.conn);
        break;
    case COORD_TICK:
        break;
    case COORD_DURABLE:
        keep_durable(c, e);
        break;
    case COORD_READ:
        reads_done(c, e);
        break;
    case COORD_FULL:
        c->full = true;
        break;
    case COORD_DRAIN:
        drain(c);
        break;
    }
    finish_step(c);
    c->out = NULL;
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
}

bool coord_is_current(const struct coord *c, struct task_id ref,
                      struct attempt_id attempt)
{
    const struct attempt *a = attempt_find(c, ref);

    return a != NULL && !a->job->refused && attempt_equal(a->id, attempt);
}
