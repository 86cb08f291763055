/* SPDX-License-Identifier: MIT */
/* worker_host - a worker's process: its core, and its runs. */
#include "tests/sim/worker_host.h"

#include <stdio.h>
#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/body.h"
#include "tests/sim/content.h"
#include "tests/sim/pieces.h"
#include "tests/sim/truth.h"
#include "tests/sim/worker_parts.h"
#include "tests/sim/world.h"
#include "worker/core/worker_check.h"

#define RESTART_MIN_MS 20
#define RESTART_MAX_MS 5000
#define DRAIN_MS 8000 /* until its user loses patience */
#define SLOTS 2
#define CALLS 6
#define LONG_MS 25000
#define FOR_EVER_MS (24 * 3600 * 1000)
#define HELD_MAX 1024
#define STOP_MS 500      /* in which a stopped attempt ends, if it does */
#define BYTE_EVERY_MS 16 /* output of a command */
#define PROGRESS_MS 500  /* between two reports on how far a call is */
#define REFUSED 20       /* of 1000 starts, so many find no process left */

static void act(struct worker_host *h);

void worker_host_step(struct worker_host *h, struct worker_event *e)
{
    struct world *w = h->host.world;

    ASSERT(h->core != NULL);
    e->now_ms = host_mono_ms(&h->host);
    e->wall_ms = host_wall_ms(&h->host);
    w->report->cover.worker_events[e->type]++;
    worker_step(h->core, e, &h->actions);
    act(h);
    worker_runs_check(h);
    worker_lease_guard_set(h);
    world_stepped(w);
}

/* ---- what runs ---- */

static void run_free(struct run *r)
{
    timer_stop(&r->timer, &r->worker->host.world->clock);
    timer_stop(&r->progress, &r->worker->host.world->clock);
    timer_stop(&r->sign, &r->worker->host.world->clock);
    list_remove(&r->node);
    free(r);
}

struct run *worker_run_find(struct worker_host *h, struct attempt_key key)
{
    LIST_EACH (it, save, &h->runs) {
        struct run *r = CONTAINER_OF(it, struct run, node);

        if (r->key.epoch == key.epoch && r->key.attempt == key.attempt)
            return r;
    }
    return NULL;
}

size_t worker_run_written(const struct run *r, uint8_t stream)
{
    int64_t n =
        (r->worker->host.world->clock.now_ms - r->started_ms) / BYTE_EVERY_MS;

    if (r->refused || r->kind != KIND_COMMAND || stream != STREAM_OUT)
        return 0;
    return n < CONTENT_RESULT_LEN ? (size_t)n : CONTENT_RESULT_LEN;
}

static struct view text(const char *s)
{
    return view_str(s);
}

/* What it has produced is packed into `packed`. */
static struct outcome outcome_of(const struct run *r, struct buf *packed)
{
    struct body body = { 0 };
    struct outcome o = { .id = r->key,
                         .state = r->state,
                         .ended_by = r->forced ? ENDED_BY_KILL : 0 };

    if (r->kind == KIND_COMMAND) {
        body.out = view_of(r->result, r->state == STATE_DONE
                                          ? sizeof r->result
                                          : worker_run_written(r, STREAM_OUT));
        body.out_head = body.out.len;
        if (!r->worker->host.world->config.quiet)
            body.out_stored = pieces_spooled(r->key);
        body.out_len = body.out.len + body.out_stored;
        o.dropped = r->key.attempt % 5 == 0;
    } else if (r->state == STATE_DONE) {
        body.result = view_of(r->result, sizeof r->result);
    }
    body_encode(packed, &body);
    o.body = buf_view(packed);
    if (r->state == STATE_CANCELLED) {
        o.reason = text("cancelled");
    } else if (r->state == STATE_FAILED && r->kind == KIND_COMMAND) {
        o.reason = text("exit");
        o.code = r->code;
    } else if (r->state == STATE_FAILED) {
        o.reason = text("error");
        o.message = text("it did not work");
        o.retry = r->retry;
        o.retry_ms = r->retry_ms;
    }
    return o;
}

/* Without a session, a worker lets go only of runs, when its lease lapses; and
 * gets no session before these have ended. */
static bool has_lapsed(struct worker_host *h, struct attempt_key key)
{
    struct attempt_key all[HELD_MAX];
    size_t n = worker_list_held(h->core, all, ARRAY_LEN(all));

    for (size_t i = 0; i < n && i < ARRAY_LEN(all); i++)
        if (all[i].epoch == key.epoch && all[i].attempt == key.attempt)
            return false;
    return !worker_is_connected(h->core);
}

static void run_is_refused(struct run *r)
{
    struct worker_host *h = r->worker;
    struct outcome o = { .id = r->key,
                         .state = STATE_HANDED_BACK,
                         .message = text("no process is left") };

    list_remove(&r->node);
    worker_host_step(h, &(struct worker_event){ .type = WORKER_ENDED,
                                                .u.ended = { &o, NULL } });
    run_free(r);
}

static void run_ends(void *arg)
{
    struct run *r = arg;
    struct worker_host *h = r->worker;
    struct world *w = h->host.world;
    struct buf packed = { 0 };
    struct outcome o;
    struct attempt_fact *a;

    if (host_is_paused(&h->host)) {
        timer_set(&r->timer, &w->clock, h->host.paused_until_ms);
        return;
    }
    if (r->refused) {
        run_is_refused(r);
        return;
    }
    if (r->stuck) {
        r->stuck = false;
        timer_set(&r->timer, &w->clock, w->clock.now_ms + STUBBORN_MS);
        worker_host_step(h, &(struct worker_event){ .type = WORKER_STUCK,
                                                    .u.stuck.id = r->key });
        return;
    }
    if (r->kind == KIND_CALL && !w->config.quiet && world_chance(w, 20))
        worker_host_step(h, &(struct worker_event){ .type = WORKER_HOLD,
                                                    .u.hold = { 300 } });
    if (r->crashes && !r->stopped) {
        world_fault(w, FAULT_WORKER_CRASH, h->host.name);
        worker_host_crash_in(h, r->key);
        return;
    }
    a = ledger_attempt(w, (struct attempt_id){ r->key.epoch, r->key.attempt });
    a->ended = true;
    a->state = r->state;
    a->dismissed = a->dismissed || has_lapsed(h, r->key);
    o = outcome_of(r, &packed);
    list_remove(&r->node);
    worker_run_ended(r, &o);
    buf_fini(&packed);
    run_free(r);
}

static void run_advances(void *arg)
{
    struct run *r = arg;
    struct worker_host *h = r->worker;
    struct world *w = h->host.world;
    struct advance a = { .id = r->key,
                         .done = rng_below(&w->rng, 100),
                         .total = truth_total(r->key.job, r->key.elem),
                         .doing = text("steps") };

    timer_set(&r->progress, &w->clock,
              host_is_paused(&h->host) ? h->host.paused_until_ms
                                       : w->clock.now_ms + PROGRESS_MS);
    if (!host_is_paused(&h->host))
        worker_host_step(
            h, &(struct worker_event){ .type = WORKER_ADVANCED,
                                       .u.advanced.advances = { &a, 1 } });
}

static int64_t run_ms(struct world *w, struct view fn)
{
    if (view_equal(fn, text(WORKLOAD_WAIT)))
        return FOR_EVER_MS;
    if (w->healed)
        return world_between(w, 1, 20);
    if (w->config.quiet)
        return w->config.run_ms;
    if (world_chance(w, w->faults.long_runs ? 200 : 700))
        return world_between(w, 1, 100);
    if (world_chance(w, w->faults.long_runs ? 300 : 900))
        return world_between(w, 100, 3000);
    return world_between(w, 3000, 15000);
}

static uint8_t end_state(struct world *w)
{
    if (w->config.quiet || world_chance(w, 850))
        return STATE_DONE;
    return STATE_FAILED;
}

/* The ledger may know the task no more: a job was assigned before it was
 * durable, and lost. */
static void check_input(struct world *w, const struct input *in, bool array)
{
    const struct job_fact *j = map_get(&w->ledger.jobs, in->task.job.n);
    char room[LEDGER_ITEM_LEN], number[LEDGER_ITEM_LEN];

    if (j == NULL || in->task.elem < 1 || in->task.elem > j->n ||
        j->kind != in->kind || j->array != array ||
        !view_equal(blob_view(j->fn), in->fn) ||
        !view_equal(blob_view(j->spec), in->spec) ||
        !view_equal(ledger_item(j, in->task.elem, room), in->item) ||
        !view_equal(ledger_number(j, in->task.elem, number), in->number))
        broken(w, INPUT_RIGHT, "%llu.%u", (unsigned long long)in->task.job.n,
               in->task.elem);
}

/* Counts, too, for a job that was lost before it was durable. */
static void count_start(struct world *w, struct task_id task)
{
    struct job_fact *j = map_get(&w->ledger.jobs, task.job.n);

    if (++j->tasks[task.elem - 1].n_started > 1 && j->policy.at_most_once)
        broken(w, ONCE_ONLY, "%llu.%u", (unsigned long long)task.job.n,
               task.elem);
}

/* began: it was not refused. */
static void note_start(struct worker_host *h, struct attempt_key key,
                       bool began)
{
    struct world *w = h->host.world;
    struct attempt_fact *a =
        ledger_attempt(w, (struct attempt_id){ key.epoch, key.attempt });

    if (a == NULL || a->started || a->worker != &h->host ||
        a->worker_life != h->host.life || a->task.job.n != key.job ||
        a->task.elem != key.elem)
        broken(w, START_ASSIGNED, "%s starts %llu.%u, attempt %llu.%llu",
               h->host.name, (unsigned long long)key.job, key.elem,
               (unsigned long long)key.epoch, (unsigned long long)key.attempt);
    if (a->overtaken)
        broken(w, EPOCH_GROWS, "%s starts what epoch %llu gave it late",
               h->host.name, (unsigned long long)key.epoch);
    if (a->alone && !a->kept)
        broken(w, START_SETTLED, "%s starts %llu.%u", h->host.name,
               (unsigned long long)key.job, key.elem);
    invariants_check_alone(w, key);
    a->started = began;
    a->refused = !began;
    if (began)
        count_start(w, a->task);
}

/* Long enough for followers to come and go. */
static bool is_long(struct world *w, const struct run *r)
{
    return r->follow != 0 && !w->healed && !w->config.quiet &&
           world_chance(w, 200);
}

static void do_start(struct worker_host *h, const struct worker_act *act)
{
    struct world *w = h->host.world;
    struct run *r = xcalloc(1, sizeof *r);
    struct input in = {
        .task = { { act->id.job }, act->id.elem },
        .kind = act->u.start.kind,
        .fn = blob_view(act->u.start.fn),
        .spec = blob_view(act->u.start.spec),
        .item = blob_view(act->u.start.item),
        .number = blob_view(act->u.start.number),
    };

    check_input(w, &in, act->u.start.array);
    r->refused = !w->config.quiet && !w->healed && world_chance(w, REFUSED);
    note_start(h, act->id, !r->refused);
    r->worker = h;
    r->key = act->id;
    r->kind = act->u.start.kind;
    r->follow = act->u.start.follow;
    r->on_loop = r->kind == KIND_CALL && !view_equal(in.fn, text(WORKLOAD_CPU));
    r->state = end_state(w);
    r->own = r->kind == KIND_COMMAND || view_equal(in.fn, text(WORKLOAD_CPU));
    r->code = world_between(w, 3, 4);
    r->crashes = view_equal(in.fn, text(WORKLOAD_BOOM)) && !w->healed &&
                 world_chance(w, 800);
    if (world_chance(w, 200))
        r->retry = (uint8_t)world_between(w, RETRY_WANTED, RETRY_REFUSED);
    r->retry_ms = (uint32_t)world_between(w, 0, 900);
    content_result(&in, r->result);
    r->started_ms = w->clock.now_ms;
    list_insert(&h->runs, &r->node);
    worker_run_limits(r, act->u.start.idle_ms);
    timer_init(&r->timer, run_ends, r);
    timer_init(&r->progress, run_advances, r);
    timer_set(&r->timer, &w->clock,
              w->clock.now_ms + (r->refused      ? world_between(w, 0, 5)
                                 : is_long(w, r) ? LONG_MS
                                                 : run_ms(w, in.fn)));
    if (r->refused)
        return;
    if (!w->config.quiet && r->kind == KIND_CALL && world_chance(w, 100))
        timer_set(&r->progress, &w->clock,
                  w->clock.now_ms + world_between(w, 1, PROGRESS_MS));
}

static void do_stop(struct worker_host *h, const struct worker_act *act)
{
    struct world *w = h->host.world;
    struct run *r = worker_run_find(h, act->id);
    int64_t at_ms = w->clock.now_ms + STOP_MS;

    if (r == NULL)
        broken(w, START_ASSIGNED, "%s shall stop %llu.%u, which does not run",
               h->host.name, (unsigned long long)act->id.job, act->id.elem);
    if (r->stopped)
        return;
    r->stopped = true;
    if (world_chance(w, 300))
        return; /* it does not care */
    if (w->config.quiet || world_chance(w, 800)) {
        r->state = STATE_CANCELLED;
        at_ms = w->clock.now_ms + world_between(w, 1, 50);
    } else if (r->kind == KIND_CALL && world_chance(w, 200)) {
        at_ms = w->clock.now_ms + world_between(w, STOP_MS, STUBBORN_MS);
    }
    if (at_ms < r->timer.at_ms)
        timer_set(&r->timer, &w->clock, at_ms);
}

/* ---- the process ---- */

static void do_act(struct worker_host *h, const struct worker_act *act)
{
    h->host.world->report->cover.worker_acts[act->type]++;
    switch (act->type) {
    case WORKER_DO_START:
        do_start(h, act);
        return;
    case WORKER_DO_STOP:
        do_stop(h, act);
        return;
    case WORKER_DO_TAIL:
        worker_tail_open(h, act);
        return;
    case WORKER_DO_FOLLOW:
        worker_follow(h, act);
        return;
    case WORKER_DO_READ_PIECE:
        worker_piece_read(h, act);
        return;
    case WORKER_DO_FORGET:
        worker_piece_forget(h);
        return;
    case WORKER_DO_REJOIN: /* about time that this world does not model */
        return;
    case WORKER_DO_UNTAIL:
        worker_tails_forget(h);
        return;
    case WORKER_DO_KILL:
        worker_run_kill(h, act);
        return;
    case WORKER_DO_NOTE:
        worker_end_note(h, act);
        return;
    case WORKER_DO_REPLACE:
        worker_replace(h);
        return;
    case WORKER_DO_PROBE:
        worker_probe(h);
        return;
    }
    UNREACHABLE("no such act");
}

/* A late HELLO of a former process may have taken its name: its supervisor
 * starts it again. */
static void be_refused(struct worker_host *h)
{
    struct world *w = h->host.world;

    if (h->host.life == 1 && h->revoked_life != 1)
        broken(w, PEER_TAKEN, "%s: %s", h->host.name, h->actions.refused);
    timer_set(&h->exit, &w->clock, w->clock.now_ms);
}

static void act(struct worker_host *h)
{
    struct world *w = h->host.world;
    struct worker_actions *a = &h->actions;

    world_trace(w, h->host.name, &a->trace);
    for (size_t i = 0; i < a->n_acts; i++)
        do_act(h, &a->acts[i]);
    if (a->reconnect)
        dealer_reconnect(&h->dealer);
    for (size_t i = 0; i < a->sends.n; i++)
        dealer_send(&h->dealer, &a->sends.at[i]);
    if (a->wake_ms == INT64_MAX)
        timer_stop(&h->wake, &w->clock);
    else
        timer_set(&h->wake, &w->clock, host_world_ms(&h->host, a->wake_ms));
    if (a->refused[0] != '\0')
        be_refused(h);
    if (a->drained && !timer_is_set(&h->exit)) {
        if (worker_n_held(h->core) > 0 || !list_is_empty(&h->runs))
            broken(w, DRAINED_EMPTY, "%s", h->host.name);
        timer_set(&h->exit, &w->clock, w->clock.now_ms);
    }
    worker_actions_clear(a);
}

static void tick(void *arg)
{
    struct worker_host *h = arg;

    if (host_is_paused(&h->host))
        timer_set(&h->wake, &h->host.world->clock, h->host.paused_until_ms);
    else
        worker_host_step(h, &(struct worker_event){ .type = WORKER_TICK });
}

static void receive(void *arg, struct view frame)
{
    struct worker_host *h = arg;

    if (h->core != NULL)
        worker_host_step(h, &(struct worker_event){ .type = WORKER_MESSAGE,
                                                    .u.message = { frame } });
}

static void restart(void *arg)
{
    worker_host_start(arg);
}

static void exit_now(void *arg)
{
    struct worker_host *h = arg;

    worker_host_kill(
        h, world_between(h->host.world, RESTART_MIN_MS, RESTART_MAX_MS));
}

void worker_host_init(struct worker_host *h, struct world *w, unsigned index)
{
    char name[16];

    *h = (struct worker_host){ .index = index };
    snprintf(name, sizeof name, "w%u", index + 1);
    host_init(&h->host, w, name);
    if (index % 2 == 1)
        h->host.principal =
            (struct principal){ ++w->n_principals, KEY_ROLE_WORK, "farm" };
    host_drift(&h->host);
    h->dealer.recv = receive;
    h->dealer.arg = h;
    list_init(&h->runs);
    list_init(&h->tails);
    list_init(&h->piece_reads);
    timer_init(&h->exit, exit_now, h);
    worker_lease_guard_init(h);
    timer_init(&h->too_late, exit_now, h);
    timer_init(&h->wake, restart, h);
}

static void forget_all(struct worker_host *h)
{
    LIST_EACH (it, save, &h->runs)
        run_free(CONTAINER_OF(it, struct run, node));
    worker_pieces_drop(h);
    worker_tails_forget(h);
    worker_free(h->core);
    h->core = NULL;
    h->host.up = false;
}

void worker_host_fini(struct worker_host *h)
{
    forget_all(h);
    worker_actions_clear(&h->actions);
}

/* Every worker has the common functions, and one of its own. */
static size_t list_functions(struct worker_host *h)
{
    size_t n = 0;

    h->functions[n++] = text("add");
    h->functions[n++] = text("slow");
    h->functions[n++] = text(WORKLOAD_WAIT);
    h->functions[n++] = text(WORKLOAD_BOOM);
    h->functions[n++] = text(h->host.name);
    return n;
}

/* With another key it is another worker. */
static void forget_former(struct worker_host *h)
{
    h->former = (boot_id){ 0 };
    h->note = (struct attempt_key){ 0 };
    h->n_ends = 0;
}

void worker_host_start(struct worker_host *h)
{
    struct world *w = h->host.world;
    struct worker_config config = { .name = h->host.name,
                                    .machine = COORD_HOST_MACHINE,
                                    .seed = rng_next(&w->rng),
                                    .no_jitter = w->config.quiet,
                                    .slots = SLOTS,
                                    .calls = CALLS,
                                    .functions = h->functions,
                                    .cpu = h->cpu,
                                    .n_cpu = 1,
                                    .labels = &h->label,
                                    .n_labels = 1,
                                    .software = "sim",
                                    .grace_ms = WORKER_HOST_GRACE_MS,
                                    .replaceable = true };

    host_begin(&h->host);
    if (h->revoked_life != 0 && h->revoked_life + 1 == h->host.life)
        forget_former(h);
    h->heard_ms = h->lost_ms = INT64_MIN / 2;
    h->stepped_ms = h->awake_ms = w->clock.now_ms;
    h->boot = config.boot = host_random_boot(&h->host);
    config.former = h->former;
    h->former = (boot_id){ 0 };
    h->label = (struct label){ text("os"), text("sim") };
    config.n_functions = list_functions(h);
    h->cpu[0] = text(WORKLOAD_CPU);
    h->core = worker_new(&config);
    h->actions.trace.level = world_trace_level(w);
    timer_init(&h->wake, tick, h);
    dealer_open(&h->dealer, &h->host);
    world_fact(w, h->host.name, "starts");
    worker_note_take(h);
    worker_ends_take(h);
    worker_host_step(h, &(struct worker_event){ .type = WORKER_START });
}

void worker_host_kill(struct worker_host *h, int64_t down_ms)
{
    struct world *w = h->host.world;

    if (h->core == NULL)
        return;
    timer_stop(&h->wake, &w->clock);
    timer_stop(&h->exit, &w->clock);
    timer_stop(&h->lapse, &w->clock);
    timer_stop(&h->lease_guard, &w->clock);
    timer_stop(&h->probe, &w->clock);
    timer_stop(&h->answer, &w->clock);
    timer_stop(&h->too_late, &w->clock);
    dealer_close(&h->dealer);
    forget_all(h);
    timer_init(&h->wake, restart, h);
    timer_set(&h->wake, &w->clock, w->clock.now_ms + down_ms);
    world_fact(w, h->host.name, "is gone");
}

void worker_host_drain(struct worker_host *h)
{
    struct world *w = h->host.world;

    if (h->core == NULL || timer_is_set(&h->too_late))
        return;
    timer_set(&h->too_late, &w->clock, w->clock.now_ms + DRAIN_MS);
    world_fact(w, h->host.name, "drains");
    worker_host_step(h, &(struct worker_event){ .type = WORKER_DRAIN });
}

void worker_host_pause(struct worker_host *h, int64_t ms, bool asleep)
{
    struct world *w = h->host.world;

    h->asleep = asleep;
    h->host.paused_from_ms = w->clock.now_ms;
    h->host.paused_until_ms = w->clock.now_ms + ms;
}

/* Bring forward a timer that was put off until the end of the pause. */
static void put_forward(struct timer *t, struct clock *clock, int64_t until_ms)
{
    if (timer_is_set(t) && t->at_ms == until_ms)
        timer_set(t, clock, clock->now_ms);
}

void worker_host_resume(struct worker_host *h)
{
    struct clock *clock = &h->host.world->clock;
    int64_t until_ms = h->host.paused_until_ms;

    if (!host_is_paused(&h->host))
        return;
    host_resume(&h->host);
    LIST_EACH (it, save, &h->runs) {
        struct run *r = CONTAINER_OF(it, struct run, node);

        put_forward(&r->timer, clock, until_ms);
        put_forward(&r->progress, clock, until_ms);
        put_forward(&r->sign, clock, until_ms);
    }
    timer_set(&h->wake, clock, clock->now_ms);
    if (timer_is_set(&h->lease_guard) &&
        worker_over_ms(h->core) <= host_mono_ms(&h->host))
        timer_set(&h->lease_guard, clock, clock->now_ms);
}

bool worker_host_is_busy(const struct worker_host *h)
{
    bool asleep =
        h->asleep && h->host.world->clock.now_ms <= h->host.paused_until_ms;

    return !list_is_empty(&h->runs) && !asleep && !timer_is_set(&h->lapse);
}

bool worker_host_runs(const struct worker_host *h, struct task_id task)
{
    if (!worker_host_is_busy(h))
        return false;
    LIST_EACH (it, save, &h->runs) {
        const struct run *r = CONTAINER_OF(it, const struct run, node);

        if (r->key.job == task.job.n && r->key.elem == task.elem)
            return true;
    }
    return false;
}

bool worker_host_is_over(const struct worker_host *h)
{
    return timer_is_set(&h->exit);
}
