/* SPDX-License-Identifier: MIT */
#include "client/cli/jobdoc.h"

#include <stdio.h>

#include "client/cli/json.h"
#include "client/cli/outcomes.h"
#include "client/cli/policydoc.h"
#include "client/cli/progress.h"
#include "libcommon/check.h"
#include "proto/spec.h"

static json_t *uid_json(const struct jobinfo *info)
{
    const uint8_t *k = info->key.bytes;

    return json_sprintf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                        "%02x%02x%02x%02x%02x%02x",
                        k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7], k[8],
                        k[9], k[10], k[11], k[12], k[13], k[14], k[15]);
}

static json_t *counts_json(const struct counts *n)
{
    uint32_t waiting = n->n - n->running - n->retrying - progress_n_ended(n);

    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "n", (json_int_t)n->n,
        "waiting", (json_int_t)waiting, "running", (json_int_t)n->running,
        "retrying", (json_int_t)n->retrying, "done", (json_int_t)n->done,
        "failed", (json_int_t)n->failed, "cancelled", (json_int_t)n->cancelled,
        "expired", (json_int_t)n->expired, "lost", (json_int_t)n->lost);
}

static json_t *last_failure_json(const struct jobinfo *info)
{
    char ref[REF_TEXT_LEN];

    if (info->elem_failed == 0)
        return json_null();
    return json_pack("{s:s, s:o}", "id",
                     task_text(info->job, info->array, info->elem_failed, ref),
                     "message", json_text_or_null(info->failed_why));
}

static void add(json_t *doc, const char *key, json_t *value)
{
    json_object_set_new(doc, key, value);
}

static json_t *ended_by_json(const struct outcome *o)
{
    static const char *const names[] = { [ENDED_BY_ITSELF] = "itself",
                                         [ENDED_BY_ASKING] = "asking",
                                         [ENDED_BY_KILL] = "kill" };

    if (o == NULL || o->attempt == 0 || o->ended_by >= ARRAY_LEN(names))
        return json_null();
    return json_string(names[o->ended_by]);
}

static void add_outcome(json_t *doc, const struct outcome *o)
{
    add(doc, "attempt", o != NULL ? outcome_attempt_json(o) : json_null());
    add(doc, "worker", o != NULL ? json_text_or_null(o->worker) : json_null());
    add(doc, "exit", o != NULL ? outcome_exit_json(o) : json_null());
    add(doc, "held_loop", o != NULL ? outcome_hold_json(o) : json_null());
    add(doc, "error", o != NULL ? outcome_error_json(o) : json_null());
    add(doc, "ended_by", ended_by_json(o));
}

static void add_times(json_t *doc, const struct jobinfo *info,
                      const struct outcome *o)
{
    int64_t started = o != NULL ? o->started_ms : info->started_ms;
    int64_t ended = o != NULL ? o->ended_ms : info->ended_ms;

    add(doc, "submitted_at", json_time(info->submitted_ms));
    add(doc, "started_at", json_time(started));
    add(doc, "ended_at", json_time(ended));
    add(doc, "queued_s", json_seconds(info->submitted_ms, started));
    add(doc, "run_s", json_seconds(started, ended));
}

static json_t *progress_json(const struct jobinfo *info)
{
    if (!job_has_said(info))
        return json_null();
    return json_pack("{s:I, s:o, s:o}", "done", (json_int_t)info->done, "total",
                     info->total > 0 ? json_integer((json_int_t)info->total)
                                     : json_null(),
                     "doing", json_text_or_null(info->doing));
}

json_t *jobdoc_new(const struct jobinfo *info, const struct outcome *o)
{
    bool is_elem = o != NULL && info->array;
    char ref[REF_TEXT_LEN];
    json_t *doc = json_object();

    task_text(info->job, is_elem, o != NULL ? o->elem : 0, ref);
    add(doc, "id", json_string(ref));
    add(doc, "uid", uid_json(info));
    add(doc, "kind", json_string(job_kind_name(info)));
    add(doc, "name", json_text_or_null(info->jobname));
    add(doc, "function", json_text_or_null(info->fn));
    add(doc, "array", json_boolean(info->array && !is_elem));
    add(doc, "state",
        json_string(state_name(o != NULL ? o->state : info->state)));
    add(doc, "reason", o != NULL ? json_text_or_null(o->reason) : json_null());
    add(doc, "note", json_text_or_null(info->note));
    add(doc, "progress", is_elem ? json_null() : progress_json(info));
    add(doc, "counts", is_elem ? json_null() : counts_json(&info->counts));
    add(doc, "last_failure", is_elem ? json_null() : last_failure_json(info));
    add_outcome(doc, o);
    add_times(doc, info, o);
    return doc;
}

static json_t *argv_json(const struct command_spec *spec)
{
    json_t *argv = json_array();

    for (size_t i = 0; i < spec->argv.n; i++)
        json_array_append_new(argv, json_bytes(spec->argv.at[i]));
    return argv;
}

static void add_command(json_t *doc, const struct jobinfo *info)
{
    struct spec_arena arena = { 0 };
    struct command_spec spec = { 0 };
    bool is_good =
        command_spec_decode(&arena, info->spec, &spec, NULL) == ERR_NONE;

    add(doc, "command", is_good ? argv_json(&spec) : json_null());
    add(doc, "cwd",
        is_good && spec.cwd.len > 0 ? json_bytes(spec.cwd) : json_null());
    spec_arena_fini(&arena);
}

void jobdoc_add_spec(json_t *doc, const struct jobinfo *info)
{
    json_t *args;

    add(doc, "policy", policydoc_json(&info->policy));
    if (info->kind == KIND_COMMAND)
        add_command(doc, info);
    else if (json_from_msgpack(info->spec, &args) == ERR_NONE)
        add(doc, "args", args);
}
