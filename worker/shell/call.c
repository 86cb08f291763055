/* SPDX-License-Identifier: MIT */
/* call - a job that is a function of a module. */
#include "call.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bounds.h"
#include "check.h"
#include "clock.h"
#include "mem.h"
#include "render.h"
#include "scan.h"
#include "spec.h"
#include "value.h"

struct yon_job {
    struct call_env *env;
    struct held held;
    bool array;
    char attempt[48]; /* "EPOCH.N" */
    char label[48];   /* "job 42.7" */
    char *name;       /* of the function */
    yon_job_fn *fn;
    struct buf args;
    struct value_arena arena; /* strings that yon_args gave */
    struct buf result;        /* empty: nil */
    bool too_large;           /* yon_return was given more than is allowed */
    char *text;               /* for people; NULL: none */
    int text_code;            /* what was to be returned with it */
    struct coro *co;
    struct list place;  /* in env->jobs */
    int64_t started_ms; /* clock_boot_ms */
    int64_t held_ms;    /* the longest time that it held the loop ... */
    char *held_where;   /* ... and its stack then; 0, NULL: never long */
    bool stopped;
    struct blob *reason;
    call_ended_fn *ended;
    void *arg;
};

/* Not one that is younger: it may lie where the one that is meant has lain. */
static yon_job *find_stalled(const struct call_env *env,
                             const struct stall *stall)
{
    LIST_EACH (it, save, &env->jobs) {
        yon_job *job = LIST_ENTRY(it, yon_job, place);

        if (job == stall->coroutine && job->started_ms <= stall->since_ms)
            return job;
    }
    return NULL;
}

static void stalled(void *arg, const struct stall *stall)
{
    yon_job *job = find_stalled(arg, stall);
    int64_t held_ms = clock_boot_ms() - stall->since_ms;

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

void call_env_fini(struct call_env *env)
{
    stalls_stop(env->stalls);
    env->stalls = NULL;
    yon_close(env->client);
    env->client = NULL;
}

static void job_free(yon_job *job)
{
    list_remove(&job->place);
    buf_fini(&job->args);
    buf_fini(&job->result);
    value_arena_fini(&job->arena);
    blob_unref(job->reason);
    free(job->held_where);
    free(job->text);
    free(job->name);
    free(job);
}

/* ---- the end ---- */

/* What is said of a code: the text that was set with it, else its own. */
static struct view text_of(const yon_job *job, int code, char own[64])
{
    if (job->text != NULL && job->text_code == code)
        return view_str(job->text);
    if (code <= 0)
        return view_str(yon_strerror(code));
    snprintf(own, 64, "the function returned %d, which is no code", code);
    return view_str(own);
}

static void add_stall(const yon_job *job, struct outcome *o)
{
    struct view where = view_str(job->held_where);

    if (where.len > TEXT_LEN_MAX)
        where.len = TEXT_LEN_MAX;
    o->held_ms =
        job->held_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)job->held_ms;
    o->held_where = where;
}

static void report(yon_job *job, int code)
{
    static const uint8_t nil = 0xc0;
    struct outcome o = { .state = STATE_FAILED, .code = code };
    char own[64];

    if (job->too_large && (code == 0 || code == YON_ELIMIT)) {
        o.reason = view_str("limit");
        o.message = view_str("the result is larger than 1 MiB");
    } else if (code == 0) {
        o.state = STATE_DONE;
        o.result =
            job->result.len > 0 ? buf_view(&job->result) : view_of(&nil, 1);
    } else if (job->stopped) {
        o.state = STATE_CANCELLED;
        o.reason = view_str("cancelled");
        o.message = blob_view(job->reason);
    } else {
        o.reason = view_str("error");
        o.message = text_of(job, code, own);
    }
    add_stall(job, &o);
    job->ended(job->arg, &o);
}

static void coroutine_ended(void *arg, int code)
{
    yon_job *job = arg;

    stalls_tell(job->env->stalls);
    report(job, code);
    job_free(job);
}

/* ---- the start ---- */

static enum err make_args(yon_job *job, const struct assignment *from,
                          char *errmsg)
{
    struct render with = { .item = from->item,
                           .elem = from->held.elem,
                           .len_max = 2 * SPEC_LEN_MAX };
    enum err err = scan_one(from->spec, VALUE_DEPTH_MAX);

    if (err != ERR_NONE)
        return err_set(errmsg, err, "the arguments are no msgpack value: %s",
                       err_text(err));
    if (from->array)
        err = render_value(&job->args, from->spec, &with);
    else
        buf_add_view(&job->args, from->spec);
    if (err != ERR_NONE)
        return err_set(errmsg, err, "the arguments are longer than %u bytes",
                       2 * SPEC_LEN_MAX);
    return ERR_NONE;
}

static int run(void *arg)
{
    yon_job *job = arg;

    return job->fn(job);
}

static yon_job *job_new(struct call_env *env, yon_job_fn *fn,
                        const struct assignment *from)
{
    yon_job *job = xcalloc(1, sizeof *job);

    job->env = env;
    job->fn = fn;
    job->held = from->held;
    job->array = from->array;
    snprintf(job->attempt, sizeof job->attempt, "%" PRIu64 ".%" PRIu64,
             from->held.epoch, from->held.attempt);
    snprintf(job->label, sizeof job->label,
             from->array ? "job %" PRIu64 ".%" PRIu32 : "job %" PRIu64,
             from->held.job, from->held.elem);
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
    yon_job *job = job_new(env, fn, from);
    enum err err = make_args(job, from, errmsg);

    job->ended = ended;
    job->arg = arg;
    if (err != ERR_NONE)
        goto out;
    err = loop_spawn(env->loop, job->name, run, coroutine_ended, job, &job->co);
    if (err != ERR_NONE) {
        err_set(errmsg, err,
                "no stack for another coroutine: the limit of maps or of "
                "memory of this worker is reached");
        goto out;
    }
    coro_label(job->co, job->label);
    *out = job;
    job = NULL; /* frees itself when its coroutine has ended */
out:
    if (job != NULL)
        job_free(job);
    return err;
}

void call_stop(yon_job *job, struct view reason)
{
    if (job->stopped)
        return;
    job->stopped = true;
    job->reason = blob_new(reason);
    coro_cancel(job->co);
}

/* ---- public: <yon/job.h> ---- */

static int set_text(yon_job *job, int code, const char *text)
{
    free(job->text);
    job->text = xstrdup(text);
    job->text_code = code;
    return code;
}

int yon_args(yon_job *job, const char *format, ...)
{
    char errmsg[ERRMSG_LEN] = "";
    va_list args;
    enum err err;

    va_start(args, format);
    err = value_unpack(&job->arena, buf_view(&job->args), format, args, errmsg);
    va_end(args);
    return err == ERR_NONE ? 0 : set_text(job, -(int)err, errmsg);
}

const void *yon_args_raw(const yon_job *job, size_t *len)
{
    *len = job->args.len;
    return job->args.data;
}

/* Take the packed value over. */
static int set_result(yon_job *job, struct buf *value)
{
    job->too_large = value->len > RESULT_LEN_MAX;
    buf_fini(&job->result);
    job->result = *value;
    *value = (struct buf){ 0 }; /* owned by the job */
    return job->too_large ? YON_ELIMIT : 0;
}

int yon_return(yon_job *job, const char *format, ...)
{
    char errmsg[ERRMSG_LEN] = "";
    struct buf value = { 0 };
    va_list args;
    enum err err;

    va_start(args, format);
    err = value_pack(&value, format, args, errmsg);
    va_end(args);
    if (err == ERR_NONE)
        return set_result(job, &value);
    buf_fini(&value);
    err_wrap(errmsg, err, "yon_return");
    return set_text(job, -(int)err, errmsg);
}

int yon_return_raw(yon_job *job, const void *bytes, size_t len)
{
    struct view v = view_of(bytes, len);
    struct buf value = { 0 };
    enum err err = scan_one(v, VALUE_DEPTH_MAX);

    if (err != ERR_NONE)
        return set_text(job, -(int)err,
                        "yon_return_raw: the bytes are no msgpack value");
    buf_add_view(&value, v);
    return set_result(job, &value);
}

int yon_fail(yon_job *job, const char *format, ...)
{
    char text[TEXT_LEN_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return set_text(job, YON_EFAILED, text);
}

uint64_t yon_job_id(const yon_job *job)
{
    return job->held.job;
}

uint32_t yon_job_elem(const yon_job *job)
{
    return job->array ? job->held.elem : 0;
}

const char *yon_job_attempt(const yon_job *job)
{
    return job->attempt;
}

yon_client *yon_job_client(yon_job *job)
{
    struct call_env *env = job->env;

    if (env->client == NULL) {
        int code = yon_connect(env->server, &env->client);

        ASSERT(code == 0); /* the worker itself is connected to it */
    }
    return env->client;
}
