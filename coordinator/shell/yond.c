/* SPDX-License-Identifier: MIT */
/* yond - the coordinator's core between a socket, a store and a clock.
 *
 * Each event becomes one step; what the step lists is done at once: records to
 * the store, frames to the socket, queries to its reader, one timer.
 */
#include "coordinator/shell/yond.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coordinator/core/coord.h"
#include "coordinator/shell/accept.h"
#include "coordinator/shell/gate.h"
#include "coordinator/shell/memory_plan.h"
#include "coordinator/shell/sendq.h"
#include "coordinator/shell/store_thread.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/num.h"
#include "libcommon/rt/os/clock.h"
#include "libcommon/rt/os/log.h"
#include "libcommon/rt/os/machine.h"
#include "libcommon/rt/os/memory_room.h"
#include "libcommon/rt/os/step_mark.h"
#include "libcommon/rt/zmq/context.h"
#include "libcommon/rt/zmq/sock.h"
#include "proto/lease.h"

#define GOODBYE_MS 500                 /* for the last messages under way */
#define LOOK_BYTES (UINT64_C(1) << 20) /* of a queue that is read */

/* An endpoint. */
struct listener {
    struct server *server;
    const char *endpoint; /* as it was given */
    struct sock *sock;
    struct sendq *sendq;
};

struct server {
    struct coord *core;
    struct coord_actions actions;
    struct store_thread *store;
    struct listener listeners[YOND_LISTEN_MAX];
    unsigned n_listeners;
    struct gate *gate; /* NULL: no tcp endpoint */
    uv_loop_t loop;
    uv_timer_t timer;
    uv_signal_t term, interrupt;
    struct step_mark *mark;
    uint64_t queue_bytes_max; /* of the core */
    uint32_t sessions_max;    /* likewise */
    struct memory_room room;
    uint64_t looked_bytes; /* of the queue, when memory was looked at last */
    bool stepping; /* a step is under way, or what it lists is being done */
    bool stopping;
    enum err err;
    char *errmsg;
};

/* ZeroMQ leaves the path of an ipc socket behind. It is ours while we hold the
 * lock on the database. */
static void remove_socket(const struct listener *l)
{
    static const char ipc[] = "ipc://";

    if (l->sock != NULL && strncmp(l->endpoint, ipc, sizeof ipc - 1) == 0)
        unlink(l->endpoint + sizeof ipc - 1);
}

static void listener_close(struct listener *l)
{
    remove_socket(l);
    if (l->sendq != NULL)
        sendq_flush(l->sendq);
    sendq_close(l->sendq);
    sock_close(l->sock, GOODBYE_MS);
}

static void stop(struct server *s)
{
    if (s->stopping)
        return;
    ASSERT(!s->stepping);
    s->stopping = true;       /* no more steps: lease.h counts on it */
    step_mark_close(s->mark); /* ... and on this, before the lock goes */
    s->mark = NULL;
    uv_close((uv_handle_t *)&s->timer, NULL);
    uv_close((uv_handle_t *)&s->term, NULL);
    uv_close((uv_handle_t *)&s->interrupt, NULL);
    for (unsigned i = 0; i < s->n_listeners; i++)
        listener_close(&s->listeners[i]);
    gate_close(s->gate);
    store_thread_close(s->store);
}

static void wake(uv_timer_t *timer);

/* The first one takes what is nobody's: it is dropped there. */
static struct sendq *sendq_of(const struct server *s, conn_id to)
{
    for (unsigned i = 1; i < s->n_listeners; i++)
        if (sock_owns(s->listeners[i].sock, to))
            return s->listeners[i].sendq;
    return s->listeners[0].sendq;
}

static void act(struct server *s)
{
    struct coord_actions *a = &s->actions;
    int64_t now = clock_boot_ms();
    int bad = 0;

    log_trace(&a->trace);
    if (a->persist.n > 0)
        store_thread_write(s->store, &a->persist);
    for (size_t i = 0; i < a->n_sends; i++)
        sendq_add(sendq_of(s, a->sends[i].to), a->sends[i].to,
                  &a->sends[i].frame);
    for (size_t i = 0; i < a->n_reads; i++) {
        store_thread_read(s->store, a->reads[i].id, &a->reads[i].query,
                          i + 1 < a->n_reads);
        a->reads[i].query.name = NULL; /* owned by the store */
    }
    if (a->wake_ms == INT64_MAX)
        uv_timer_stop(&s->timer);
    else
        bad = uv_timer_start(
            &s->timer, wake,
            a->wake_ms > now ? (uint64_t)(a->wake_ms - now) : 0, 0);
    ASSERT(bad == 0); /* it is open, and asks nobody */
}

static void step(struct server *s, struct coord_event e)
{
    bool drained;

    if (s->stopping)
        return;
    ASSERT(!s->stepping); /* nothing that acts calls back into a step */
    s->stepping = true;
    step_mark_begin(s->mark);
    e.now_ms = clock_boot_ms();
    e.wall_ms = clock_wall_ms();
    if (e.now_ms < coord_gives_ms(s->core))
        step_mark_set(s->mark, e.now_ms); /* it may hang from here on */
    coord_step(s->core, &e, &s->actions);
    act(s);
    step_mark_set(s->mark, e.now_ms);
    drained = s->actions.drained;
    coord_actions_clear(&s->actions);
    s->stepping = false;
    if (drained)
        stop(s);
}

static void lost(void *arg, conn_id conn)
{
    step(arg, (struct coord_event){ .type = COORD_GONE, .u.gone.conn = conn });
}

/* A key has no rights any more. */
static void revoked(void *arg, uint32_t number)
{
    step(arg, (struct coord_event){ .type = COORD_REVOKED,
                                    .u.revoked.principal = number });
}

static void received(void *arg, conn_id from, struct view bytes)
{
    struct listener *l = arg;
    uint32_t number = sock_sender(l->sock);
    struct principal by = { 0 };

    if (number != 0 && !gate_look(l->server->gate, number, &by))
        return;
    step(l->server, (struct coord_event){ .type = COORD_MESSAGE,
                                          .u.message = { from, bytes, by } });
}

static void wake(uv_timer_t *timer)
{
    step(timer->data, (struct coord_event){ .type = COORD_TICK });
}

static void signalled(uv_signal_t *handle, int number)
{
    log_line(TRACE_INFO, "stopping", "signal=%d", number);
    step(handle->data, (struct coord_event){ .type = COORD_DRAIN });
}

/* ---- the store's events ---- */

static void durable(void *arg, uint64_t n_records,
                    const struct store_report *report)
{
    ASSERT(report->n_refused <= n_records);
    step(arg, (struct coord_event){
                  .type = COORD_DURABLE,
                  .u.durable = { n_records, report->refused, report->n_refused,
                                 report->full, report->pieces_left_out } });
}

static void answered(void *arg, uint64_t id, enum err err,
                     struct records *records)
{
    step(arg, (struct coord_event){ .type = COORD_READ,
                                    .u.read = { id, err, records } });
}

static void full(void *arg)
{
    step(arg, (struct coord_event){ .type = COORD_FULL });
}

static void failed(void *arg, enum err err, const char *errmsg)
{
    struct server *s = arg;

    ASSERT(err != ERR_NONE && !s->stopping);
    s->err = err_set(s->errmsg, err, "%s", errmsg);
    stop(s);
}

static const struct store_thread_events events = {
    .durable = durable, .answered = answered, .full = full, .failed = failed
};

/* ---- life ---- */

/* Nothing is lost: what was accepted is on disk, as after kill -9. Memory may
 * not be asked for here. */
static _Noreturn void end_without_memory(void)
{
    static const char text[] =
        "yond: out of memory: raise the limit (ulimit -v, ulimit -d, "
        "MemoryMax=) and start yond again; all jobs are in the database\n";

    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(1);
}

/* A cgroup kills who asks for too much; so that is never asked for. What is
 * left must do for serving the queue. */
static void look_at_memory(struct server *s)
{
    struct memory_room left;

    s->looked_bytes = coord_n_bytes(s->core);
    left = memory_room_limited(1);
    if (left.bytes > s->room.bytes / 8)
        return;
    log_line(TRACE_ERROR, "cannot-start", "queue_mib=%llu by=%s error=%s",
             (unsigned long long)s->looked_bytes >> 20, left.by,
             "the queue in the database needs more memory than that allows");
    end_without_memory();
}

static void restore(void *arg, struct record *rec)
{
    struct server *s = arg;

    coord_restore(s->core, rec);
    if (coord_n_bytes(s->core) >= s->looked_bytes + LOOK_BYTES)
        look_at_memory(s);
}

/* The least of what is asked for and what descriptors and memory allow. */
static struct memory_plan limit(struct server *s,
                                const struct yond_config *config,
                                struct coord_config *core)
{
    uint32_t room = accept_reserve();
    struct memory_plan plan;

    mem_on_exhaustion(end_without_memory);
    memory_room_spare();
    s->room = memory_room();
    plan = memory_plan_of(s->room.bytes);
    core->queue_max = config->queue_max;
    core->queue_bytes_max =
        config->queue_bytes_max > 0 ? config->queue_bytes_max : plan.queue;
    core->sessions_max = (uint32_t)num_min_size(
        num_min_size(config->sessions_max, room), plan.sessions);
    s->queue_bytes_max = core->queue_bytes_max;
    s->sessions_max = core->sessions_max;
    return plan;
}

static enum err listener_open(struct server *s, const char *endpoint,
                              size_t slow)
{
    struct listener *l = &s->listeners[s->n_listeners++];
    struct sock_keys keys = { 0 };
    enum err err;

    *l = (struct listener){ .server = s, .endpoint = endpoint };
    if (s->gate != NULL)
        keys = gate_keys(s->gate);
    err = sock_bind(&s->loop, endpoint, s->gate == NULL ? NULL : &keys,
                    received, l, &l->sock, s->errmsg);
    explicit_bzero(&keys, sizeof keys);
    if (err == ERR_NONE)
        l->sendq = sendq_new(&s->loop, l->sock, slow, lost, s);
    return err;
}

static enum err listen_all(struct server *s, const struct yond_config *config,
                           size_t slow)
{
    enum err err = ERR_NONE;

    if (config->keys != NULL)
        err =
            gate_open(&s->loop, config->keys, revoked, s, &s->gate, s->errmsg);
    for (unsigned i = 0; err == ERR_NONE && i < config->n_listen; i++)
        err = listener_open(s, config->listen[i], slow / config->n_listen);
    return err;
}

static enum err open_all(struct server *s, const struct yond_config *config)
{
    struct coord_config core = coord_config_default;
    struct memory_plan plan = limit(s, config, &core);
    enum err err;

    core.lease_ms = (int64_t)config->lease_s * 1000;
    core.beat_ms = lease_part_ms(core.lease_ms, LEASE_BEAT);
    core.software = "yond " YON_VERSION;
    core.machine = machine_boot();
    s->mark = step_mark_open();
    core.mark = step_mark_name(s->mark);
    core.mark_key = step_mark_key(s->mark);
    s->core = coord_new(&core);
    err = store_thread_open(config->db, &s->loop, &events, s, &s->store,
                            s->errmsg);
    if (err == ERR_NONE) {
        store_thread_retain(s->store, &config->retention);
        store_thread_use_memory(s->store, plan.cache);
        err = store_thread_load(s->store, restore, s, s->errmsg);
        if (err == ERR_MEMORY)
            end_without_memory();
    }
    return err == ERR_NONE ? listen_all(s, config, plan.slow) : err;
}

/* All of them are open afterwards, so that stop can close them. */
static void init_handles(struct server *s)
{
    int bad = uv_timer_init(&s->loop, &s->timer);

    if (bad == 0)
        bad = uv_signal_init(&s->loop, &s->term);
    if (bad == 0)
        bad = uv_signal_init(&s->loop, &s->interrupt);
    ASSERT(bad == 0); /* the loop has made all that they need */
    s->timer.data = s->term.data = s->interrupt.data = s;
}

static enum err watch_signals(struct server *s)
{
    int bad = uv_signal_start(&s->term, signalled, SIGTERM);

    if (bad == 0)
        bad = uv_signal_start(&s->interrupt, signalled, SIGINT);
    return bad == 0 ? ERR_NONE
                    : err_set(s->errmsg, ERR_SYSTEM, "cannot watch signals: %s",
                              uv_strerror(bad));
}

enum err serve(const struct yond_config *config, char *errmsg)
{
    struct server s = { .errmsg = errmsg };

    if (uv_loop_init(&s.loop) != 0)
        return err_set(errmsg, ERR_SYSTEM, "cannot make an event loop");
    init_handles(&s);
    s.actions.trace.level = log_level();
    s.err = watch_signals(&s);
    if (s.err == ERR_NONE)
        s.err = open_all(&s, config);
    if (s.err == ERR_NONE) {
        for (unsigned i = 1; i < s.n_listeners; i++)
            log_line(TRACE_INFO, "listening", "endpoint=%s",
                     sock_endpoint(s.listeners[i].sock));
        log_line(TRACE_INFO, "started",
                 "version=%s listen=%s sessions=%u queue_mib=%llu by=%s",
                 YON_VERSION, sock_endpoint(s.listeners[0].sock),
                 s.sessions_max, (unsigned long long)s.queue_bytes_max >> 20,
                 s.room.by);
        /* After the socket is bound: lease.h counts on that, too. */
        step(&s, (struct coord_event){ .type = COORD_START });
    } else {
        stop(&s);
    }
    uv_run(&s.loop, UV_RUN_DEFAULT);
    context_end();
    uv_loop_close(&s.loop);
    coord_free(s.core);
    coord_actions_clear(&s.actions);
    records_fini(&s.actions.persist);
    trace_fini(&s.actions.trace);
    free(s.actions.sends);
    free(s.actions.reads);
    return s.err;
}
