/* SPDX-License-Identifier: MIT */
/* submit - a job is accepted: checked, given an id, written, queued. */
#include <stdlib.h>
#include <string.h>

#include "coordinator/core/state.h"
#include "libcommon/mem.h"
#include "libcommon/rng.h"
#include "proto/policy.h"
#include "proto/spec.h"

/* Whoever finds the queue full asks again after about so long. */
#define QUEUE_RETRY_MS 1000
#define DISK_FULL_TEXT "the coordinator's disk is full: make room there"

/* Keys of one client may differ in any of their bits. */
static uint64_t key_slot(job_key key)
{
    uint64_t half[2];

    memcpy(half, key.bytes, sizeof half);
    return hash_mix(half[0]) ^ half[1];
}

static struct job *find_key(const struct coord *c, job_key key)
{
    struct job *j = map_get(&c->keys, key_slot(key));

    return j != NULL && key_equal(j->key, key) ? j : NULL;
}

static uint64_t content_hash(const struct op *op)
{
    int64_t numbers[] = { op->u.submit.kind, op->u.submit.n, op->u.submit.first,
                          op->u.submit.step };
    uint64_t hash = hash_bytes(view_of(numbers, sizeof numbers), 0);
    struct buf policy = { 0 };

    policy_encode(&policy, &op->u.submit.policy);
    hash = hash_bytes(op->u.submit.fn, hash);
    hash = hash_bytes(op->u.submit.spec, hash);
    hash = hash_bytes(buf_view(&policy), hash);
    buf_fini(&policy);
    return hash_bytes(op->u.submit.items, hash) >> 1; /* fits SQL's integers */
}

/* What is wrong with a submit, as a text that errmsg may hold; NULL: nothing.
 */
static const char *complaint(const struct op *op, char *errmsg)
{
    bool call = op->u.submit.kind == KIND_CALL;

    if (!call && op->u.submit.kind != KIND_COMMAND)
        return "a job is a call or a command";
    if (call != (op->u.submit.fn.len > 0))
        return "a call has a function, a command has none";
    if (op->u.submit.spec.len > SPEC_LEN_MAX)
        return "the arguments are larger than 1 MiB";
    if (op->u.submit.spec.len == 0)
        return "there is nothing to do: the spec is empty";
    if (op->u.submit.n > ELEM_MAX)
        return "an array has at most 16777215 elements";
    if (op->u.submit.items.len > ITEMS_LEN_MAX)
        return "the items are larger than 24 MiB: split the list";
    if (op->u.submit.n == 0 && op->u.submit.items.len > 0)
        return "items without an array";
    if (op->u.submit.items.len > 0 &&
        items_check(op->u.submit.items, op->u.submit.n) != ERR_NONE)
        return "the items are not what n says";
    if (op->u.submit.n > 0 && op->u.submit.items.len == 0 &&
        range_check(op->u.submit.first, op->u.submit.step, op->u.submit.n) !=
            ERR_NONE)
        return "the range leaves the integers of 64 bits";
    if (op->u.submit.n == 0 && (op->u.submit.policy.max_fails > 0 ||
                                op->u.submit.policy.max_fails_percent > 0))
        return "max-fails is for arrays";
    if (policy_check(&op->u.submit.policy, errmsg) != ERR_NONE)
        return errmsg;
    return NULL;
}

/* The queue has no room for n more of something: later, or never. */
static void refuse_queue(struct coord *c, struct session *s,
                         const struct op *op, const char *what, uint64_t there,
                         uint64_t n, uint64_t max)
{
    if (n > max)
        answer_refuse_req(c, s, op->u.submit.req, ERR_LIMIT, 0,
                          "the queue takes %llu %s at most, this has %llu: "
                          "submit it in parts",
                          (unsigned long long)max, what, (unsigned long long)n);
    else
        answer_refuse_req(c, s, op->u.submit.req, ERR_LIMIT, QUEUE_RETRY_MS,
                          "the queue is full: %llu %s wait",
                          (unsigned long long)there, what);
}

/* Refuse for want of room or time. True: refused. */
static bool refuse_now(struct coord *c, struct session *s, const struct op *op)
{
    uint64_t req = op->u.submit.req;
    uint32_t n = op->u.submit.n == 0 ? 1 : op->u.submit.n;
    size_t bytes = op->u.submit.spec.len + op->u.submit.items.len;

    if (c->draining)
        answer_refuse_req(c, s, req, ERR_BUSY, 1000, "going down");
    else if (s->n_submits >= c->config.submits_max)
        answer_refuse_req(c, s, req, ERR_BUSY, 100,
                          "too many submits without a receipt");
    else if (c->full || c->now_ms < c->full_until_ms)
        answer_refuse_req(c, s, req, ERR_FULL, 0, "%s", DISK_FULL_TEXT);
    else if (c->n_unended + n > c->config.queue_max)
        refuse_queue(c, s, op, "jobs", c->n_unended, n, c->config.queue_max);
    else if (c->n_bytes + bytes > c->config.queue_bytes_max)
        refuse_queue(c, s, op, "bytes", c->n_bytes, bytes,
                     c->config.queue_bytes_max);
    else
        return false;
    return true;
}

static struct blob *blob_or_null(struct view v)
{
    return v.len == 0 ? NULL : blob_new(v);
}

/* NULL when it says nothing, as most do. */
static struct blob *policy_blob(const struct policy *p)
{
    struct buf bytes = { 0 }, none = { 0 };
    struct blob *blob = NULL;

    policy_encode(&bytes, p);
    policy_encode(&none, &(struct policy){ 0 });
    if (!view_equal(buf_view(&bytes), buf_view(&none)))
        blob = blob_new(buf_view(&bytes));
    buf_fini(&bytes);
    buf_fini(&none);
    return blob;
}

static struct job *make_job(struct coord *c, const struct op *op)
{
    struct record rec = {
        .type = RECORD_JOB,
        .u.job = { .id = { c->next_job++ },
                   .hash = content_hash(op),
                   .at_ms = c->wall_ms,
                   .kind = op->u.submit.kind,
                   .array = op->u.submit.n > 0,
                   .n = op->u.submit.n > 0 ? op->u.submit.n : 1,
                   .first = op->u.submit.first,
                   .step = op->u.submit.step,
                   .name = blob_or_null(op->u.submit.jobname),
                   .fn = blob_or_null(op->u.submit.fn),
                   .spec = blob_or_null(op->u.submit.spec),
                   .items = blob_or_null(op->u.submit.items),
                   .policy = policy_blob(&op->u.submit.policy) },
    };
    struct job *j;

    memcpy(rec.u.job.key.bytes, op->u.submit.key.bytes, sizeof rec.u.job.key);
    j = job_new(&rec);
    /* Only an id that is reserved on disk, and a key that cannot be known, may
     * leave this process before the job is durable. */
    j->held = !op->u.submit.fresh || j->id.n >= c->ids_durable;
    return j;
}

void submit_reserve(struct coord *c)
{
    if (c->next_job + JOB_IDS_BLOCK / 2 < c->ids_asked)
        return;
    c->ids_asked = c->next_job + JOB_IDS_BLOCK;
    coord_persist(
        c, (struct record){ .type = RECORD_IDS, .u.mark.upto = c->ids_asked });
    keep_add(c, (struct promise){ .type = PROMISE_IDS,
                                  .ref.job = { c->ids_asked } });
}

void submit_link(struct coord *c, struct job *j)
{
    map_put(&c->jobs, j->id.n, j);
    if (map_get(&c->keys, key_slot(j->key)) == NULL)
        map_put(&c->keys, key_slot(j->key), j);
    list_insert(&c->by_id, &j->by_id);
    j->lane = lane_get(c, blob_view(j->fn));
    c->n_unended += job_n_unended(j);
    c->n_bytes += blob_view(j->spec).len + blob_view(j->items).len;
}

void submit_queue(struct coord *c, struct job *j)
{
    if (!j->held && !j->refused && !(c->recovering && j->restored) &&
        job_n_ready(j) > 0)
        lane_queue(j->lane, j);
    expire_arm(c, j);
}

static void unlink_key(struct coord *c, struct job *j)
{
    if (map_get(&c->keys, key_slot(j->key)) == j)
        map_remove(&c->keys, key_slot(j->key));
}

/* Who still waits for a job that leaves memory: the store knows the answer,
 * unless it never took the job. */
static void pass_on(struct coord *c, const struct job *j, struct ask *ask)
{
    list_remove(&ask->in_job);
    list_remove(&ask->in_watch);
    ask->job = NULL;
    if (j->refused)
        answer_refuse(c, ask, ERR_ABSENT, 0, "the job was not accepted");
    else if (ask->type == OP_TAIL)
        tail_begin(c, ask, j->id);
    else
        await_begin(c, ask, j->id, ask->elem);
}

void job_unlink(struct coord *c, struct job *j)
{
    ASSERT(j->n_promises == 0);
    map_remove(&c->jobs, j->id.n);
    unlink_key(c, j);
    expire_end(c, j);
    lane_unqueue(j->lane, j);
    retry_pull_range(c, j, 1, j->counts.n);
    c->n_bytes -= blob_view(j->spec).len + blob_view(j->items).len;
    c->n_ended += !j->refused;
    LIST_EACH (it, save, &j->asks)
        pass_on(c, j, LIST_ENTRY(it, struct ask, in_job));
    LIST_EACH (it, save, &j->tails)
        pass_on(c, j, LIST_ENTRY(it, struct ask, in_job));
    job_free(j);
}

/* Whether the same job or a conflict: it is said when the job that is there is
 * durable, since until then it may still be lost. */
static void existing(struct coord *c, struct session *s, struct job *j,
                     const struct op *op)
{
    struct ask *ask = answer_open(c, s, op->u.submit.req, OP_SUBMIT);

    if (ask == NULL)
        return;
    s->n_submits++;
    ask->what = op->u.submit.await;
    keep_add(c, (struct promise){ .type = PROMISE_RECEIPT,
                                  .session = s->id,
                                  .req = ask->req,
                                  .job = j,
                                  .existed = true,
                                  .conflict = j->hash != content_hash(op) });
}

static void accept(struct coord *c, struct session *s, const struct op *op)
{
    struct ask *ask = answer_open(c, s, op->u.submit.req, OP_SUBMIT);
    struct job *j;

    if (ask == NULL)
        return;
    s->n_submits++;
    ask->what = op->u.submit.await;
    submit_reserve(c);
    j = make_job(c, op);
    submit_link(c, j);
    coord_persist(c, job_record(j));
    j->lsn = c->n_records;
    keep_add(c, (struct promise){ .type = PROMISE_RECEIPT,
                                  .session = s->id,
                                  .req = ask->req,
                                  .job = j });
    expire_begin(c, j);
    submit_queue(c, j);
}

void submit_take(struct coord *c, struct session *s, const struct op *op)
{
    char errmsg[ERRMSG_LEN];
    job_key key;
    struct job *j;
    const char *why = complaint(op, errmsg);

    if (map_get(&s->asks, op->u.submit.req) != NULL)
        return; /* sent again: the first one is being worked on */
    if (why != NULL) {
        answer_refuse_req(c, s, op->u.submit.req, ERR_RANGE, 0, "%s", why);
        return;
    }
    memcpy(key.bytes, op->u.submit.key.bytes, sizeof key.bytes);
    j = find_key(c, key);
    if (j != NULL && !j->refused)
        existing(c, s, j, op);
    else if (!refuse_now(c, s, op))
        accept(c, s, op);
}

static void drop_attempts(struct coord *c, struct job *j)
{
    for (uint32_t elem = 1; elem <= j->counts.n && j->counts.running > 0;
         elem++) {
        struct attempt *a =
            attempt_find(c, (struct task_id){ .job = j->id, .elem = elem });
        if (a == NULL || a->ended)
            continue;
        if (a->session != NULL)
            settle_verdict(c, a->session, attempt_held(a), VERDICT_KILL);
        attempt_free(c, a);
        j->counts.running--;
    }
}

void submit_drop(struct coord *c, const struct coord_refusal *refusal)
{
    struct job *j = coord_job(c, refusal->id.n);

    ASSERT(j != NULL && !j->refused);
    j->refused = true;
    j->refused_why = refusal->why;
    j->existing = refusal->existing;
    c->n_unended -= job_n_unended(j);
    lane_unqueue(j->lane, j);
    expire_end(c, j);
    retry_pull_range(c, j, 1, j->counts.n);
    unlink_key(c, j);
    drop_attempts(c, j);
}

static void receipt(struct coord *c, struct ask *ask, job_id id, uint32_t n,
                    bool existed)
{
    struct op op = { .type = OP_RECEIPT,
                     .u.receipt = { .req = ask->req,
                                    .job = id.n,
                                    .n = n,
                                    .existed = existed } };
    bool await = ask->what != 0;

    if (!await) {
        answer(c, ask, &op);
        return;
    }
    coord_send(c, ask->session, &op);
    ask->receipted = true;
    ask->session->n_submits--;
    await_begin(c, ask, id, 0);
}

static void release_held(struct coord *c, struct job *j)
{
    j->held = false;
    submit_queue(c, j);
}

static void refuse_conflict(struct coord *c, struct ask *ask, job_id id)
{
    answer_refuse(c, ask, ERR_CONFLICT, 0,
                  "job %llu has this key and other content",
                  (unsigned long long)id.n);
}

/* A submit with j's key and other content than j. When the store has not taken
 * j, it is not known what is there. */
static void keep_conflict(struct coord *c, struct ask *ask, const struct job *j)
{
    if (!j->refused)
        refuse_conflict(c, ask, j->id);
    else if (j->refused_why == ERR_EXISTS)
        refuse_conflict(c, ask, j->existing);
    else
        answer_refuse(c, ask, ERR_BUSY, 1, "the key was in use: ask again");
}

void submit_keep(struct coord *c, const struct promise *p)
{
    struct job *j = p->job;
    struct session *s = coord_session(c, p->session);
    struct ask *ask = s == NULL ? NULL : map_get(&s->asks, p->req);

    if (j->held)
        release_held(c, j);
    if (ask == NULL)
        return;
    if (p->conflict)
        keep_conflict(c, ask, j);
    else if (!j->refused)
        receipt(c, ask, j->id, j->array ? j->counts.n : 0, p->existed);
    else if (j->refused_why == ERR_EXISTS)
        receipt(c, ask, j->existing, j->array ? j->counts.n : 0, true);
    else if (j->refused_why == ERR_CONFLICT)
        refuse_conflict(c, ask, j->existing);
    else
        answer_refuse(c, ask, ERR_FULL, 0, "%s", DISK_FULL_TEXT);
}
