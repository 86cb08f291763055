/* SPDX-License-Identifier: MIT */
/* local - see local.h. */
#include "client/lib/local.h"

#include <stdlib.h>

#include "client/lib/job_context.h"
#include "client/lib/job_future.h"
#include "client/lib/watch.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/stack.h"

struct local {
    const struct yon_module **modules; /* borrowed */
    size_t n_modules;
    size_t n_runs;
    bool is_unused; /* but for what runs */
};

/* A call that runs. */
struct run {
    yon_job job; /* first */
    yon_client *client;
    struct job_future *future; /* a reference */
    bool stopped;
};

/* ---- the client ---- */

enum err local_open(struct loop *loop, yon_client **out)
{
    yon_client *c;

    if (loop == NULL)
        return ERR_STATE;
    c = xcalloc(1, sizeof *c);
    c->loop = loop;
    loop_hold(loop);
    c->address = xstrdup(LOCAL_ADDRESS);
    c->local = xcalloc(1, sizeof *c->local);
    list_init(&c->pendings);
    c->broken = err_set(c->errmsg, ERR_STATE,
                        "a local client calls functions, nothing else");
    *out = c;
    return ERR_NONE;
}

static void free_unused(yon_client *c)
{
    if (!c->local->is_unused || c->local->n_runs > 0)
        return;
    free(c->local->modules);
    free(c->local);
    contact_free(c);
}

void local_close(yon_client *c)
{
    c->local->is_unused = true;
    free_unused(c);
}

/* ---- functions ---- */

static const struct yon_function *find(const struct local *l, struct view name)
{
    const struct yon_function *f;

    for (size_t i = 0; i < l->n_modules; i++)
        for (f = l->modules[i]->functions; f->name != NULL; f++)
            if (view_equal(name, view_str(f->name)))
                return f;
    return NULL;
}

int yon_offer(yon_client *c, const struct yon_module *module)
{
    const struct yon_function *f;
    struct local *l = c->local;

    if (l == NULL)
        return YON_ESTATE;
    if (module->abi != YON_MODULE_ABI)
        return YON_EVERSION;
    for (f = module->functions; f->name != NULL; f++)
        if (find(l, view_str(f->name)) != NULL)
            return YON_EEXISTS;
    l->modules = xrealloc(l->modules, (l->n_modules + 1) * sizeof *l->modules);
    l->modules[l->n_modules++] = module;
    return 0;
}

/* ---- a call ---- */

static yon_client *client_of(yon_job *job)
{
    return CONTAINER_OF(job, struct run, job)->client;
}

static void advance(yon_job *job, const struct advance *a)
{
    struct run *r = CONTAINER_OF(job, struct run, job);

    watch_note(r->future, a->done, a->total, a->doing);
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
    yon_client *c = r->client;

    r->future->pending.future.co = NULL;
    future_unref(&r->future->pending.future);
    job_fini(&r->job);
    free(r);
    c->local->n_runs--;
    free_unused(c);
}

static void run_ended(void *arg, int code)
{
    struct view unexplained = { 0 };
    struct run *r = arg;
    char own[JOB_OWN_LEN];
    struct outcome o;

    job_report(&r->job, code, r->stopped ? &unexplained : NULL, &o, own);
    job_future_end(r->future, &o);
    run_free(r);
}

static struct run *run_new(yon_client *c, yon_job_fn *fn, struct view args)
{
    struct run *r = xcalloc(1, sizeof *r);

    r->client = c;
    c->local->n_runs++;
    r->future = job_future_local(c);
    future_ref(&r->future->pending.future);
    r->job.tries = 1;
    r->job.fn = fn;
    r->job.client = client_of;
    r->job.advance = advance;
    buf_add_view(&r->job.args, args);
    return r;
}

yon_future *local_submit(yon_client *c, const struct op *submit)
{
    struct view name = submit->u.submit.fn;
    const struct yon_function *f = find(c->local, name);
    char errmsg[ERRMSG_LEN];
    yon_future *future;
    struct run *r;
    enum err err;

    if (c->is_closed || submit->u.submit.kind != KIND_CALL ||
        submit->u.submit.n != 0)
        return job_future_failed(c, c->broken, c->errmsg);
    if (f == NULL) {
        err_set(errmsg, ERR_ABSENT, "no function \"%.*s\" is offered here",
                (int)name.len, (const char *)name.data);
        return job_future_failed(c, ERR_ABSENT, errmsg);
    }
    r = run_new(c, f->fn, submit->u.submit.spec);
    future = &r->future->pending.future;
    err = loop_spawn(c->loop, f->name, run_main, run_ended, r, &future->co);
    if (err != ERR_NONE) {
        pending_end(&r->future->pending, err, STACK_NONE_TEXT);
        run_free(r);
    }
    return future;
}
