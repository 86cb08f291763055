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

static int no_args(const struct cli *c)
{
    if (c->options.n_args == 0)
        return EXITS_DONE;
    return cli_usage(c, "%s takes no arguments", c->command->name);
}

static void put_table(const struct cli *c, struct table *t)
{
    struct buf text = { 0 };

    t->color = c->color_out;
    table_print(t, cli_width(STDOUT_FILENO), &text);
    cli_put(c, buf_view(&text));
    buf_fini(&text);
}

/* ---- status ---- */

static void status_json(const struct cli *c, const struct op *op)
{
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
    cli_put_json(c, doc);
}

static void status_text(const struct cli *c, const struct op *op)
{
    struct buf text = { 0 };

    buf_addf(&text, "coordinator  %s\n", c->server);
    buf_addf(&text, "             %.*s, up ",
             (int)op->u.status_reply.software.len,
             (const char *)op->u.status_reply.software.data);
    duration_add_words(&text, age_ms(op->u.status_reply.since_ms));
    buf_addf(&text, ", epoch %" PRIu64 "\n", op->u.status_reply.epoch);
    if (op->u.status_reply.recovering)
        buf_addf(&text, "             recovering: waits for the workers it "
                        "knew\n");
    if (op->u.status_reply.full)
        buf_addf(&text, "             its disk is full: submits are refused\n");
    buf_addf(&text,
             "workers      %" PRIu32 ", %" PRIu32 "/%" PRIu32
             " slots and %" PRIu32 "/%" PRIu32 " calls in use\n",
             op->u.status_reply.n_workers, op->u.status_reply.slots_used,
             op->u.status_reply.slots, op->u.status_reply.calls_used,
             op->u.status_reply.calls);
    buf_addf(&text, "jobs         ");
    duration_add_number(&text, op->u.status_reply.n_waiting);
    buf_addf(&text, " waiting, ");
    duration_add_number(&text, op->u.status_reply.n_running);
    buf_addf(&text, " running, ");
    duration_add_number(&text, op->u.status_reply.n_ended);
    buf_addf(&text, " ended since its start\n");
    cli_put(c, buf_view(&text));
    buf_fini(&text);
}

static void on_status(void *arg, const struct op *op, bool last)
{
    (void)last;
    if (op->type != OP_STATUS_REPLY)
        return;
    if (cli_is_json(arg))
        status_json(arg, op);
    else
        status_text(arg, op);
}

int cmd_status(struct cli *c)
{
    struct op op = { .type = OP_STATUS };
    int code = no_args(c);

    if (code == EXITS_DONE)
        code = cli_connect(c);
    return code != EXITS_DONE ? code : cli_ask_await(c, &op, on_status, c);
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

static json_t *worker_json(const struct peer *w)
{
    json_t *doc = json_pack(
        "{s:o, s:I, s:I, s:I, s:I, s:b, s:o, s:I, s:o, s:o}", "name",
        json_text(w->peername), "slots", (json_int_t)w->slots, "slots_used",
        (json_int_t)w->slots_used, "calls", (json_int_t)w->calls, "calls_used",
        (json_int_t)w->calls_used, "draining", w->draining, "since",
        json_time(w->since_ms), "done", (json_int_t)w->n_done, "labels",
        labels_json(&w->labels), "functions", names_json(&w->functions));

    json_object_set_new(doc, "session", json_integer((json_int_t)w->session));
    json_object_set_new(doc, "held_loop",
                        json_pack("{s:I, s:I}", "times", (json_int_t)w->n_holds,
                                  "longest_ms", (json_int_t)w->hold_max_ms));
    return doc;
}

static void put_workers_json(const struct cli *c, const struct peers *workers)
{
    json_t *list = json_array();

    for (size_t i = 0; i < workers->n; i++) {
        if (c->output == OUTPUT_JSONL)
            cli_put_json(c, worker_json(&workers->at[i]));
        else
            json_array_append_new(list, worker_json(&workers->at[i]));
    }
    if (c->output == OUTPUT_JSON)
        cli_put_json(c, json_pack("{s:s, s:O}", "schema", "yon.workerlist/1",
                                  "workers", list));
    json_decref(list);
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

static void add_worker(struct table *t, const struct peer *w)
{
    struct buf up = { 0 };

    table_add(t, w->peername);
    table_addf(t, "%s", w->draining ? "draining" : "ready");
    table_style(t, w->draining ? TABLE_YELLOW : TABLE_GREEN);
    table_addf(t, "%" PRIu32 "/%" PRIu32, w->slots_used, w->slots);
    table_addf(t, "%" PRIu32 "/%" PRIu32, w->calls_used, w->calls);
    table_addf(t, "%" PRIu64, w->n_done);
    duration_add_age(&up, age_ms(w->since_ms));
    table_add(t, buf_view(&up));
    table_addf(t, "%zu", w->functions.n);
    add_holds(t, w);
    buf_fini(&up);
}

static void put_workers_table(const struct cli *c, const struct peers *workers)
{
    static const char *const headings[] = { "NAME",       "STATE", ">SLOTS",
                                            ">CALLS",     ">DONE", ">UP",
                                            ">FUNCTIONS", "HELD",  NULL };
    struct table t;

    if (workers->n == 0) {
        cli_say(c, "no worker is connected");
        return;
    }
    table_init(&t, headings);
    for (size_t i = 0; i < workers->n; i++)
        add_worker(&t, &workers->at[i]);
    put_table(c, &t);
    table_fini(&t);
}

static void put_worker_names(const struct cli *c, const struct peers *workers)
{
    struct buf text = { 0 };

    for (size_t i = 0; i < workers->n; i++) {
        buf_add_view(&text, workers->at[i].peername);
        buf_addf(&text, "\n");
    }
    cli_put(c, buf_view(&text));
    buf_fini(&text);
}

static void on_workers(void *arg, const struct op *op, bool last)
{
    const struct cli *c = arg;

    (void)last;
    if (op->type != OP_WORKERS_REPLY)
        return;
    if (cli_is_json(c))
        put_workers_json(c, &op->u.workers_reply.workers);
    else if (c->output == OUTPUT_ID)
        put_worker_names(c, &op->u.workers_reply.workers);
    else
        put_workers_table(c, &op->u.workers_reply.workers);
}

int cmd_workers(struct cli *c)
{
    struct op op = { .type = OP_WORKERS };
    int code = no_args(c);

    if (code == EXITS_DONE)
        code = cli_connect(c);
    return code != EXITS_DONE ? code : cli_ask_await(c, &op, on_workers, c);
}

/* ---- functions ---- */

static void put_functions_json(const struct cli *c, json_t *functions)
{
    json_t *list = json_array();
    const char *name;
    json_t *n;

    json_object_foreach(functions, name, n)
    {
        json_t *doc = json_pack("{s:s, s:O}", "name", name, "workers", n);

        if (c->output == OUTPUT_JSONL)
            cli_put_json(c, doc);
        else
            json_array_append_new(list, doc);
    }
    if (c->output == OUTPUT_JSON)
        cli_put_json(c, json_pack("{s:s, s:O}", "schema", "yon.functionlist/1",
                                  "functions", list));
    json_decref(list);
}

static void put_functions_text(const struct cli *c, json_t *functions)
{
    static const char *const headings[] = { "FUNCTION", ">WORKERS", NULL };
    struct table t;
    const char *name;
    json_t *n;

    table_init(&t, headings);
    json_object_foreach(functions, name, n)
    {
        table_add(&t, view_str(name));
        table_addf(&t, "%d", (int)json_integer_value(n));
    }
    if (t.n_cells > 0)
        put_table(c, &t);
    else
        cli_say(c, "no worker offers a function: yon up --load FILE.so");
    table_fini(&t);
}

int cmd_functions(struct cli *c)
{
    json_t *functions = NULL;
    int code = no_args(c);

    if (code == EXITS_DONE)
        code = cli_connect(c);
    if (code == EXITS_DONE)
        code = functions_await(c, &functions);
    if (code == EXITS_DONE && cli_is_json(c))
        put_functions_json(c, functions);
    else if (code == EXITS_DONE)
        put_functions_text(c, functions);
    json_decref(functions);
    return code;
}
