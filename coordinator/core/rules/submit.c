/* SPDX-License-Identifier: MIT */
/* submit - complaints, room, ids, keys, and the receipt. */
#include "coordinator/core/rules/submit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/core/ask/answer.h"
#include "coordinator/core/ask/await.h"
#include "coordinator/core/ask/follow.h"
#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/follower.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/on_commit.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/queue.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/requeue.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/tables.h"
#include "coordinator/core/model/timing.h"
#include "coordinator/core/rules/element.h"
#include "coordinator/core/rules/tell_worker.h"
#include "libcommon/check.h"
#include "libcommon/rng.h"
#include "libcommon/trace.h"
#include "proto/frame.h"
#include "proto/policy.h"
#include "proto/spec.h"

#define JOB_IDS_BLOCK 256 /* ids reserved at once */
/* A hint for clients that find the queue full. */
#define QUEUE_RETRY_MS 1000
#define DISK_FULL_TEXT "the coordinator's disk is full: make room there"

/* A command is the same from another terminal, whose environment differs. */
static struct view spec_essence(const struct op *op)
{
    return op->u.submit.kind == KIND_COMMAND
               ? command_spec_essence(op->u.submit.spec)
               : op->u.submit.spec;
}

static uint64_t content_hash(const struct op *op, struct view policy)
{
    int64_t numbers[] = { op->u.submit.kind, op->u.submit.n, op->u.submit.first,
                          op->u.submit.step };
    uint64_t hash = hash_bytes(view_of(numbers, sizeof numbers), 0);
    hash = hash_bytes(op->u.submit.fn, hash);
    hash = hash_bytes(spec_essence(op), hash);
    hash = hash_bytes(policy, hash);
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
static void refuse_queue(struct coord *c, struct open_request *request,
                         const char *what, uint64_t there, uint64_t n,
                         uint64_t max)
{
    if (n > max)
        answer_refuse(c, request, ERR_LIMIT, 0,
                      "the queue takes %llu %s at most, this has %llu: "
                      "submit it in parts",
                      (unsigned long long)max, what, (unsigned long long)n);
    else
        answer_refuse(c, request, ERR_LIMIT, QUEUE_RETRY_MS,
                      "the queue is full: %llu %s wait",
                      (unsigned long long)there, what);
}

/* Refuse for want of room or time. True: refused. */
static bool refuse_now(struct coord *c, struct open_request *request,
                       const struct op *op)
{
    uint32_t n = op->u.submit.n == 0 ? 1 : op->u.submit.n;
    size_t bytes =
        job_cost(n, op->u.submit.spec.len + op->u.submit.items.len +
                        op->u.submit.fn.len + op->u.submit.jobname.len);

    if (c->draining)
        answer_refuse(c, request, ERR_BUSY, 1000, "going down");
    else if (request->session->n_submits > c->config.submits_max)
        answer_refuse(c, request, ERR_BUSY, 100,
                      "too many submits without a receipt");
    else if (c->full || c->now_ms < c->full_until_ms)
        answer_refuse(c, request, ERR_FULL, 0, "%s", DISK_FULL_TEXT);
    else if (c->n_unended + n > c->config.queue_max)
        refuse_queue(c, request, "jobs", c->n_unended, n, c->config.queue_max);
    else if (c->n_bytes + bytes > c->config.queue_bytes_max)
        refuse_queue(c, request, "bytes", c->n_bytes, bytes,
                     c->config.queue_bytes_max);
    else
        return false;
    return true;
}

static struct blob *blob_or_null(struct view v)
{
    return v.len == 0 ? NULL : blob_new(v);
}

static struct buf encode_policy(const struct policy *p)
{
    struct buf bytes = { 0 };

    policy_encode(&bytes, p);
    return bytes;
}

void submit_init(struct coord *c)
{
    c->no_policy = encode_policy(&(struct policy){ 0 });
    c->next_job = 1;
}

/* NULL when it says nothing, as most do. */
static struct blob *policy_or_null(const struct coord *c, struct view policy)
{
    return view_equal(policy, buf_view(&c->no_policy)) ? NULL
                                                       : blob_new(policy);
}

static struct job *make_job(struct coord *c, const struct op *op)
{
    struct buf policy = encode_policy(&op->u.submit.policy);
    struct record rec = {
        .type = RECORD_JOB,
        .u.job = { .id = { c->next_job++ },
                   .hash = content_hash(op, buf_view(&policy)),
                   .at_ms = c->wall_ms,
                   .lived_ms = c->lived_ms,
                   .kind = op->u.submit.kind,
                   .array = op->u.submit.n > 0,
                   .n = op->u.submit.n > 0 ? op->u.submit.n : 1,
                   .first = op->u.submit.first,
                   .step = op->u.submit.step,
                   .key = op->u.submit.key,
                   .name = blob_or_null(op->u.submit.jobname),
                   .fn = blob_or_null(op->u.submit.fn),
                   .spec = blob_or_null(op->u.submit.spec),
                   .items = blob_or_null(op->u.submit.items),
                   .policy = policy_or_null(c, buf_view(&policy)) },
    };
    struct job *j;

    j = job_new(&rec, c->bodies);
    buf_fini(&policy);
    /* Only an id that is reserved on disk, and a key that cannot be known, may
     * leave this process before the job is durable. */
    j->needs_commit = !op->u.submit.fresh || j->id.n >= c->ids_durable;
    return j;
}

void submit_reserve_ids(struct coord *c)
{
    if (c->next_job + JOB_IDS_BLOCK / 2 < c->ids_reserved)
        return;
    c->ids_reserved = c->next_job + JOB_IDS_BLOCK;
    actions_persist(c, (struct record){ .type = RECORD_IDS,
                                        .u.mark.upto = c->ids_reserved });
    on_commit_add(c, (struct on_commit){ .type = ON_COMMIT_IDS,
                                         .task.job = { c->ids_reserved } });
}

/* The same job or a conflict: the answer waits until the existing job is
 * durable, since until then it may be lost. */
static void existing(struct coord *c, struct open_request *request,
                     struct job *j, const struct op *op)
{
    struct buf policy = encode_policy(&op->u.submit.policy);
    uint64_t hash = content_hash(op, buf_view(&policy));

    buf_fini(&policy);
    on_commit_add(c, (struct on_commit){ .type = ON_COMMIT_RECEIPT,
                                         .session = request->session->id,
                                         .req = request->req,
                                         .job = j,
                                         .existed = true,
                                         .conflict = j->hash != hash });
}

static void accept(struct coord *c, struct open_request *request,
                   const struct op *op)
{
    struct job *j;

    submit_reserve_ids(c);
    j = make_job(c, op);
    tables_link(c, j);
    element_begin_all(c, j);
    actions_persist(c, job_record(j));
    j->lsn = c->n_records;
    on_commit_add(c, (struct on_commit){ .type = ON_COMMIT_RECEIPT,
                                         .session = request->session->id,
                                         .req = request->req,
                                         .job = j });
    trace_line(c->trace, TRACE_DEBUG, "job-accepted",
               "job=%" PRIu64 " n=%u fn=%.*s session=%" PRIu64, j->id.n,
               j->counts.n, TRACE_VIEW(op->u.submit.fn),
               request->session->id.n);
    timing_begin(c, j);
    follow_begin(c, request, j, 0);
    queue_job(c, j);
}

void submit_take(struct coord *c, struct open_request *request,
                 const struct op *op)
{
    char errmsg[ERRMSG_LEN];
    struct job *j;
    const char *why = complaint(op, errmsg);

    if (why != NULL) {
        answer_refuse(c, request, ERR_RANGE, 0, "%s", why);
        return;
    }
    request->what = op->u.submit.await;
    request->follow = op->u.submit.await ? op->u.submit.follow : 0;
    j = tables_key(c, op->u.submit.key);
    if (j != NULL && !j->refused)
        existing(c, request, j, op);
    else if (!refuse_now(c, request, op))
        accept(c, request, op);
}

static void drop_attempts(struct coord *c, struct job *j)
{
    for (uint32_t elem = 1; elem <= j->counts.n && j->counts.running > 0;
         elem++) {
        struct attempt *a =
            attempt_find(c, (struct task_id){ .job = j->id, .elem = elem });
        if (a == NULL || !attempt_is_active(a))
            continue;
        if (a->session != NULL)
            tell_worker_ruling(c, a->session, attempt_key_of(a), VERDICT_KILL);
        attempt_free(c, a, "attempt-dropped");
        j->counts.running--;
    }
}

void submit_undo(struct coord *c, const struct record_refusal *refusal)
{
    struct job *j = tables_job(c, refusal->id.n);

    ASSERT(j != NULL && !j->refused);
    j->refused = true;
    j->refused_why = refusal->why;
    j->existing = refusal->existing;
    trace_line(c->trace, TRACE_DEBUG, "job-refused",
               "job=%" PRIu64 " existing=%" PRIu64 " error=%s", j->id.n,
               j->existing.n, err_text(j->refused_why));
    element_drop_all(c, j);
    queue_remove(j);
    timing_end(c, j);
    requeue_pull_range(c, j, 1, j->counts.n);
    tables_unlink_key(c, j);
    drop_attempts(c, j);
    followers_free(j); /* those of the job that has the key come with it */
}

static void receipt(struct coord *c, struct open_request *request, job_id id,
                    uint32_t n, bool existed)
{
    struct op op = { .type = OP_RECEIPT,
                     .u.receipt = { .req = request->req,
                                    .job = id.n,
                                    .n = n,
                                    .existed = existed } };
    bool await = request->what != 0;

    if (!await) {
        answer(c, request, &op);
        return;
    }
    actions_send(c, request->session, &op);
    request->receipted = true;
    request->session->n_submits--;
    await_begin(c, request, id, 0);
}

static void release(struct coord *c, struct job *j)
{
    j->needs_commit = false;
    queue_job(c, j);
}

static void refuse_conflict(struct coord *c, struct open_request *request,
                            job_id id)
{
    answer_refuse(c, request, ERR_CONFLICT, 0,
                  "job %llu has this key and other content",
                  (unsigned long long)id.n);
}

/* A submit with j's key and other content than j. When the store refused j, the
 * job that has the key is not known. */
static void say_conflict(struct coord *c, struct open_request *request,
                         const struct job *j)
{
    if (!j->refused)
        refuse_conflict(c, request, j->id);
    else if (j->refused_why == ERR_EXISTS)
        refuse_conflict(c, request, j->existing);
    else
        answer_refuse(c, request, ERR_BUSY, 1, "the key was in use: ask again");
}

void submit_committed(struct coord *c, const struct on_commit *p)
{
    struct job *j = p->job;
    struct open_request *request = open_request_find(c, p->session, p->req);

    if (j->needs_commit)
        release(c, j);
    if (request == NULL)
        return;
    if (p->conflict)
        say_conflict(c, request, j);
    else if (!j->refused)
        receipt(c, request, j->id, j->array ? j->counts.n : 0, p->existed);
    else if (j->refused_why == ERR_EXISTS)
        receipt(c, request, j->existing, j->array ? j->counts.n : 0, true);
    else if (j->refused_why == ERR_CONFLICT)
        refuse_conflict(c, request, j->existing);
    else
        answer_refuse(c, request, ERR_FULL, 0, "%s", DISK_FULL_TEXT);
}
