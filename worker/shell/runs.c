/* SPDX-License-Identifier: MIT */
/* runs - the attempts that a worker has started. */
#include "worker/shell/runs.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/body.h"
#include "worker/shell/call/call.h"
#include "worker/shell/call/call_progress.h"
#include "worker/shell/call/idle_monitor.h"
#include "worker/shell/call_lines.h"
#include "worker/shell/cpu/cpu.h"
#include "worker/shell/exec/command.h"
#include "worker/shell/exec/process.h"
#include "worker/shell/life/said_note.h"

struct runs {
    struct runs_env env;
    struct command_env commands;
    struct call_env calls;
    struct cpu_plan cpu_plan;
    struct cpu_pool *cpus;
    struct call_progress_set progress;
    struct said_note said;
    struct list all;     /* struct running */
    struct list spooled; /* struct spooled_run */
};

/* Large outputs of a command that has ended. */
struct spooled_run {
    struct list place;
    struct attempt_key id;
    struct spool spools[SHIPMENT_STREAMS];
};

/* An attempt that runs. Exactly one of command, call and cpu is set. */
struct running {
    struct list place;
    struct runs *runs;
    struct attempt_key id;
    struct command *command;
    yon_job *call;
    struct cpu_call *cpu;
    struct idle_monitor idle; /* runs when there is an idle limit */
    struct call_progress progress;
    struct call_lines lines; /* of a call */
};

static void step(struct runs *rs, struct worker_event e)
{
    rs->env.step(rs->env.arg, e);
}

/* ---- one of them ---- */

static struct running *run_find(const struct runs *rs, struct attempt_key id)
{
    LIST_EACH (it, save, &rs->all) {
        struct running *r = LIST_ENTRY(it, struct running, place);

        if (attempt_key_equal(r->id, id))
            return r;
    }
    return NULL;
}

static void run_over(struct running *r, const struct outcome *outcome,
                     const struct spooled *spooled)
{
    struct runs *rs = r->runs;
    struct outcome named = *outcome;

    named.id = r->id;
    idle_monitor_stop(&r->idle);
    list_remove(&r->place);
    call_progress_fini(&r->progress);
    call_lines_fini(&r->lines);
    free(r);
    step(rs, (struct worker_event){ .type = WORKER_ENDED,
                                    .u.ended = { &named, spooled } });
}

static void run_ended(void *arg, const struct outcome *outcome)
{
    run_over(arg, outcome, NULL);
}

static void run_not_started(struct running *r, const char *reason, int64_t code,
                            const char *message)
{
    struct outcome o = { .state = STATE_FAILED,
                         .reason = view_str(reason),
                         .message = view_str(message),
                         .code = code };

    run_ended(r, &o);
}

/* There is a shortage, which is not the fault of the job. */
static void run_delayed(struct running *r, const char *message)
{
    struct outcome o = { .state = STATE_HANDED_BACK,
                         .message = view_str(message) };

    run_ended(r, &o);
}

/* A call: what it has printed goes with its result. */
static void run_returned(void *arg, const struct outcome *outcome)
{
    struct running *r = arg;
    struct outcome whole = *outcome;
    struct buf lines = { 0 }, packed = { 0 };
    struct body body;

    if (r->lines.kept.len == 0) {
        run_ended(r, outcome);
        return;
    }
    (void)body_decode(outcome->body, &body, NULL);
    call_lines_fill(&r->lines, &body, &lines);
    body_encode(&packed, &body);
    whole.body = buf_view(&packed);
    run_ended(r, &whole);
    buf_fini(&lines);
    buf_fini(&packed);
}

static void run_said(void *arg, struct view lines)
{
    struct running *r = arg;

    call_lines_add(&r->lines, lines);
    if (r->cpu == NULL)
        said_note_add(&r->runs->said, r->id, lines);
}

static void run_advanced(void *arg, const struct advance *a)
{
    struct running *r = arg;

    call_progress_note(&r->progress, a);
}

static void run_tailed(void *arg, uint64_t tail, uint64_t offset,
                       struct view bytes, bool ended)
{
    struct running *r = arg;

    step(r->runs,
         (struct worker_event){ .type = WORKER_TAIL,
                                .u.tail = { tail, offset, bytes, ended } });
}

/* The process in which it runs. */
static void run_began(void *arg, pid_t pid)
{
    struct running *r = arg;

    call_progress_note_pid(&r->progress, (uint32_t)pid);
}

/* ---- large outputs ---- */

static struct spooled_run *spooled_find(const struct runs *rs,
                                        struct attempt_key id)
{
    LIST_EACH (it, save, &rs->spooled) {
        struct spooled_run *s = LIST_ENTRY(it, struct spooled_run, place);

        if (attempt_key_equal(s->id, id))
            return s;
    }
    return NULL;
}

static void spooled_free(struct spooled_run *s)
{
    for (size_t i = 0; i < SHIPMENT_STREAMS; i++)
        spool_close(&s->spools[i]);
    list_remove(&s->place);
    free(s);
}

/* Until the core says that they can be forgotten. */
static void spooled_keep(struct runs *rs, struct attempt_key id,
                         struct spool spools[SHIPMENT_STREAMS])
{
    struct spooled_run *s = xcalloc(1, sizeof *s);

    s->id = id;
    for (size_t i = 0; i < SHIPMENT_STREAMS; i++) {
        s->spools[i] = spools[i];
        spools[i].fd = -1; /* owned by the list */
    }
    list_init(&s->place);
    list_insert(&rs->spooled, &s->place);
}

static void command_ended(void *arg, const struct outcome *outcome,
                          struct spool spools[SHIPMENT_STREAMS],
                          const uint64_t taken[SHIPMENT_STREAMS])
{
    struct running *r = arg;
    struct spooled spooled[SHIPMENT_STREAMS];
    bool any = false;

    for (size_t i = 0; i < SHIPMENT_STREAMS; i++) {
        spooled[i] =
            (struct spooled){ spools[i].from, spools[i].end, taken[i] };
        any |= spools[i].from < spools[i].end;
    }
    if (any)
        spooled_keep(r->runs, r->id, spools);
    run_over(r, outcome, any ? spooled : NULL);
}

static void act_read_piece(struct runs *rs, const struct worker_act *act)
{
    const struct spooled_run *s = spooled_find(rs, act->id);
    struct worker_event e = { .type = WORKER_PIECE };
    struct piece *piece = &e.u.piece.piece;
    struct buf packed = { 0 };

    e.u.piece.id = act->id;
    *piece = (struct piece){ .stream = act->u.piece.stream,
                             .offset = act->u.piece.offset,
                             .len = act->u.piece.len,
                             .packing = PACKING_ZSTD };
    if (s != NULL && spool_pack(&s->spools[piece->stream == STREAM_ERR],
                                piece->offset, piece->len, &packed))
        piece->bytes = buf_view(&packed);
    step(rs, e);
    buf_fini(&packed);
}

static void act_forget(struct runs *rs, const struct worker_act *act)
{
    struct spooled_run *s = spooled_find(rs, act->id);

    if (s != NULL)
        spooled_free(s);
}

static const struct command_events command_events = { .started = run_began,
                                                      .ended = command_ended,
                                                      .tail = run_tailed };

static bool start_command(struct running *r, const struct assignment *what)
{
    char errmsg[ERRMSG_LEN];
    enum err err = command_start(&r->runs->commands, what, &command_events, r,
                                 &r->command, errmsg);

    if (err == ERR_BUSY)
        run_delayed(r, errmsg);
    else if (err != ERR_NONE)
        run_not_started(r, "start", PROCESS_CODE_CANNOT, errmsg);
    return err == ERR_NONE;
}

static bool start_call(struct running *r, const struct assignment *what)
{
    struct runs *rs = r->runs;
    const struct module_function *fn = NULL;
    char errmsg[ERRMSG_LEN];
    enum err err = modules_get(rs->env.modules, what->fn, &fn, errmsg);
    struct outcome o;

    if (err == ERR_NONE && fn->cpu)
        err = cpu_start(rs->cpus, what, run_returned, r, &r->cpu, errmsg);
    else if (err == ERR_NONE)
        err = call_start(&rs->calls, fn->fn, what, run_returned, r, &r->call,
                         errmsg);
    if (err == ERR_NONE) {
        run_began(r, r->cpu != NULL ? cpu_pid(r->cpu) : getpid());
        return true;
    }
    o = call_not_started(err, errmsg);
    run_ended(r, &o);
    return false;
}

static uint64_t run_count(void *arg)
{
    const struct running *r = arg;

    if (r->command != NULL)
        return command_n_written(r->command);
    return r->progress.n_notes + (r->call != NULL ? call_n_runs(r->call) : 0);
}

static void run_beats(void *arg)
{
    struct running *r = arg;

    step(r->runs,
         (struct worker_event){ .type = WORKER_SIGN, .u.sign.id = r->id });
}

/* False: it was not started, and is gone. */
static bool run_start(struct running *r, uint8_t kind,
                      const struct assignment *what)
{
    if (!(kind == KIND_CALL ? start_call(r, what) : start_command(r, what)))
        return false;
    ASSERT((r->command != NULL) + (r->call != NULL) + (r->cpu != NULL) == 1);
    return true;
}

/* ---- acts ---- */

static void act_start(struct runs *rs, const struct worker_act *act)
{
    struct running *r = xcalloc(1, sizeof *r);
    struct assignment what = { .id = act->id,
                               .tries = act->u.start.tries,
                               .array = act->u.start.array,
                               .follow = act->u.start.follow,
                               .fn = blob_view(act->u.start.fn),
                               .spec = blob_view(act->u.start.spec),
                               .item = blob_view(act->u.start.item),
                               .number = blob_view(act->u.start.number),
                               .server = rs->env.config->server };

    r->runs = rs;
    r->id = act->id;
    r->progress = (struct call_progress){ .set = &rs->progress, .id = act->id };
    call_lines_init(&r->lines, rs->env.alarms, run_tailed, r);
    list_init(&r->place);
    list_insert(&rs->all, &r->place);
    if (!run_start(r, act->u.start.kind, &what) || act->u.start.idle_ms == 0)
        return;
    r->idle.count = run_count;
    r->idle.beat = run_beats;
    r->idle.arg = r;
    idle_monitor_start(&r->idle, rs->env.alarms, act->u.start.idle_ms);
}

static void act_stop(struct runs *rs, const struct worker_act *act)
{
    struct running *r = run_find(rs, act->id);
    struct view reason = blob_view(act->u.stop.reason);

    if (r == NULL)
        return; /* it has ended, and the core will be told */
    if (r->command != NULL)
        command_stop(r->command, reason);
    else if (r->cpu != NULL)
        cpu_stop(r->cpu, reason);
    else
        call_stop(r->call, reason);
}

static void act_tail(struct runs *rs, const struct worker_act *act)
{
    struct running *r = run_find(rs, act->id);
    struct tail_wait query = { .tail = act->u.tail.tail,
                               .offset = act->u.tail.offset,
                               .max = act->u.tail.max };

    if (r != NULL && r->command != NULL)
        command_keep(r->command, act->u.tail.stream, act->u.tail.keep);
    if (r != NULL && r->command != NULL)
        command_tail(r->command, act->u.tail.stream, act->u.tail.tail,
                     act->u.tail.offset, act->u.tail.max);
    else if (r != NULL && act->u.tail.stream == STREAM_OUT)
        call_lines_tail(&r->lines, &query);
    else /* calls have no stderr */
        step(rs, (struct worker_event){
                     .type = WORKER_TAIL,
                     .u.tail = {
                         act->u.tail.tail, act->u.tail.offset, { 0 }, true } });
}

static void act_follow(struct runs *rs, const struct worker_act *act)
{
    struct running *r = run_find(rs, act->id);

    if (r != NULL && r->command != NULL)
        command_follow(r->command, act->u.follow.streams, act->u.follow.keep);
}

static void act_rejoin(struct runs *rs, const struct worker_act *act)
{
    struct running *r = run_find(rs, act->id);

    if (r != NULL && r->command != NULL)
        command_rejoin(r->command);
}

static void act_untail(struct runs *rs)
{
    LIST_EACH (it, save, &rs->all) {
        struct running *r = LIST_ENTRY(it, struct running, place);

        if (r->command != NULL)
            command_untail(r->command);
        else
            call_lines_untail(&r->lines);
    }
}

static void act_kill(struct runs *rs, const struct worker_act *act)
{
    struct running *r = run_find(rs, act->id);

    if (r != NULL && r->command != NULL)
        command_kill(r->command);
    else if (r != NULL && r->cpu != NULL)
        cpu_kill(r->cpu);
    else if (r != NULL && r->call != NULL && !call_kill(r->call))
        step(rs, (struct worker_event){ .type = WORKER_STUCK,
                                        .u.stuck.id = act->id });
}

void runs_act(struct runs *rs, const struct worker_act *act)
{
    switch (act->type) {
    case WORKER_DO_START:
        act_start(rs, act);
        break;
    case WORKER_DO_STOP:
        act_stop(rs, act);
        break;
    case WORKER_DO_TAIL:
        act_tail(rs, act);
        break;
    case WORKER_DO_FOLLOW:
        act_follow(rs, act);
        break;
    case WORKER_DO_REJOIN:
        act_rejoin(rs, act);
        break;
    case WORKER_DO_UNTAIL:
        act_untail(rs);
        break;
    case WORKER_DO_KILL:
        act_kill(rs, act);
        break;
    case WORKER_DO_READ_PIECE:
        act_read_piece(rs, act);
        break;
    case WORKER_DO_FORGET:
        act_forget(rs, act);
        break;
    default:
        UNREACHABLE("no act on attempts");
    }
}

/* ---- all of them ---- */

static void loop_was_held(void *arg, int64_t ms)
{
    step(arg, (struct worker_event){ .type = WORKER_HOLD, .u.hold.ms = ms });
}

static void tell_progress(void *arg, const struct advances *advances)
{
    step(arg, (struct worker_event){ .type = WORKER_ADVANCED,
                                     .u.advanced.advances = *advances });
}

enum err runs_new(const struct runs_env *env, struct runs **out, char *errmsg)
{
    const struct config *config = env->config;
    uv_loop_t *uv = loop_uv(env->loop);
    struct processes *processes = NULL;
    enum err err = processes_new(uv, env->forkserver, &processes, errmsg);
    struct runs *rs;

    if (err != ERR_NONE)
        return err;
    rs = xcalloc(1, sizeof *rs);
    rs->env = *env;
    list_init(&rs->all);
    list_init(&rs->spooled);
    rs->commands = (struct command_env){ .loop = uv,
                                         .alarms = env->alarms,
                                         .processes = processes,
                                         .output_max = config->output_max,
                                         .spool_dir = config->spool };
    rs->said.fd = env->note_fd;
    call_env_init(&rs->calls, env->loop, config->server, config->slow_ms);
    rs->calls.held = loop_was_held;
    rs->calls.held_arg = rs;
    rs->calls.advanced = run_advanced;
    rs->calls.said = run_said;
    rs->cpu_plan = (struct cpu_plan){ .argv = config->argv,
                                      .modules = env->modules->files,
                                      .advanced = run_advanced,
                                      .said = run_said };
    rs->cpus = cpu_pool_new(uv, env->alarms, &rs->cpu_plan);
    call_progress_set_init(&rs->progress, env->alarms, tell_progress, rs);
    *out = rs;
    return ERR_NONE;
}

void runs_free(struct runs *rs)
{
    if (rs == NULL)
        return;
    ASSERT(list_is_empty(&rs->all));
    LIST_EACH (it, save, &rs->spooled)
        spooled_free(LIST_ENTRY(it, struct spooled_run, place));
    call_env_fini(&rs->calls);
    cpu_pool_free(rs->cpus);
    call_progress_set_fini(&rs->progress);
    processes_free(rs->commands.processes);
    free(rs);
}
