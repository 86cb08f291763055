/* SPDX-License-Identifier: MIT */
/* jobdoc - jobs, elements and outcomes as JSON documents. */
#include "client/cli/jobdoc.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "client/cli/base64.h"
#include "client/cli/json.h"
#include "client/cli/outcomes.h"
#include "client/cli/policydoc.h"
#include "client/cli/progress.h"
#include "libcommon/check.h"
#include "libcommon/utf8.h"
#include "proto/body.h"
#include "proto/counts.h"
#include "proto/spec.h"

/* ---- outcomes ---- */

json_t *jobdoc_exit(const struct outcome *o)
{
    return json_pack("{s:o, s:o}", "code",
                     outcome_has_exit(o) ? json_integer(o->code) : json_null(),
                     "signal",
                     o->signal > 0 ? json_integer(o->signal) : json_null());
}

json_t *jobdoc_error(const struct outcome *o)
{
    struct buf code = { 0 };
    json_t *error;

    if (o->state == STATE_DONE || !state_is_terminal(o->state))
        return json_null();
    for (size_t i = 0; i < o->reason.len; i++)
        buf_addf(&code, "%c", toupper(o->reason.data[i]));
    error = json_pack("{s:o, s:o}", "code", json_text_or_null(buf_view(&code)),
                      "message", json_text_or_null(o->message));
    buf_fini(&code);
    return error;
}

json_t *jobdoc_hold(const struct outcome *o)
{
    return o->held_ms == 0
               ? json_null()
               : json_pack("{s:I, s:o}", "ms", (json_int_t)o->held_ms, "at",
                           json_text_or_null(o->held_where));
}

json_t *jobdoc_attempt(const struct outcome *o)
{
    return o->attempt == 0
               ? json_null()
               : json_sprintf("%" PRIu64 ".%" PRIu64, o->epoch, o->attempt);
}

json_t *jobdoc_value(const struct outcome *o)
{
    struct view result = outcome_body(o).result;
    json_t *value = NULL;

    if (result.len == 0 || json_from_msgpack(result, &value) != ERR_NONE)
        return json_null();
    return value;
}

/* "stdout": text, or null and "stdout_base64"; with "stdout_bytes" written and,
 * when some of them were not kept, where in the kept ones they are missing. */
static void add_stream(json_t *object, const char *name, struct view bytes,
                       struct kept kept)
{
    char key[32];

    if (utf8_is_valid(bytes)) {
        json_object_set_new(object, name, json_bytes(bytes));
    } else {
        struct buf text = { 0 };

        json_object_set_new(object, name, json_null());
        base64_encode(&text, bytes);
        snprintf(key, sizeof key, "%s_base64", name);
        json_object_set_new(object, key, json_text(buf_view(&text)));
        buf_fini(&text);
    }
    if (kept_gap(&kept) == 0)
        return;
    snprintf(key, sizeof key, "%s_missing", name);
    json_object_set_new(object, key,
                        json_pack("{s:I, s:I}", "offset",
                                  (json_int_t)kept.head.len, "bytes",
                                  (json_int_t)kept_gap(&kept)));
}

void jobdoc_add_result(const struct jobinfo *info, const struct outcome *o,
                       const struct body *body, json_t *object)
{
    if (info->kind == KIND_CALL) {
        json_object_set_new(object, "value", jobdoc_value(o));
        add_stream(object, "printed", body->out, body_kept(body, STREAM_OUT));
    } else {
        json_object_set_new(object, "exit", jobdoc_exit(o));
        add_stream(object, "stdout", body->out, body_kept(body, STREAM_OUT));
        add_stream(object, "stderr", body->err, body_kept(body, STREAM_ERR));
    }
    json_object_set_new(object, "error", jobdoc_error(o));
}

json_t *jobdoc_of_attempt(const struct outcome *o)
{
    return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "attempt",
                     jobdoc_attempt(o), "state", state_name(o->state), "reason",
                     json_text_or_null(o->reason), "worker",
                     json_text_or_null(o->worker), "started_at",
                     json_time(o->started_ms), "ended_at",
                     json_time(o->ended_ms), "exit", jobdoc_exit(o), "error",
                     jobdoc_error(o), "dropped_bytes", (json_int_t)o->dropped);
}

/* ---- jobs ---- */

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
    uint32_t waiting = counts_in(n, STATE_WAITING);

    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "n",
        (json_int_t)n->n, "waiting", (json_int_t)waiting, "running",
        (json_int_t)n->running, "retrying", (json_int_t)n->retrying, "done",
        (json_int_t)n->done, "failed", (json_int_t)n->failed, "cancelled",
        (json_int_t)n->cancelled, "expired", (json_int_t)n->expired, "lost",
        (json_int_t)n->lost, "gaps", (json_int_t)n->gaps);
}

json_t *jobdoc_item(struct job_items *items, uint32_t elem)
{
    char text[JOB_ITEM_LEN];

    return job_items_known(items) ? json_bytes(job_items_at(items, elem, text))
                                  : json_null();
}

static json_t *last_failure_json(const struct jobinfo *info, uint32_t elem,
                                 struct view why)
{
    struct job_items items = job_items_of(info);
    char id[TASK_TEXT_LEN];

    if (elem == 0)
        return json_null();
    return json_pack("{s:s, s:o, s:o}", "id", task_text_at(&items, elem, id),
                     "item", jobdoc_item(&items, elem), "message",
                     json_text_or_null(why));
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

    if (o == NULL || o->attempt == 0 || !state_is_terminal(o->state) ||
        o->ended_by >= ARRAY_LEN(names))
        return json_null();
    return json_string(names[o->ended_by]);
}

/* Of its output; null until it has ended. */
static json_t *dropped_json(const struct outcome *o)
{
    return o != NULL && state_is_terminal(o->state)
               ? json_integer((json_int_t)o->dropped)
               : json_null();
}

static void add_outcome(json_t *doc, const struct outcome *o)
{
    add(doc, "attempt", o != NULL ? jobdoc_attempt(o) : json_null());
    add(doc, "worker", o != NULL ? json_text_or_null(o->worker) : json_null());
    add(doc, "host", json_null());
    add(doc, "pid", json_null());
    add(doc, "exit", o != NULL ? jobdoc_exit(o) : json_null());
    add(doc, "held_loop", o != NULL ? jobdoc_hold(o) : json_null());
    add(doc, "error", o != NULL ? jobdoc_error(o) : json_null());
    add(doc, "ended_by", ended_by_json(o));
    add(doc, "dropped_bytes", dropped_json(o));
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
    /* The store does not know when the first element of an array started. */
    if (info->array && o == NULL)
        started = info->submitted_ms;
    add(doc, "took_s", json_seconds(started, ended));
}

static json_t *advance_json(const struct advance *a)
{
    if (!advance_says_something(a))
        return json_null();
    return json_pack("{s:I, s:o, s:o}", "done", (json_int_t)a->done, "total",
                     a->total > 0 ? json_integer((json_int_t)a->total)
                                  : json_null(),
                     "doing", json_text_or_null(a->doing));
}

static json_t *progress_json(const struct jobinfo *info)
{
    return advance_json(&(struct advance){
        .done = info->done, .total = info->total, .doing = info->doing });
}

void jobdoc_add_now(json_t *doc, const struct outcomes_now *now)
{
    const struct advance *a = now->advance;

    add(doc, "host", json_text_or_null(now->host));
    if (a == NULL)
        return;
    add(doc, "pid", a->pid > 0 ? json_integer(a->pid) : json_null());
    add(doc, "progress", advance_json(a));
}

/* Of one that has not ended its message says why it waits. */
static struct view note_of_elem(const struct outcome *o)
{
    return state_is_terminal(o->state) ? (struct view){ 0 } : o->message;
}

json_t *jobdoc_new(struct job_items *items, const struct outcome *o)
{
    const struct jobinfo *info = items->info;
    bool is_elem = o != NULL && info->array;
    char id[TASK_TEXT_LEN];
    json_t *doc = json_object();

    add(doc, "id", json_string(task_text_at(items, is_elem ? o->elem : 0, id)));
    add(doc, "uid", uid_json(info));
    add(doc, "kind", json_string(job_kind_name(info)));
    add(doc, "name", json_text_or_null(info->jobname));
    add(doc, "function", json_text_or_null(info->fn));
    add(doc, "array", json_boolean(info->array && !is_elem));
    add(doc, "item", is_elem ? jobdoc_item(items, o->elem) : json_null());
    add(doc, "state",
        json_string(state_name(o != NULL ? o->state : info->state)));
    add(doc, "reason", o != NULL ? json_text_or_null(o->reason) : json_null());
    add(doc, "note", json_text_or_null(is_elem ? note_of_elem(o) : info->note));
    add(doc, "progress", is_elem ? json_null() : progress_json(info));
    add(doc, "counts", is_elem ? json_null() : counts_json(&info->counts));
    add(doc, "failures", json_null());
    add(doc, "last_failure",
        is_elem ? json_null()
                : last_failure_json(info, info->elem_failed, info->failed_why));
    add_outcome(doc, o);
    add_times(doc, info, o);
    return doc;
}

/* The texts that a tally tells apart, the most frequent first; the others have
 * none. */
static json_t *tally_json(const struct text_tally *t)
{
    const struct text_tally_kind *kind = NULL;
    json_t *list = json_array();

    while ((kind = text_tally_next(t, kind)) != NULL)
        json_array_append_new(
            list, json_pack("{s:I, s:o}", "count", (json_int_t)kind->n,
                            "message", json_text(buf_view(&kind->what))));
    if (t->n_others > 0)
        json_array_append_new(list,
                              json_pack("{s:I, s:n}", "count",
                                        (json_int_t)t->n_others, "message"));
    return list;
}

void jobdoc_add_failures(json_t *doc, const struct jobinfo *info,
                         const struct outcomes_failures *failures)
{
    if (!info->array || failures->is_unknown)
        return;
    add(doc, "failures", tally_json(&failures->kinds));
    if (info->elem_failed == 0)
        add(doc, "last_failure",
            last_failure_json(info, failures->last_elem,
                              buf_view(&failures->last_why)));
}

static json_t *argv_json(const struct command_spec *spec)
{
    json_t *argv = json_array();

    for (size_t i = 0; i < spec->argv.n; i++)
        json_array_append_new(argv, json_bytes(spec->argv.at[i]));
    return argv;
}

static void add_file(json_t *doc, const char *key, struct view file)
{
    add(doc, key, file.len > 0 ? json_bytes(file) : json_null());
}

static json_t *stdin_json(const struct command_spec *spec)
{
    if (spec->ticket.len > 0)
        return json_pack("{s:s, s:n}", "from", "run", "bytes");
    return json_pack("{s:s, s:I}", "from",
                     spec->input.len > 0 ? "stored" : "none", "bytes",
                     (json_int_t)spec->input.len);
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
    add_file(doc, "stdout_file", spec.out_file);
    add_file(doc, "stderr_file", spec.err_file);
    add(doc, "append", json_boolean(spec.append));
    add(doc, "stdin", is_good ? stdin_json(&spec) : json_null());
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
