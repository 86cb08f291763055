/* SPDX-License-Identifier: MIT */
/* call - a job that is a function of a module: a coroutine of the loop. */
#include "worker/shell/call/call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/lib/handle.h"
#include "client/lib/job_context.h"
#include "client/lib/local.h"
#include "libcommon/check.h"
#include "libcommon/duration.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/clock.h"
#include "libcommon/rt/os/log.h"
#include "proto/bounds.h"
#include "proto/render.h"
#include "proto/scan.h"
#include "proto/spec.h"
#include "worker/shell/call/call_output.h"

struct call {
    yon_job base; /* first: the coroutine's argument is either */
    struct call_env *env;
    struct attempt_key id;
    char label[64];     /* "job 42.7" */
    char *name;         /* of the function */
    struct coro *co;    /* NULL: it has ended */
    struct list place;  /* in env->jobs */
    int64_t started_ms; /* clock_boot_ms */
    int64_t held_ms;    /* its longest stall; 0: none */
    char *held_where;   /* its stack then */
    bool stopped;
    struct blob *reason;
    call_ended_fn *ended;
    void *arg;
};

static struct call *call_of(yon_job *job)
{
    return CONTAINER_OF(job, struct call, base);
}

/* The worker itself is connected, so the machine lacks descriptors, threads or
 * memory. All that is asked of this client fails, and says so. */
static yon_client *no_client(struct call_env *env, int code, const char *label)
{
    yon_client *c = env->no_client;

    if (c == NULL && local_open(env->loop, &c) != ERR_NONE)
        UNREACHABLE("a call has a loop");
    env->no_client = c;
    c->broken = err_set(c->errmsg, (enum err) - code,
                        "no connection to the coordinator: %s", yon_why(code));
    log_line(TRACE_ERROR, "failed", "call=%s error=%s", label, c->errmsg);
    return c;
}

static yon_client *client_of(yon_job *job)
{
    struct call_env *env = call_of(job)->env;
    yon_client *c;
    int code = 0;

    if (env->client == NULL)
        code = yon_connect(env->server, &env->client);
    c = code == 0 ? env->client : no_client(env, code, call_of(job)->label);
    c->is_lent = true;
    return c;
}

static void advanced(yon_job *job, const struct advance *a)
{
    struct call *call = call_of(job);

    if (call->env->advanced != NULL)
        call->env->advanced(call->arg, a);
}

/* ---- what it prints ---- */

/* As it is read later: when, which job, what. */
static void add_line(struct buf *out, const struct call *job, const char *mark,
                     struct view line)
{
    duration_add_rfc3339(out, clock_wall_ms());
    buf_addf(out, " %s %s", job->label + strlen("job "), mark);
    buf_add_view(out, line);
    buf_addf(out, "\n");
}

static void say(const struct call *job, const char *mark, struct view text)
{
    struct buf out = { 0 };

    while (text.len > 0)
        add_line(&out, job, mark, view_line(&text));
    if (out.len > 0)
        job->env->said(job->arg, buf_view(&out));
    buf_fini(&out);
}

void call_heard(const char *label, struct view lines)
{
    const struct call *job = CONTAINER_OF(label, const struct call, label[0]);

    if (job->env->said != NULL)
        say(job, "", lines);
}

static void logged(yon_job *job, enum yon_log_level level, const char *text)
{
    static const char *const marks[] = { [YON_LOG_ERROR] = "error: ",
                                         [YON_LOG_WARN] = "warn: ",
                                         [YON_LOG_INFO] = "",
                                         [YON_LOG_DEBUG] = "debug: " };

    if (call_of(job)->env->said != NULL)
        say(call_of(job), marks[level], view_str(text));
}

/* ---- the loop is held ---- */

/* A younger call is not meant: it may lie where the stalled one has lain. */
static struct call *find_stalled(const struct call_env *env,
                                 const struct stall *stall)
{
    LIST_EACH (it, save, &env->jobs) {
        struct call *job = LIST_ENTRY(it, struct call, place);

        if (job == stall->coroutine && job->started_ms <= stall->since_ms)
            return job;
    }
    return NULL;
}

static void stalled(void *arg, const struct stall *stall)
{
    struct call_env *env = arg;
    struct call *job = find_stalled(env, stall);
    int64_t held_ms = clock_boot_ms() - stall->since_ms;

    if (env->held != NULL)
        env->held(env->held_arg, held_ms);
    if (job == NULL || held_ms <= job->held_ms)
        return;
    free(job->held_where);
    job->held_where = xstrdup(stall->where);
    job->held_ms = held_ms;
}

void call_env_init(struct call_env *env, struct loop *loop, const char *server,
                   int64_t slow_ms)
{
    *env = (struct call_env){ .loop = loop, .server = server };
    list_init(&env->jobs);
    env->stalls = stalls_start(loop, slow_ms, stalled, env);
}

static void close_lent(yon_client *c)
{
    if (c != NULL)
        c->is_lent = false;
    yon_close(c);
}

void call_env_fini(struct call_env *env)
{
    ASSERT(list_is_empty(&env->jobs));
    stalls_stop(env->stalls);
    env->stalls = NULL;
    close_lent(env->client);
    close_lent(env->no_client);
    env->client = env->no_client = NULL;
}

static void job_free(struct call *job)
{
    list_remove(&job->place);
    job_fini(&job->base);
    blob_unref(job->reason);
    free(job->held_where);
    free(job->name);
    free(job);
}

/* ---- the end ---- */

static void add_stall(const struct call *job, struct outcome *o)
{
    struct view where = view_str(job->held_where);

    if (where.len > TEXT_LEN_MAX)
        where.len = TEXT_LEN_MAX;
    o->held_ms =
        job->held_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)job->held_ms;
    o->held_where = where;
}

static void report(struct call *job, int code)
{
    struct view reason = blob_view(job->reason);
    char own[JOB_OWN_LEN];
    struct outcome o;

    job_report(&job->base, code, job->stopped ? &reason : NULL, &o, own);
    add_stall(job, &o);
    job->ended(job->arg, &o);
}

static void coroutine_ended(void *arg, int code)
{
    struct call *job = arg;

    ASSERT(job->co != NULL);
    job->co = NULL;
    call_output_finish(job->label);
    stalls_tell(job->env->stalls); /* while it is there to be named */
    report(job, code);
    job_free(job);
}

/* ---- the start ---- */

static enum err make_args(struct call *job, const struct assignment *from,
                          char *errmsg)
{
    char number[ASSIGNMENT_NUMBER_LEN];
    struct render with = { .item = from->item,
                           .number = assignment_number(from, number),
                           .len_max = 2 * SPEC_LEN_MAX };
    enum err err = scan_one(from->spec, VALUE_DEPTH_MAX);

    if (err != ERR_NONE)
        return err_set(errmsg, err, "the arguments are no msgpack value: %s",
                       err_text(err));
    if (!from->array) {
        buf_add_view(&job->base.args, from->spec);
        return ERR_NONE;
    }
    err = render_value(&job->base.args, from->spec, &with, errmsg);
    if (err == ERR_LIMIT)
        return err_set(errmsg, err, "the arguments are longer than %u bytes",
                       2 * SPEC_LEN_MAX);
    if (err != ERR_NONE)
        return err_wrap(errmsg, err, "the item is no JSON value");
    if (scan_one(buf_view(&job->base.args), VALUE_DEPTH_MAX) != ERR_NONE)
        return err_set(errmsg, ERR_RANGE,
                       "the arguments are nested deeper than %d, with the item",
                       VALUE_DEPTH_MAX);
    return ERR_NONE;
}

static int run(void *arg)
{
    struct call *job = arg;

    return job_run(&job->base);
}

static struct call *job_new(struct call_env *env, yon_job_fn *fn,
                            const struct assignment *from)
{
    char number[ASSIGNMENT_NUMBER_LEN];
    struct call *job = xcalloc(1, sizeof *job);

    assignment_number(from, number);
    job->env = env;
    job->id = from->id;
    job->base.id = from->id.job;
    job->base.elem = from->array ? from->id.elem : 0;
    job->base.tries = from->tries;
    job->base.fn = fn;
    job->base.client = client_of;
    job->base.advance = advanced;
    job->base.logged = logged;
    snprintf(job->base.attempt, sizeof job->base.attempt,
             "%" PRIu64 ".%" PRIu64, from->id.epoch, from->id.attempt);
    snprintf(job->label, sizeof job->label,
             from->array ? "job %" PRIu64 ".%s" : "job %" PRIu64, from->id.job,
             number);
    job->name = xmemdup0(from->fn.data, from->fn.len);
    job->started_ms = clock_boot_ms();
    list_init(&job->place);
    list_insert(&env->jobs, &job->place);
    return job;
}

enum err call_start(struct call_env *env, yon_job_fn *fn,
                    const struct assignment *from, call_ended_fn *ended,
                    void *arg, yon_job **out, char *errmsg)
{
    struct call *job = job_new(env, fn, from);
    enum err err = make_args(job, from, errmsg);

    job->ended = ended;
    job->arg = arg;
    if (err != ERR_NONE)
        goto out;
    err = loop_spawn(env->loop, job->name, run, coroutine_ended, job, &job->co);
    if (err != ERR_NONE) {
        err = err_set(errmsg, ERR_BUSY,
                      "no stack for another coroutine: the limit of maps or of "
                      "memory of this worker is reached");
        goto out;
    }
    coro_label(job->co, job->label);
    *out = &job->base;
    job = NULL; /* frees itself when its coroutine has ended */
out:
    if (job != NULL)
        job_free(job);
    return err;
}

struct outcome call_not_started(enum err err, const char *errmsg)
{
    const char *reason = "start";

    if (err == ERR_BUSY)
        return (struct outcome){ .state = STATE_HANDED_BACK,
                                 .message = view_str(errmsg) };
    if (err == ERR_ABSENT)
        reason = "function";
    else if (err == ERR_LIMIT)
        reason = "limit";
    return (struct outcome){ .state = STATE_FAILED,
                             .reason = view_str(reason),
                             .message = view_str(errmsg),
                             .code = -(int)err };
}

void call_stop(yon_job *base, struct view reason)
{
    struct call *job = call_of(base);

    if (job->stopped || job->co == NULL)
        return;
    job->stopped = true;
    job->reason = blob_new(reason);
    coro_cancel(job->co);
}

bool call_kill(yon_job *base)
{
    struct call *job = call_of(base);
    struct view reason = blob_view(job->reason);
    char own[JOB_OWN_LEN];
    struct outcome o;

    ASSERT(job->stopped && job->co != NULL);
    if (!coro_abandon(job->co))
        return false;
    job->co = NULL;
    list_remove(&job->place);
    call_output_finish(job->label);
    job_report(base, -(int)ERR_CANCELLED, &reason, &o, own);
    o.ended_by = ENDED_BY_KILL;
    add_stall(job, &o);
    job->ended(job->arg, &o); /* the struct stays: its stack points to it */
    return true;
}

uint64_t call_n_runs(const yon_job *job)
{
    return coro_n_runs(CONTAINER_OF(job, const struct call, base)->co);
}

struct attempt_key call_id(const yon_job *job)
{
    return CONTAINER_OF(job, const struct call, base)->id;
}

int64_t call_started_ms(const yon_job *job)
{
    return CONTAINER_OF(job, const struct call, base)->started_ms;
}
