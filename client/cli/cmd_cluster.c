/* SPDX-License-Identifier: MIT */
/* yon status, yon workers, yon functions. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "client/cli/cmd.h"
#include "client/cli/functions.h"
#include "client/cli/json.h"
#include "client/cli/table.h"
#include "libcommon/duration.h"

static int64_t age_ms(int64_t since_ms)
{
    int64_t age = (int64_t)time(NULL) * 1000 - since_ms;

    return age > 0 ? age : 0;
}

static void add_table(const struct cli *c, struct table *t, struct buf *out)
{
    t->color = c->color_out;
    table_print(t, cli_width(STDOUT_FILENO), out);
}

/* ---- status ---- */

static json_t *status_doc(void *arg, const void *thing)
{
    const struct cli *c = arg;
    const struct op *op = thing;
    json_t *doc =
        json_pack("{s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I}",
                  "schema", "yon.status/1", "server", c->server, "version",
                  json_text_or_null(op->u.status_reply.software), "since",
                  json_time(op->u.status_reply.since_ms), "epoch",
                  (json_int_t)op->u.status_reply.epoch, "workers",
                  (json_int_t)op->u.status_reply.n_workers, "clients",
                  (json_int_t)op->u.status_reply.n_clients, "waiting",
                  (json_int_t)op->u.status_reply.n_waiting, "running",
                  (json_int_t)op->u.status_reply.n_running, "ended",
                  (json_int_t)op->u.status_reply.n_ended);

    json_object_set_new(doc, "slots", json_integer(op->u.status_reply.slots));
    json_object_set_new(doc, "slots_used",
                        json_integer(op->u.status_reply.slots_used));
    json_object_set_new(doc, "calls", json_integer(op->u.status_reply.calls));
    json_object_set_new(doc, "calls_used",
                        json_integer(op->u.status_reply.calls_used));
    json_object_set_new(doc, "recovering",
                        json_boolean(op->u.status_reply.recovering));
    json_object_set_new(doc, "disk_full",
                        json_boolean(op->u.status_reply.full));
    return doc;
}

static void status_text(void *arg, const void *thing, struct buf *out)
{
    const struct cli *c = arg;
    const struct op *op = thing;

    buf_addf(out, "coordinator  %s\n", c->server);
    buf_addf(out, "             %.*s, up ",
             (int)op->u.status_reply.software.len,
             (const char *)op->u.status_reply.software.data);
    duration_add_words(out, age_ms(op->u.status_reply.since_ms));
    buf_addf(out, ", epoch %" PRIu64 "\n", op->u.status_reply.epoch);
    if (op->u.status_reply.recovering)
        buf_addf(out, "             recovering: waits for the workers it "
                      "knew\n");
    if (op->u.status_reply.full)
        buf_addf(out, "             its disk is full: submits are refused\n");
    buf_addf(out,
             "workers      %" PRIu32 ", %" PRIu32 "/%" PRIu32
             " slots and %" PRIu32 "/%" PRIu32 " calls in use\n",
             op->u.status_reply.n_workers, op->u.status_reply.slots_used,
             op->u.status_reply.slots, op->u.status_reply.calls_used,
             op->u.status_reply.calls);
    buf_addf(out, "jobs         ");
    duration_add_number(out, op->u.status_reply.n_waiting);
    buf_addf(out, " waiting, ");
    duration_add_number(out, op->u.status_reply.n_running);
    buf_addf(out, " running, ");
    duration_add_number(out, op->u.status_reply.n_ended);
    buf_addf(out, " ended since its start\n");
}

static void on_status(void *arg, const struct op *op, bool last)
{
    static const struct output_view view = { .doc = status_doc,
                                             .text = status_text };
    const struct cli *c = arg;

    (void)last;
    if (op->type == OP_STATUS_REPLY)
        output_one(c->output, &view, arg, op);
}

int cmd_status(struct cli *c)
{
    struct op op = { .type = OP_STATUS };
    int code = cli_no_args(c);

    if (code == EXITS_DONE)
        code = cli_connect(c);
    return code != EXITS_DONE ? code : cli_request_await(c, &op, on_status, c);
}

/* ---- workers ---- */

static json_t *names_json(const struct names *names)
{
    json_t *list = json_array();

    for (size_t i = 0; i < names->n; i++)
        json_array_append_new(list, json_text(names->at[i]));
    return list;
}

static json_t *labels_json(const struct labels *labels)
{
    json_t *map = json_object();

    for (size_t i = 0; i < labels->n; i++) {
        struct buf key = { 0 };

        buf_add_view(&key, labels->at[i].key);
        json_object_set_new(map, buf_text(&key),
                            json_text(labels->at[i].value));
        buf_fini(&key);
    }
    return map;
}

/* Rows of a table that is shown as a whole. */
struct rows {
    const struct cli *c;
    struct table table;
};

static json_t *shortage_json(const struct peer *w)
{
    if (w->short_of.len == 0)
        return json_null();
    return json_pack("{s:o, s:o, s:I, s:I}", "reason", json_text(w->short_of),
                     "since", json_time(w->short_ms), "slots",
                     (json_int_t)w->slots_now, "calls",
                     (json_int_t)w->calls_now);
}

static json_t *modules_json(const struct module_builds *modules)
{
    json_t *list = json_array();

    for (size_t i = 0; i < modules->n; i++) {
        const struct module_build *m = &modules->at[i];

        json_array_append_new(
            list, json_pack("{s:o, s:o, s:I}", "file", json_text(m->file),
                            "build", json_text(m->build), "functions",
                            (json_int_t)m->n_functions + m->n_cpu));
    }
    return list;
}

static json_t *worker_doc(void *arg, const void *thing)
{
    const struct peer *w = thing;
    json_t *doc = json_pack(
        "{s:o, s:I, s:I, s:I, s:I, s:b, s:o, s:I, s:o, s:o}", "name",
        json_text(w->peername), "slots", (json_int_t)w->slots, "slots_used",
        (json_int_t)w->slots_used, "calls", (json_int_t)w->calls, "calls_used",
        (json_int_t)w->calls_used, "draining", w->draining, "since",
        json_time(w->since_ms), "done", (json_int_t)w->n_done, "labels",
        labels_json(&w->labels), "functions", names_json(&w->functions));

    (void)arg;
    json_object_set_new(doc, "session", json_integer((json_int_t)w->session));
    json_object_set_new(doc, "held_loop",
                        json_pack("{s:I, s:I}", "times", (json_int_t)w->n_holds,
                                  "longest_ms", (json_int_t)w->hold_max_ms));
    json_object_set_new(doc, "host", json_text_or_null(w->host));
    json_object_set_new(doc, "shortage", shortage_json(w));
    json_object_set_new(doc, "modules", modules_json(&w->modules));
    return doc;
}

/* img.so 3f2a9c81d0e4, other.so ... */
static void add_modules(struct table *t, const struct module_builds *modules)
{
    struct buf text = { 0 };

    for (size_t i = 0; i < modules->n; i++) {
        buf_addf(&text, i > 0 ? ", " : "");
        buf_add_view(&text, modules->at[i].file);
        buf_addf(&text, " ");
        buf_add_view(&text, modules->at[i].build);
    }
    table_add(t, buf_view(&text));
    buf_fini(&text);
}

/* How often calls held its loop too long, and the longest. */
static void add_holds(struct table *t, const struct peer *w)
{
    struct buf text = { 0 };

    if (w->n_holds > 0) {
        buf_addf(&text, "%" PRIu64 ", ", w->n_holds);
        duration_add(&text, w->hold_max_ms);
    }
    table_add(t, buf_view(&text));
    if (w->n_holds > 0)
        table_style(t, TABLE_YELLOW);
    buf_fini(&text);
}

/* So many at once for now, and why. */
static void add_shortage(struct table *t, const struct peer *w)
{
    struct buf text = { 0 };

    if (w->short_of.len > 0) {
        if (w->slots_now < w->slots)
            buf_addf(&text, "%" PRIu32 " slots", w->slots_now);
        if (w->calls_now < w->calls)
            buf_addf(&text, "%s%" PRIu32 " calls", text.len > 0 ? ", " : "",
                     w->calls_now);
        buf_addf(&text, "%sfor ", text.len > 0 ? " at once " : "");
        duration_add_age(&text, age_ms(w->short_ms));
        buf_addf(&text, ": ");
        buf_add_view(&text, w->short_of);
    }
    table_add(t, buf_view(&text));
    if (w->short_of.len > 0)
        table_style(t, TABLE_YELLOW);
    buf_fini(&text);
}

static const char *state_of(const struct peer *w)
{
    if (w->draining)
        return "draining";
    return w->short_of.len > 0 ? "short" : "ready";
}

static void worker_text(void *arg, const void *thing, struct buf *out)
{
    struct table *t = &((struct rows *)arg)->table;
    const struct peer *w = thing;
    struct buf up = { 0 };

    (void)out;
    table_add(t, w->peername);
    table_addf(t, "%s", state_of(w));
    table_style(t, w->draining || w->short_of.len > 0 ? TABLE_YELLOW
                                                      : TABLE_GREEN);
    table_addf(t, "%" PRIu32 "/%" PRIu32, w->slots_used, w->slots);
    table_addf(t, "%" PRIu32 "/%" PRIu32, w->calls_used, w->calls);
    table_addf(t, "%" PRIu64, w->n_done);
    duration_add_age(&up, age_ms(w->since_ms));
    table_add(t, buf_view(&up));
    table_addf(t, "%zu", w->functions.n);
    add_holds(t, w);
    add_shortage(t, w);
    add_modules(t, &w->modules);
    buf_fini(&up);
}

static void workers_end(void *arg, struct buf *out)
{
    struct rows *r = arg;

    if (r->table.n_cells > 0)
        add_table(r->c, &r->table, out);
    else
        cli_say(r->c, "no worker is connected");
}

static void worker_id(void *arg, const void *thing, struct buf *out)
{
    const struct peer *w = thing;

    (void)arg;
    buf_add_view(out, w->peername);
}

static const struct output_view workers_view = {
    .schema = "yon.workerlist/1",
    .key = "workers",
    .doc = worker_doc,
    .text = worker_text,
    .end = workers_end,
    .id = worker_id,
};

static void put_workers(const struct cli *c, const struct peers *workers)
{
    static const char *const headings[] = { "NAME",       "STATE", ">SLOTS",
                                            ">CALLS",     ">DONE", ">UP",
                                            ">FUNCTIONS", "HELD",  "SHORT OF",
                                            "MODULES",    NULL };
    struct rows rows = { .c = c };
    struct output out;

    table_init(&rows.table, headings);
    output_init(&out, c->output, &workers_view, &rows);
    for (size_t i = 0; i < workers->n; i++)
        output_add(&out, &workers->at[i]);
    output_end(&out);
    output_fini(&out);
    table_fini(&rows.table);
}

static void on_workers(void *arg, const struct op *op, bool last)
{
    (void)last;
    if (op->type == OP_WORKERS_REPLY)
        put_workers(arg, &op->u.workers_reply.workers);
}

int cmd_workers(struct cli *c)
{
    struct op op = { .type = OP_WORKERS };
    int code = cli_no_args(c);

    if (code == EXITS_DONE)
        code = cli_connect(c);
    return code != EXITS_DONE ? code : cli_request_await(c, &op, on_workers, c);
}

/* ---- functions ---- */

/* A name, and what functions_await says of it. */
struct function {
    const char *name;
    json_t *about;
};

static json_t *function_doc(void *arg, const void *thing)
{
    const struct function *f = thing;

    (void)arg;
    return json_pack("{s:s, s:O, s:O}", "name", f->name, "workers",
                     json_object_get(f->about, "workers"), "modules",
                     json_object_get(f->about, "modules"));
}

/* One module, or several, with the number of workers that have each: mostly two
 * builds, of which one is about to go. */
static void add_builds(struct table *t, const json_t *modules)
{
    struct buf text = { 0 };
    size_t n = json_array_size(modules);

    for (size_t i = 0; i < n; i++) {
        const json_t *m = json_array_get(modules, i);

        buf_addf(&text, "%s%s %s", i > 0 ? ", " : "",
                 json_string_value(json_object_get(m, "file")),
                 json_string_value(json_object_get(m, "build")));
        if (n > 1)
            buf_addf(&text, " (%d)",
                     (int)json_integer_value(json_object_get(m, "workers")));
    }
    table_add(t, buf_view(&text));
    if (n > 1)
        table_style(t, TABLE_YELLOW);
    buf_fini(&text);
}

static void function_text(void *arg, const void *thing, struct buf *out)
{
    struct table *t = &((struct rows *)arg)->table;
    const struct function *f = thing;

    (void)out;
    table_add(t, view_str(f->name));
    table_addf(t, "%d",
               (int)json_integer_value(json_object_get(f->about, "workers")));
    add_builds(t, json_object_get(f->about, "modules"));
}

static void functions_end(void *arg, struct buf *out)
{
    struct rows *r = arg;

    if (r->table.n_cells > 0)
        add_table(r->c, &r->table, out);
    else
        cli_say(r->c, "no worker offers a function: yon up --load FILE.so");
}

static const struct output_view functions_view = {
    .schema = "yon.functionlist/1",
    .key = "functions",
    .doc = function_doc,
    .text = function_text,
    .end = functions_end,
};

static void put_functions(const struct cli *c, json_t *functions)
{
    static const char *const headings[] = { "FUNCTION", ">WORKERS", "MODULE",
                                            NULL };
    struct rows rows = { .c = c };
    struct output out;
    struct function f;

    table_init(&rows.table, headings);
    output_init(&out, c->output, &functions_view, &rows);
    json_object_foreach(functions, f.name, f.about) output_add(&out, &f);
    output_end(&out);
    output_fini(&out);
    table_fini(&rows.table);
}

int cmd_functions(struct cli *c)
{
    json_t *functions = NULL;
    int code = cli_no_args(c);

    if (code == EXITS_DONE)
        code = cli_connect(c);
    if (code == EXITS_DONE)
        code = functions_await(c, &functions);
    if (code == EXITS_DONE)
        put_functions(c, functions);
    json_decref(functions);
    return code;
}
