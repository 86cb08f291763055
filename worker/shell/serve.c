/* SPDX-License-Identifier: MIT */
/* serve - the worker's core with a socket, a clock and jobs, on a loop.
 *
 * Each event becomes one step, which lists acts. Acting can cause further steps
 * (a program that cannot be started has ended at once); these only add to the
 * list, so one loop does them all.
 */
#include "worker/shell/serve.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/alarm.h"
#include "libcommon/rt/co/opened.h"
#include "libcommon/rt/co/stack.h"
#include "libcommon/rt/os/clock.h"
#include "libcommon/rt/os/entropy.h"
#include "libcommon/rt/os/log.h"
#include "libcommon/rt/os/machine.h"
#include "libcommon/rt/os/memory_room.h"
#include "libcommon/rt/os/step_mark.h"
#include "libcommon/rt/zmq/context.h"
#include "libcommon/rt/zmq/dial.h"
#include "libcommon/rt/zmq/outbox.h"
#include "libcommon/rt/zmq/sock.h"
#include "proto/body.h"
#include "proto/bounds.h"
#include "worker/core/worker.h"
#include "worker/shell/call/rest.h"
#include "worker/shell/life/crash_note.h"
#include "worker/shell/life/end_note.h"
#include "worker/shell/life/lease_guard.h"
#include "worker/shell/life/said_note.h"
#include "worker/shell/memory_share.h"
#include "worker/shell/probe.h"
#include "worker/shell/runs.h"

/* Pauses before the socket is offered a frame again. */
#define RETRY_MIN_MS 2
#define RETRY_MAX_MS 200
#define GOODBYE_MS 500 /* for the last messages under way */

struct worker_shell {
    const struct config *config;
    const struct inherit *inherit;
    const struct modules *modules;
    struct forkserver *forkserver;
    struct worker *core;
    char host[NAME_LEN_MAX + 1];             /* the core borrows it */
    struct module_build builds[MODULES_MAX]; /* the core borrows them */
    struct view *names; /* of functions, cpu ones last; the core borrows them */
    struct worker_actions actions;
    bool acting;
    struct loop *loop;
    struct alarm_set alarms;
    struct alarm wake, retry;
    int64_t retry_ms;
    uv_signal_t term, interrupt, hang_up;
    struct sock *sock;
    struct outbox outbox;
    struct probe probe;
    struct lease_guard *guard;
    struct runs *runs;
    const char *trouble; /* that was told; static */
    bool draining;
    bool done;
    int exit_code;
};

static void step(struct worker_shell *s, struct worker_event e);

/* End at once: what runs is killed. */
static _Noreturn void leave(struct worker_shell *s)
{
    forkserver_stop(s->forkserver);
    crash_note_leave();
    exit(1);
}

static int64_t grace_ms(const struct config *c)
{
    return c->grace_ms > 0 ? c->grace_ms : WORKER_GRACE_MS;
}

/* A coroutine that calls have left cannot be freed, nor what is on its stack:
 * it ends with the process, and what it started is killed. */
static _Noreturn void leave_rest(struct worker_shell *s)
{
    runs_free(s->runs);
    opened_close_all(s->loop);
    forkserver_stop(s->forkserver);
    crash_note_leave();
    _exit(0);
}

/* When the lease is over and something still runs, end without telling anybody:
 * the supervisor starts another process. */
static void end_if_over(struct worker_shell *s)
{
    if (!lease_guard_is_over(s->guard, clock_boot_ms()))
        return;
    log_line(TRACE_ERROR, "lease-over", "server=%s effect=%s",
             s->config->server, "what runs is killed, and this process ends");
    kill(getpid(), SIGKILL); /* which the shims see */
}

static void act_note(const struct worker_shell *s, const struct worker_act *act)
{
    struct outcome o = { .id = act->id,
                         .state = act->u.note.state,
                         .reason = view_str(act->u.note.reason),
                         .message = blob_view(act->u.note.message),
                         .started_ms = act->u.note.started_ms,
                         .ended_ms = act->u.note.ended_ms,
                         .ended_by = ENDED_BY_KILL };

    log_line(TRACE_WARN, "call-stuck", "job=%llu effect=%s",
             (unsigned long long)o.job,
             "it does not end when it is asked to: this process ends");
    if (!end_note_add(s->inherit->note_fd, &o))
        log_line(TRACE_WARN, "note-lost", "job=%llu effect=%s",
                 (unsigned long long)o.job,
                 "it counts as lost, and may run again");
}

/* By a signal: a process that exits meant to, and is not replaced. */
static _Noreturn void act_replace(void)
{
    raise(SIGKILL);
    _exit(1);
}

/* A coordinator that hangs is known at once, by its mark (proto/lease.h);
 * whether there is none, by its address. */
static void act_probe(struct worker_shell *s)
{
    struct worker_mark mark = worker_mark(s->core);
    int64_t now_ms = clock_boot_ms(); /* before the mark is read */
    int64_t stepped_ms = step_mark_read(mark.name, mark.key);

    if (stepped_ms < now_ms - mark.away_ms)
        step(s, (struct worker_event){ .type = WORKER_ABSENT,
                                       .u.absent = { now_ms, true } });
    else
        probe_begin(&s->probe);
}

static void act(struct worker_shell *s, const struct worker_act *act)
{
    switch (act->type) {
    case WORKER_DO_START:
    case WORKER_DO_STOP:
    case WORKER_DO_TAIL:
    case WORKER_DO_FOLLOW:
    case WORKER_DO_REJOIN:
    case WORKER_DO_UNTAIL:
    case WORKER_DO_KILL:
    case WORKER_DO_READ_PIECE:
    case WORKER_DO_FORGET:
        runs_act(s->runs, act);
        break;
    case WORKER_DO_PROBE:
        act_probe(s);
        break;
    case WORKER_DO_NOTE:
        act_note(s, act);
        break;
    case WORKER_DO_REPLACE:
        act_replace();
    }
}

/* ---- frames ---- */

static void pump(struct worker_shell *s)
{
    struct buf *frame;

    while ((frame = outbox_first(&s->outbox)) != NULL) {
        if (sock_send(s->sock, (conn_id){ 0 }, buf_view(frame)) == ERR_BUSY) {
            alarm_clear(&s->alarms, &s->retry);
            alarm_start(&s->alarms, &s->retry, s->retry_ms, s->retry.fn);
            s->retry_ms *= s->retry_ms < RETRY_MAX_MS ? 2 : 1;
            return;
        }
        outbox_drop_first(&s->outbox);
        s->retry_ms = RETRY_MIN_MS;
    }
}

static void retry_rang(struct alarm *a)
{
    pump(CONTAINER_OF(a, struct worker_shell, retry));
}

/* Say it once. */
static void tell_trouble(struct worker_shell *s)
{
    bool lasts;
    const char *trouble =
        worker_is_connected(s->core) ? NULL : sock_trouble(s->sock, &lasts);

    if (trouble != NULL && trouble != s->trouble)
        log_line(TRACE_WARN, "not-connected", "server=%s reason=%s",
                 sock_endpoint(s->sock), trouble);
    s->trouble = trouble;
}

/* Without a session, only the newest HELLO makes sense. */
static void send_frames(struct worker_shell *s)
{
    if (s->actions.sends.n > 0 && !worker_is_connected(s->core))
        outbox_clear(&s->outbox);
    tell_trouble(s);
    if (s->actions.reconnect)
        sock_reconnect(s->sock);
    outbox_take(&s->outbox, s->actions.sends.at, s->actions.sends.n);
    pump(s);
}

/* ---- steps ---- */

static void wake_rang(struct alarm *a)
{
    step(CONTAINER_OF(a, struct worker_shell, wake),
         (struct worker_event){ .type = WORKER_TICK });
}

static void set_wake(struct worker_shell *s)
{
    int64_t wake = s->actions.wake_ms;

    alarm_clear(&s->alarms, &s->wake);
    if (wake != INT64_MAX)
        alarm_start(&s->alarms, &s->wake, wake - clock_boot_ms(), wake_rang);
}

static void look_for_the_end(struct worker_shell *s)
{
    if (s->actions.refused[0] != '\0')
        leave(s); /* the core's line says why */
    if (s->actions.drained)
        s->done = true;
}

static void step(struct worker_shell *s, struct worker_event e)
{
    e.now_ms = clock_boot_ms();
    e.wall_ms = clock_wall_ms();
    worker_step(s->core, &e, &s->actions);
    log_trace(&s->actions.trace);
    lease_guard_set(s->guard, worker_over_ms(s->core),
                    worker_n_running(s->core) > 0);
    if (s->acting)
        return;
    s->acting = true;
    for (size_t i = 0; i < s->actions.n_acts; i++) {
        struct worker_act copy = s->actions.acts[i]; /* the list may grow */

        /* This process may have been stopped since the step. */
        end_if_over(s);
        act(s, &copy);
    }
    s->acting = false;
    end_if_over(s);
    send_frames(s);
    set_wake(s);
    look_for_the_end(s);
    worker_actions_clear(&s->actions);
}

static void received(void *arg, conn_id from, struct view bytes)
{
    (void)from;
    step(arg, (struct worker_event){ .type = WORKER_MESSAGE,
                                     .u.message.frame = bytes });
}

static void refused(void *arg, int64_t began_ms)
{
    step(arg, (struct worker_event){ .type = WORKER_ABSENT,
                                     .u.absent.began_ms = began_ms });
}

static void signalled(uv_signal_t *handle, int number)
{
    struct worker_shell *s = handle->data;

    if (s->draining) {
        log_line(TRACE_WARN, "stopping", "signal=%d effect=%s", number,
                 "what runs is killed");
        leave(s);
    }
    s->draining = true;
    log_line(TRACE_INFO, "draining", "signal=%d", number);
    step(s, (struct worker_event){ .type = WORKER_DRAIN });
}

/* It is meant for the supervisor: `pkill -HUP yon-worker` sends it to all. */
static void hung_up(uv_signal_t *handle, int number)
{
    (void)handle;
    (void)number;
}

static void run_steps(void *arg, struct worker_event e)
{
    step(arg, e);
}

/* ---- life ---- */

static void take_along(void *arg, const struct outcome *o)
{
    struct worker_shell *s = arg;

    struct outcome whole = *o;
    struct buf lines = { 0 }, packed = { 0 };
    struct body body = { 0 };

    log_line(TRACE_WARN, "process-crashed", "job=%llu error=%.*s",
             (unsigned long long)o->job, TRACE_VIEW(o->message));
    said_note_read(s->inherit->note_fd, o->id, &lines);
    body.out = buf_view(&lines);
    body.out_len = body.out_head = lines.len;
    body_encode(&packed, &body);
    whole.body = buf_view(&packed);
    worker_begin_ended(s->core, &whole);
    buf_fini(&lines);
    buf_fini(&packed);
}

/* Take the notes that the process before this one has left. */
static void inherit(struct worker_shell *s)
{
    char text[CRASH_NOTE_LEN];
    struct outcome o;

    end_note_take(s->inherit->note_fd, take_along, s);
    if (crash_note_take(s->inherit->note_fd, text, &o))
        take_along(s, &o);
    said_note_clear(s->inherit->note_fd);
}

/* Add the names of the functions of one kind, and of a module. */
static uint32_t add_names(struct worker_shell *s, size_t *n,
                          const struct module_file *of, bool cpu)
{
    size_t before = *n;

    for (size_t i = 0; i < s->modules->n; i++) {
        const struct module_function *f = &s->modules->at[i];

        if (f->file == of && f->cpu == cpu)
            s->names[(*n)++] = f->name;
    }
    return (uint32_t)(*n - before);
}

/* The functions of the modules, in their order: calls, then cpu calls. The last
 * entry that can be told stands for all others. */
static void name_functions(struct worker_shell *s, struct worker_config *config)
{
    const struct module_files *files = s->modules->files;
    size_t n = 0;

    config->functions = s->names;
    for (size_t i = 0; i < files->n; i++)
        s->builds[i < MODULES_MAX ? i : MODULES_MAX - 1].n_functions +=
            add_names(s, &n, &files->at[i], false);
    config->n_functions = n;
    config->cpu = s->names + n;
    for (size_t i = 0; i < files->n; i++)
        s->builds[i < MODULES_MAX ? i : MODULES_MAX - 1].n_cpu +=
            add_names(s, &n, &files->at[i], true);
    config->n_cpu = n - config->n_functions;
    ASSERT(n == s->modules->n);
}

static void name_modules(struct worker_shell *s, struct worker_config *config)
{
    const struct module_files *files = s->modules->files;

    config->modules = s->builds;
    config->n_modules = files->n < MODULES_MAX ? files->n : MODULES_MAX;
    for (size_t i = 0; i < config->n_modules; i++) {
        struct view name = view_str(module_file_name(&files->at[i]));

        if (name.len > MODULE_NAME_LEN_MAX)
            name.len = MODULE_NAME_LEN_MAX;
        s->builds[i].file = name;
        s->builds[i].build = view_str(files->at[i].build);
    }
    if (files->n > MODULES_MAX) {
        s->builds[MODULES_MAX - 1].file = view_str("others");
        s->builds[MODULES_MAX - 1].build = view_str("");
    }
}

/* Of the cgroup's memory, half is for the programs; its processes share the
 * rest. */
static struct memory_share share_memory(const struct config *c)
{
    unsigned procs = c->procs > 0 ? c->procs : 1;
    uint64_t stack = c->stack_kb > 0 ? (uint64_t)c->stack_kb << 10
                                     : (uint64_t)STACK_SIZE_DEFAULT;
    struct memory_room room = memory_room_limited(2 * procs);
    struct memory_share share =
        memory_share_of(room.bytes, c->slots, c->calls, stack);

    if (share.slots < c->slots || share.calls < c->calls)
        log_line(TRACE_WARN, "memory-limited",
                 "by=%s slots=%u calls=%u remedy=%s", room.by, share.slots,
                 share.calls, "raise the limit, or ask for fewer");
    return share;
}

static void core_start(struct worker_shell *s)
{
    const struct config *c = s->config;
    struct memory_share share = share_memory(c);
    struct worker_config config = { .name = c->name,
                                    .host = s->host,
                                    .slots = share.slots,
                                    .calls = share.calls,
                                    .ended_bytes_max = share.ended_bytes,
                                    .labels = c->labels,
                                    .n_labels = c->n_labels,
                                    .software = "yon-worker " YON_VERSION,
                                    .grace_ms = c->grace_ms,
                                    .replaceable = s->inherit->note_fd >= 0 };

    name_functions(s, &config);
    name_modules(s, &config);
    if (gethostname(s->host, sizeof s->host - 1) != 0)
        s->host[0] = '\0';
    entropy_get(config.boot.bytes, sizeof config.boot.bytes);
    config.former = lease_guard_begin(s->guard, config.boot);
    config.machine = machine_boot();
    entropy_get(&config.seed, sizeof config.seed);
    s->core = worker_new(&config);
    s->actions.trace.level = log_level();
    log_line(TRACE_INFO, "started",
             "version=%s name=%s slots=%u functions=%zu server=%s", YON_VERSION,
             c->name, share.slots, s->modules->n, c->server);
    inherit(s);
    step(s, (struct worker_event){ .type = WORKER_START });
}

static enum err init(struct worker_shell *s, char *errmsg)
{
    uv_loop_t *uv;

    s->names = xcalloc(s->modules->n + 1, sizeof *s->names);
    s->loop = loop_new();
    if (s->config->stack_kb > 0)
        loop_set_stack(s->loop, (size_t)s->config->stack_kb << 10);
    uv = loop_uv(s->loop);
    alarm_set_init(&s->alarms, uv);
    s->retry.fn = retry_rang;
    s->retry_ms = RETRY_MIN_MS;
    s->probe = (struct probe){
        .loop = uv, .server = s->config->server, .refused = refused, .arg = s
    };
    uv_signal_init(uv, &s->term);
    uv_signal_init(uv, &s->interrupt);
    uv_signal_init(uv, &s->hang_up);
    s->term.data = s->interrupt.data = s;
    return runs_new(&(struct runs_env){ .config = s->config,
                                        .note_fd = s->inherit->note_fd,
                                        .modules = s->modules,
                                        .forkserver = s->forkserver,
                                        .loop = s->loop,
                                        .alarms = &s->alarms,
                                        .step = run_steps,
                                        .arg = s },
                    &s->runs, errmsg);
}

static bool is_done(void *arg)
{
    return ((struct worker_shell *)arg)->done;
}

static void fini(struct worker_shell *s)
{
    probe_forget(&s->probe);
    runs_free(s->runs);
    sock_close(s->sock, GOODBYE_MS);
    uv_close((uv_handle_t *)&s->term, NULL);
    uv_close((uv_handle_t *)&s->interrupt, NULL);
    uv_close((uv_handle_t *)&s->hang_up, NULL);
    alarm_clear(&s->alarms, &s->wake);
    alarm_clear(&s->alarms, &s->retry);
    alarm_set_fini(&s->alarms, NULL);
    loop_free(s->loop);
    context_end();
    outbox_fini(&s->outbox);
    worker_free(s->core);
    free(s->names);
}

int serve(const struct config *config, const struct inherit *inherit,
          const struct modules *modules, struct forkserver *forkserver)
{
    struct worker_shell s = {
        .config = config,
        .inherit = inherit,
        .modules = modules,
        .forkserver = forkserver,
        .guard =
            lease_guard_map(inherit->guard_fd,
                            inherit->kind == INHERIT_LOOP ? inherit->number : 1)
    };
    char errmsg[ERRMSG_LEN];
    enum err err;

    if (s.guard == NULL ||
        (inherit->kind == INHERIT_NOTHING && !lease_guard_watch(s.guard))) {
        log_line(TRACE_ERROR, "cannot-start", "error=%s",
                 "no memory or no thread to guard this process");
        return 1;
    }
    err = init(&s, errmsg);
    if (err == ERR_NONE)
        err = dial(loop_uv(s.loop), config->server, received, &s, &s.sock,
                   errmsg);
    if (err == ERR_NONE) {
        uv_signal_start(&s.term, signalled, SIGTERM);
        uv_signal_start(&s.interrupt, signalled, SIGINT);
        if (inherit->kind == INHERIT_LOOP)
            uv_signal_start(&s.hang_up, hung_up, SIGHUP);
        core_start(&s);
        loop_run_await(s.loop, is_done, &s);
        if (!rest_end_await(s.loop, &s.alarms, grace_ms(config)))
            leave_rest(&s);
        log_line(TRACE_INFO, "drained", NULL);
    } else {
        log_line(TRACE_ERROR, "cannot-start", "error=%s", errmsg);
    }
    fini(&s);
    return err == ERR_NONE ? 0 : 1;
}
