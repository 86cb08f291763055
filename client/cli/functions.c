/* SPDX-License-Identifier: MIT */
/* functions - the functions that connected workers offer. */
#include "client/cli/functions.h"

#include <stdio.h>
#include <stdlib.h>

#include "client/cli/json.h"
#include "libcommon/mem.h"
#include "libcommon/near.h"
#include "libcommon/utf8.h"

/* Which module function k of a worker is from; NULL: an older worker, which
 * does not say so. Those of cpu calls are behind all others. */
static const struct module_build *module_of(const struct peer *w, size_t k)
{
    size_t end = 0;

    for (size_t i = 0; i < w->modules.n; i++)
        if (k < (end += w->modules.at[i].n_functions))
            return &w->modules.at[i];
    for (size_t i = 0; i < w->modules.n; i++)
        if (k < (end += w->modules.at[i].n_cpu))
            return &w->modules.at[i];
    return NULL;
}

static void increment(json_t *object, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(object, key));

    json_object_set_new(object, key, json_integer(n + 1));
}

static void count_module(json_t *modules, const struct module_build *m)
{
    json_t *wanted = json_pack("{s:o, s:o, s:i}", "file", json_text(m->file),
                               "build", json_text(m->build), "workers", 0);
    json_t *module = NULL;

    for (size_t i = 0; module == NULL && i < json_array_size(modules); i++) {
        json_t *it = json_array_get(modules, i);

        if (json_equal(json_object_get(it, "file"),
                       json_object_get(wanted, "file")) &&
            json_equal(json_object_get(it, "build"),
                       json_object_get(wanted, "build")))
            module = it;
    }
    if (module == NULL) {
        json_array_append(modules, wanted);
        module = wanted;
    }
    increment(module, "workers");
    json_decref(wanted);
}

static void count(json_t *map, struct view name, const struct module_build *m)
{
    char *key = xmemdup0(name.data, name.len);
    json_t *function = json_object_get(map, key);

    /* Only a name in UTF-8 can be typed as JSON or shown. */
    if (utf8_is_valid(name)) {
        if (function == NULL) {
            function = json_pack("{s:i, s:[]}", "workers", 0, "modules");
            json_object_set_new(map, key, function);
        }
        increment(function, "workers");
        if (m != NULL)
            count_module(json_object_get(function, "modules"), m);
    }
    free(key);
}

static void on_workers(void *arg, const struct op *op, bool last)
{
    (void)last;
    if (op->type != OP_WORKERS_REPLY)
        return;
    for (size_t i = 0; i < op->u.workers_reply.workers.n; i++) {
        const struct peer *worker = &op->u.workers_reply.workers.at[i];

        for (size_t k = 0; k < worker->functions.n; k++)
            count(arg, worker->functions.at[k], module_of(worker, k));
    }
}

int functions_await(struct cli *c, json_t **out)
{
    struct op op = { .type = OP_WORKERS };

    *out = json_object();
    return cli_request_await(c, &op, on_workers, *out);
}

static void add_near(struct buf *out, json_t *functions, const char *fn)
{
    const char *name;
    json_t *n;

    json_object_foreach(functions, name, n)
    {
        (void)n;
        if (near_names(fn, name))
            buf_addf(out, "%s%s", out->len > 0 ? ", " : "", name);
    }
}

int functions_check_await(struct cli *c, const char *fn)
{
    struct fault fault = { EXITS_ABSENT, ERR_ABSENT, "" };
    struct buf near = { 0 };
    json_t *functions;
    int code = functions_await(c, &functions);

    if (code == EXITS_DONE && json_object_get(functions, fn) == NULL) {
        add_near(&near, functions, fn);
        if (near.len > 0)
            snprintf(fault.hint, sizeof fault.hint,
                     "did you mean: %s    all: yon functions", buf_text(&near));
        else
            snprintf(fault.hint, sizeof fault.hint,
                     "see: yon functions    start a worker that has it: yon up "
                     "--load FILE.so");
        code = cli_fail(c, fault, "no connected worker offers \"%s\"", fn);
    }
    buf_fini(&near);
    json_decref(functions);
    return code;
}

void functions_warn_await(struct cli *c, const char *fn)
{
    json_t *functions;

    if (functions_await(c, &functions) == EXITS_DONE &&
        json_object_get(functions, fn) == NULL)
        cli_warn(c, "no connected worker offers \"%s\": the job waits for one",
                 fn);
    json_decref(functions);
}
