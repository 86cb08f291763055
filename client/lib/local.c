/* SPDX-License-Identifier: MIT */
/* local - a client without a coordinator: it calls functions of this process.
 */
#include "client/lib/local.h"

#include <stdlib.h>

#include "client/lib/function_list.h"
#include "client/lib/job_context.h"
#include "client/lib/request.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/stack.h"

struct local {
    yon_client client;                 /* first */
    const struct yon_module **modules; /* borrowed */
    size_t n_modules;
    size_t n_runs;
    bool is_unused; /* but for what runs */
};

/* A call that runs. */
struct run {
    yon_job job; /* first */
    struct local *local;
    struct request *request; /* a reference; may have ended before the call */
    bool stopped;
};

static void free_unused(struct local *l)
{
    if (!l->is_unused || l->n_runs > 0)
        return;
    free(l->modules);
    handle_fini(&l->client);
    free(l);
}

/* ---- functions ---- */

static bool find(const struct local *l, struct view name,
                 struct yon_function *out)
{
    for (size_t i = 0; i < l->n_modules; i++)
        for (size_t k = 0; function_list_at(l->modules[i], k, out); k++)
            if (view_equal(name, view_str(out->name)))
                return true;
    return false;
}

/* ---- a call ---- */

static yon_client *client_of(yon_job *job)
{
    return &CONTAINER_OF(job, struct run, job)->local->client;
}

/* The request may have ended: its client was closed. */
static void answer(struct run *r, const struct op *op, bool last)
{
    if (r->request->client != NULL)
        request_answer(r->request, op, last);
}

static void advance(yon_job *job, const struct advance *a)
{
    struct op op = { .type = OP_PROGRESS };

    op.u.progress.done = a->done;
    op.u.progress.total = a->total;
    op.u.progress.doing = a->doing;
    answer(CONTAINER_OF(job, struct run, job), &op, false);
}

static int run_main(void *arg)
{
    struct run *r = arg;
    int code = job_run(&r->job);

    r->stopped = coro_is_cancelled(coro_current());
    return code;
}

static void run_free(struct run *r)
{
    struct local *l = r->local;

    r->request->future.co = NULL;
    future_unref(&r->request->future);
    job_fini(&r->job);
    free(r);
    ASSERT(l->n_runs > 0);
    l->n_runs--;
    free_unused(l);
}

static void run_ended(void *arg, int code)
{
    struct op op = { .type = OP_ENDED };
    struct view unexplained = { 0 };
    struct run *r = arg;
    char own[JOB_OWN_LEN];

    job_report(&r->job, code, r->stopped ? &unexplained : NULL,
               &op.u.ended.outcome, own);
    answer(r, &op, true);
    run_free(r);
}

static struct run *run_new(struct local *l, struct request *request,
                           yon_job_fn *fn, struct view args)
{
    struct run *r = xcalloc(1, sizeof *r);

    ASSERT(request->client == &l->client && request->future.co == NULL);
    r->local = l;
    l->n_runs++;
    r->request = request;
    future_ref(&request->future);
    r->job.tries = 1;
    r->job.fn = fn;
    r->job.client = client_of;
    r->job.advance = advance;
    buf_add_view(&r->job.args, args);
    return r;
}

static void run_start(struct local *l, struct request *request,
                      const struct yon_function *f, struct view args)
{
    struct run *r = run_new(l, request, f->fn, args);
    enum err err = loop_spawn(l->client.loop, f->name, run_main, run_ended, r,
                              &request->future.co);

    if (err == ERR_NONE) {
        request->future.co->future = &request->future;
        return;
    }
    request_end(request, err, STACK_NONE_TEXT);
    run_free(r);
}

/* ---- as a kind of client ---- */

static struct local *local_of(yon_client *c)
{
    return CONTAINER_OF(c, struct local, client);
}

static bool is_call(const struct op *op)
{
    return op->type == OP_SUBMIT && op->u.submit.kind == KIND_CALL &&
           op->u.submit.n == 0;
}

static void local_ask(yon_client *c, struct request *r, struct op *op)
{
    struct view name = op->u.submit.fn;
    struct yon_function f;
    char errmsg[ERRMSG_LEN];

    if (!is_call(op)) {
        request_end(r, ERR_STATE,
                    "a local client calls functions, nothing else");
        return;
    }
    if (find(local_of(c), name, &f)) {
        run_start(local_of(c), r, &f, op->u.submit.spec);
        return;
    }
    err_set(errmsg, ERR_ABSENT, "no function \"%.*s\" is offered here",
            (int)name.len, (const char *)name.data);
    request_end(r, ERR_ABSENT, errmsg);
}

/* The call goes on without anyone who wants its result. */
static void local_forget(yon_client *c, struct request *r)
{
    (void)c;
    (void)r;
}

/* There is no coordinator to wait for. */
static void local_set_patience(yon_client *c, int64_t ms)
{
    (void)c;
    (void)ms;
}

static struct client_status local_status(const yon_client *c)
{
    (void)c;
    return (struct client_status){ .put_off = "" };
}

static void local_close(yon_client *c)
{
    (void)c;
}

static void local_free(yon_client *c)
{
    ASSERT(c->is_closed && request_oldest(c) == NULL);
    local_of(c)->is_unused = true;
    free_unused(local_of(c));
}

static const struct client_kind local_kind = {
    .name = "local",
    .ask = local_ask,
    .forget = local_forget,
    .set_patience = local_set_patience,
    .status = local_status,
    .close = local_close,
    .free = local_free,
};

enum err local_open(struct loop *loop, yon_client **out)
{
    struct local *l;

    if (loop == NULL)
        return ERR_STATE;
    l = xcalloc(1, sizeof *l);
    handle_init(&l->client, &local_kind, loop);
    l->client.address = xstrdup(LOCAL_ADDRESS);
    *out = &l->client;
    return ERR_NONE;
}

/* ---- public: <yon/job.h> ---- */

int yon_offer(yon_client *c, const struct yon_module *module)
{
    struct local *l = local_of(c);
    struct yon_function f, other;

    if (c->kind != &local_kind || loop_is_elsewhere(c->loop))
        return YON_ESTATE;
    if (module->abi != YON_MODULE_ABI)
        return YON_EVERSION;
    for (size_t i = 0; function_list_at(module, i, &f); i++)
        if (find(l, view_str(f.name), &other))
            return YON_EEXISTS;
    l->modules = xrealloc(l->modules, (l->n_modules + 1) * sizeof *l->modules);
    l->modules[l->n_modules++] = module;
    return 0;
}
