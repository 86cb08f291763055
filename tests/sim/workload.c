/* SPDX-License-Identifier: MIT */
/* workload - what clients ask for, at random. */
#include "tests/sim/workload.h"

#include <stdio.h>

#include "libcommon/check.h"
#include "proto/spec.h"
#include "tests/sim/content.h"
#include "tests/sim/world.h"

#define SPEC_MAX 24
#define ARRAY_MAX 300
#define ITEM_MAX 12
#define USER_KEYS 5
#define NAMES 4
#define MUCH_MAX 12
#define UNKNOWN_JOB (UINT64_C(1) << 30)

/* ---- submits ---- */

struct submit {
    struct op op;
    char name[16], fn[16];
    struct buf spec, items;
};

static int64_t between(struct rng *r, int64_t least, int64_t most)
{
    return least + (int64_t)rng_below(r, (uint64_t)(most - least + 1));
}

static void make_call(struct submit *s, struct rng *r, unsigned n_workers)
{
    uint8_t bytes[SPEC_MAX] = { 0xc4, SPEC_MAX - 2 }; /* msgpack: bin 8 */
    int64_t kind = between(r, 1, 100);

    if (kind <= 2)
        snprintf(s->fn, sizeof s->fn, WORKLOAD_NOBODY);
    else if (kind <= 4)
        snprintf(s->fn, sizeof s->fn, WORKLOAD_WAIT);
    else if (kind <= 8)
        snprintf(s->fn, sizeof s->fn, WORKLOAD_CPU);
    else if (kind <= 16)
        snprintf(s->fn, sizeof s->fn, "w%u",
                 1 + (unsigned)rng_below(r, n_workers));
    else if (kind <= 20)
        snprintf(s->fn, sizeof s->fn, WORKLOAD_BOOM);
    else
        snprintf(s->fn, sizeof s->fn, kind <= 70 ? "add" : "slow");
    rng_fill(r, bytes + 2, SPEC_MAX - 2);
    buf_add(&s->spec, bytes, SPEC_MAX);
    s->op.u.submit.kind = KIND_CALL;
}

static void make_command(struct submit *s, struct rng *r)
{
    char number[24];
    struct view argv[2] = { view_str("prog") };
    struct command_spec spec = { .argv = { argv, 2 } };

    snprintf(number, sizeof number, "%llx", (unsigned long long)rng_next(r));
    argv[1] = view_str(number);
    command_spec_encode(&s->spec, &spec);
    s->op.u.submit.kind = KIND_COMMAND;
}

static void make_array(struct submit *s, struct rng *r)
{
    uint8_t item[ITEM_MAX];
    bool has_nul = rng_below(r, 20) == 0; /* is to be refused */
    uint32_t n = (uint32_t)between(r, 1, 8);

    if (strcmp(s->fn, WORKLOAD_WAIT) == 0 || strcmp(s->fn, WORKLOAD_BOOM) == 0)
        n = (uint32_t)between(r, 1, 3);
    else if (rng_below(r, 20) == 0)
        n = (uint32_t)between(r, 9, ARRAY_MAX);
    s->op.u.submit.n = n;
    s->op.u.submit.first = between(r, -100, 100);
    s->op.u.submit.step = between(r, 1, 9);
    if (rng_below(r, 2) == 0)
        return;
    s->op.u.submit.first = s->op.u.submit.step = 0;
    for (uint32_t i = 0; i < n; i++) {
        rng_fill(r, item, sizeof item);
        for (size_t at = 0; at < sizeof item && !has_nul; at++)
            item[at] |= 1;
        if (n % 3 == 0) /* as a retry has them */
            items_add_number(&s->items, (int64_t)i * 7 - 9);
        items_add(&s->items, view_of(item, (size_t)between(r, 0, ITEM_MAX)));
    }
}

static uint64_t make_limit(struct rng *r, int64_t least, int64_t most)
{
    return rng_below(r, 3) == 0 ? (uint64_t)between(r, least, most) : 0;
}

static void make_limits(struct policy *p, struct rng *r)
{
    p->queue_ms = make_limit(r, 100, 6000);
    p->start_ms = (uint64_t)between(r, 0, 300);
    p->run_ms = make_limit(r, 50, 4000);
    p->idle_ms = make_limit(r, 50, 2000);
    p->total_ms = make_limit(r, 500, 12000);
}

static void make_policy(struct submit *s, struct rng *r)
{
    static const char *const lists[] = { "", "", "exit=3,error=not work",
                                         "lost,exit=4-5", "error,run-timeout" };
    struct policy *p = &s->op.u.submit.policy;

    if (rng_below(r, 5) == 0) {
        p->at_most_once = true;
    } else {
        p->retries = (uint32_t)between(r, 0, 4);
        p->backoff_min_ms = (uint32_t)between(r, 0, 300);
        p->backoff_max_ms = (uint32_t)between(r, 300, 1500);
        p->retry_on = view_str(lists[rng_below(r, ARRAY_LEN(lists))]);
    }
    if (s->op.u.submit.n > 0 && rng_below(r, 3) == 0)
        p->max_fails = (uint32_t)between(r, 1, 3);
    if (s->op.u.submit.n > 0 && rng_below(r, 5) == 0)
        p->max_fails_percent = (uint32_t)between(r, 1, 100);
}

static void make_content(struct submit *s, struct rng *r, unsigned n_workers)
{
    s->op.type = OP_SUBMIT;
    if (rng_below(r, 3) == 0)
        make_command(s, r);
    else
        make_call(s, r, n_workers);
    if (rng_below(r, 5) < 2)
        make_array(s, r);
    if (rng_below(r, 4) == 0)
        make_limits(&s->op.u.submit.policy, r);
    if (rng_below(r, 2) == 0)
        snprintf(s->name, sizeof s->name, "job-%u", (unsigned)rng_below(r, 4));
    if (rng_below(r, 2) == 0)
        make_policy(s, r);
    s->op.u.submit.jobname = view_str(s->name);
    s->op.u.submit.fn = view_str(s->fn);
    s->op.u.submit.spec = buf_view(&s->spec);
    s->op.u.submit.items = buf_view(&s->items);
}

/* The same key means the same job, so its content comes from the key; now and
 * then somebody gives it to something else. */
static void make_known(struct world *w, struct submit *s)
{
    uint64_t key = rng_below(&w->rng, USER_KEYS);
    uint64_t variant = world_chance(w, 150) ? 1 : 0;
    uint64_t seed = hash_mix(w->config.seed) ^ (key << 8);
    struct rng r;

    rng_init(&r, seed);
    rng_fill(&r, s->op.u.submit.key.bytes, sizeof s->op.u.submit.key.bytes);
    rng_init(&r, seed ^ (variant + 1));
    make_content(s, &r, w->config.n_workers);
    if (variant == 1) /* names are no content */
        s->op.u.submit.jobname = view_str("other");
}

static uint64_t digest_of(const struct op *op)
{
    struct content content = {
        .kind = op->u.submit.kind,
        .array = op->u.submit.n > 0,
        .n = op->u.submit.n > 0 ? op->u.submit.n : 1,
        .first = op->u.submit.first,
        .step = op->u.submit.step,
        .name = op->u.submit.jobname,
        .fn = op->u.submit.fn,
        .spec = op->u.submit.spec,
        .items = op->u.submit.items,
        .policy = op->u.submit.policy,
    };

    return content_digest(&content);
}

static void want_submit(struct world *w, struct client_host *c)
{
    struct submit s = { 0 };
    struct request about = { 0 };
    struct rng r;

    if (world_chance(w, 150)) {
        make_known(w, &s);
    } else {
        rng_init(&r, rng_next(&w->rng));
        rng_fill(&r, s.op.u.submit.key.bytes, sizeof s.op.u.submit.key.bytes);
        make_content(&s, &r, w->config.n_workers);
        s.op.u.submit.fresh = true;
    }
    s.op.u.submit.await = world_chance(w, 500);
    s.op.u.submit.follow = (uint8_t)world_between(w, 0, STREAM_BITS);
    about.follow = s.op.u.submit.await ? s.op.u.submit.follow : 0;
    about.await = s.op.u.submit.await;
    about.n = s.op.u.submit.n;
    about.digest = digest_of(&s.op);
    about.key = s.op.u.submit.key;
    client_host_ask(c, &s.op, &about);
    buf_fini(&s.spec);
    buf_fini(&s.items);
}

/* ---- about jobs that exist ---- */

/* Some job that people know, the newer ones rather; or one that is none. */
static struct request some_job(struct world *w)
{
    struct ledger *l = &w->ledger;
    struct request about = { .job = { UNKNOWN_JOB + rng_below(&w->rng, 1000) },
                             .n = 1 };
    uint64_t back = rng_below(&w->rng, l->n_told + 1);

    if (world_chance(w, 700) && back > 6)
        back = rng_below(&w->rng, 6);
    if (back < l->n_told) {
        about.job = l->told[l->n_told - 1 - back];
        about.n = ledger_job(w, about.job)->n;
    }
    return about;
}

static void some_range(struct world *w, struct request *about)
{
    about->first = 1;
    about->last = about->n;
    if (world_chance(w, 500))
        return;
    about->first = (uint32_t)world_between(w, 1, about->n);
    about->last = (uint32_t)world_between(w, about->first, about->n);
}

static void want_await(struct world *w, struct client_host *c)
{
    struct request about = some_job(w);
    struct op op = { .type = OP_AWAIT, .u.await = { .job = about.job.n } };

    if (world_chance(w, 300))
        op.u.await.elem = (uint32_t)world_between(w, 1, about.n + 1);
    if (world_chance(w, 400))
        op.u.await.progress_ms = (uint32_t)world_between(w, 10, 1000);
    op.u.await.follow = (uint8_t)world_between(w, 0, STREAM_BITS);
    about.first = op.u.await.elem;
    about.follow = op.u.await.follow;
    client_host_ask(c, &op, &about);
}

static void want_fetch(struct world *w, struct client_host *c)
{
    struct request about = some_job(w);
    struct op op = { .type = OP_FETCH };

    some_range(w, &about);
    about.max = (uint32_t)world_between(w, 1, 100);
    about.bodies = world_between(w, 0, 3) > 0;
    op.u.fetch.job = about.job.n;
    op.u.fetch.first = about.first;
    op.u.fetch.last = about.last;
    op.u.fetch.max = about.max;
    op.u.fetch.bodies = about.bodies;
    client_host_ask(c, &op, &about);
}

static void cancel(struct client_host *c, struct request about)
{
    struct op op = { .type = OP_CANCEL,
                     .u.cancel = { .job = about.job.n,
                                   .first = about.first,
                                   .last = about.last,
                                   .reason = view_str("not needed") } };

    ledger_ask_cancel(c->host.world, about.job, about.first, about.last);
    client_host_ask(c, &op, &about);
}

static void want_cancel(struct world *w, struct client_host *c)
{
    struct request about = some_job(w);

    some_range(w, &about);
    cancel(c, about);
}

static void want_list(struct world *w, struct client_host *c)
{
    struct request about = some_job(w);
    struct op op = {
        .type = OP_LIST,
        .u.list = { .what = (uint8_t)world_between(w, LIST_RECENT, LIST_NAME),
                    .id = about.job.n,
                    .jobname = view_str("job-1"),
                    .limit = (uint32_t)world_between(w, 1, 20),
                    .full = world_chance(w, 300) },
    };

    if (world_chance(w, 300)) /* the next page */
        op.u.list.before = about.job.n;
    /* Those that are active come on top. */
    about.max = op.u.list.what == LIST_RECENT ? UINT32_MAX : op.u.list.limit;
    client_host_ask(c, &op, &about);
}

static void want_status(struct world *w, struct client_host *c)
{
    struct op op = { .type = OP_STATUS };

    (void)w;
    client_host_ask(c, &op, &(struct request){ 0 });
}

static void want_workers(struct world *w, struct client_host *c)
{
    struct op op = { .type = OP_WORKERS };

    (void)w;
    client_host_ask(c, &op, &(struct request){ 0 });
}

static void want_tail(struct world *w, struct client_host *c)
{
    struct request about = some_job(w);
    struct op op = { .type = OP_TAIL };

    about.first = (uint32_t)world_between(w, 1, about.n);
    about.stream = (uint8_t)world_between(w, STREAM_OUT, STREAM_ERR);
    about.offset = world_chance(w, 500) ? 0 : rng_below(&w->rng, 30);
    if (c->more.job.n != 0 && world_chance(w, 500))
        about = c->more;
    op.u.tail.epoch = about.of.epoch;
    op.u.tail.attempt = about.of.n;
    op.u.tail.job = about.job.n;
    op.u.tail.elem = about.first;
    op.u.tail.stream = about.stream;
    op.u.tail.offset = about.offset;
    op.u.tail.done = about.done;
    about.max = op.u.tail.max = (uint32_t)world_between(w, 1, 40);
    client_host_ask(c, &op, &about);
}

static void want_attempts(struct world *w, struct client_host *c)
{
    struct request about = some_job(w);
    struct op op = { .type = OP_ATTEMPTS };

    some_range(w, &about);
    op.u.attempts.job = about.job.n;
    op.u.attempts.first = about.first;
    op.u.attempts.last = about.last;
    client_host_ask(c, &op, &about);
}

/* Of the attempt that has ended an element, when one has. */
static void want_pieces(struct world *w, struct client_host *c)
{
    struct request about = some_job(w);
    const struct task_fact *r;
    struct op op = { .type = OP_PIECES };

    about.first = (uint32_t)world_between(w, 1, about.n);
    r = ledger_task(w, (struct task_id){ about.job, about.first });
    about.of = r != NULL ? r->ended_by : (struct attempt_id){ 0 };
    about.stream = STREAM_OUT;
    about.offset = rng_below(&w->rng, 4) * PIECE_LEN_MAX;
    op.u.pieces.job = about.job.n;
    op.u.pieces.elem = about.first;
    op.u.pieces.epoch = about.of.epoch;
    op.u.pieces.attempt = about.of.n;
    op.u.pieces.stream = about.stream;
    op.u.pieces.offset = about.offset;
    client_host_ask(c, &op, &about);
}

/* More at once than the store is given: others wait meanwhile. */
static void want_much(struct world *w, struct client_host *c)
{
    void (*const wants[])(struct world *,
                          struct client_host *) = { want_await, want_fetch,
                                                    want_list, want_attempts };
    int64_t n = world_between(w, 2, MUCH_MAX);

    for (int64_t i = 0; i < n; i++)
        wants[rng_below(&w->rng, ARRAY_LEN(wants))](w, c);
}

static void want_forget(struct world *w, struct client_host *c)
{
    struct request *oldest = NULL, *request;

    (void)w;
    for (size_t at = 0; (request = map_next(&c->requests, &at)) != NULL;)
        if (oldest == NULL || request->req < oldest->req)
            oldest = request;
    if (oldest != NULL)
        client_host_forget(c, oldest->req);
}

/* ---- what comes next ---- */

static const struct {
    void (*want)(struct world *w, struct client_host *c);
    unsigned weight;
} wants[] = {
    { want_submit, 40 },  { want_await, 14 }, { want_fetch, 10 },
    { want_cancel, 6 },   { want_list, 5 },   { want_status, 3 },
    { want_workers, 3 },  { want_tail, 6 },   { want_forget, 5 },
    { want_attempts, 3 }, { want_much, 2 },   { want_pieces, 4 },
};
_Static_assert(ARRAY_LEN(wants) == WORKLOAD_WANTS, "a weight for each");

void workload_begin(struct world *w)
{
    struct workload *l = &w->workload;

    for (size_t i = 0; i < ARRAY_LEN(wants); i++) {
        if (i > 0 && world_chance(w, 250))
            continue;
        l->weights[i] = wants[i].weight * (unsigned)world_between(w, 1, 3);
        l->weight_sum += l->weights[i];
    }
    l->pause_max_ms = world_between(w, 300, 4000);
}

void workload_want(struct world *w, struct client_host *c)
{
    const struct workload *l = &w->workload;
    uint64_t at = rng_below(&w->rng, l->weight_sum);
    size_t i = 0;

    while (at >= l->weights[i])
        at -= l->weights[i++];
    wants[i].want(w, c);
}

int64_t workload_pause_ms(struct world *w)
{
    return world_between(w, 1, w->workload.pause_max_ms);
}

static bool ends_by_cancel_only(const struct job_fact *j)
{
    struct view fn = blob_view(j->fn);

    return view_equal(fn, view_str(WORKLOAD_NOBODY)) ||
           view_equal(fn, view_str(WORKLOAD_WAIT));
}

static bool is_cancelled(const struct job_fact *j)
{
    for (uint32_t i = 0; i < j->n; i++)
        if (!j->tasks[i].cancelled)
            return false;
    return true;
}

void workload_tidy(struct world *w)
{
    struct job_fact *j;

    for (size_t at = 0; (j = map_next(&w->ledger.jobs, &at)) != NULL;) {
        if (!j->durable || j->n_ended == j->n || is_cancelled(j) ||
            !ends_by_cancel_only(j))
            continue;
        cancel(&w->clients[0],
               (struct request){ .job = j->id, .first = 1, .last = j->n });
        return; /* the walk is over when the ledger changes */
    }
}
