/* SPDX-License-Identifier: MIT */
/* answers - compares what a client is answered with the ledger. */
#include "tests/sim/answers.h"

#include "libcommon/check.h"
#include "proto/body.h"
#include "proto/req.h"
#include "tests/sim/content.h"
#include "tests/sim/pieces.h"
#include "tests/sim/truth.h"
#include "tests/sim/world.h"

static unsigned long long number(uint64_t n)
{
    return n;
}

static enum req_answer expected(const struct request *request,
                                enum op_type answer)
{
    if (answer == OP_RECEIPT && request->receipted)
        return REQ_IGNORED;
    return req_answer(request->type, request->await, answer);
}

static void be_accepted(struct client_host *h, struct request *request,
                        job_id id)
{
    struct world *w = h->host.world;
    const struct job_fact *j = ledger_job(w, id);

    if (j == NULL || !j->durable || !key_equal(j->key, request->key) ||
        j->digest != request->digest)
        broken(w, CONTENT_KEPT, "%s, request %llu: job %llu", h->host.name,
               number(request->req), number(id.n));
    request->receipted = true;
    request->job = id;
    ledger_tell(w, id);
    world_detail(w, h->host.name, "hears that job %llu is accepted",
                 number(id.n));
}

static void check_receipt(struct client_host *h, struct request *request,
                          const struct op *op)
{
    be_accepted(h, request, (job_id){ op->u.receipt.job });
    if (op->u.receipt.n != request->n)
        broken(h->host.world, ANSWER_TRUE,
               "job %llu has %u elements, the receipt says %u",
               number(request->job.n), request->n, op->u.receipt.n);
}

/* A RECEIPT may have been lost on the way: then the end tells the job, too. */
static void check_ended(struct client_host *h, struct request *request,
                        const struct op *op)
{
    struct world *w = h->host.world;

    if (request->type == OP_SUBMIT && !request->receipted)
        be_accepted(h, request, (job_id){ op->u.ended.job });
    if (op->u.ended.job != request->job.n ||
        (request->type == OP_AWAIT && op->u.ended.elem != request->first))
        broken(w, ANSWER_TRUE, "asked for %llu.%u, got %llu.%u",
               number(request->job.n), request->first, number(op->u.ended.job),
               op->u.ended.elem);
    truth_ended(w, op);
    world_detail(w, h->host.name, "hears that %llu.%u is %s",
                 number(op->u.ended.job), op->u.ended.elem,
                 state_name(op->u.ended.outcome.state));
}

static void check_progress(struct client_host *h, struct request *request,
                           const struct op *op)
{
    struct world *w = h->host.world;
    const struct counts *c = &op->u.progress.counts;
    const struct job_fact *j = ledger_job(w, request->job);
    uint64_t sum = (uint64_t)c->running + c->retrying + c->done + c->failed +
                   c->cancelled + c->expired + c->lost;

    if (op->u.progress.job != request->job.n || j == NULL || c->n != j->n ||
        sum > c->n)
        broken(w, ANSWER_TRUE, "progress of job %llu", number(request->job.n));
    truth_progress(w, op, j->array, request->first);
}

/* Elements from..to: was any left out that had ended when it was asked? */
static void check_left_out(struct client_host *h, struct request *request,
                           uint32_t from, uint32_t to)
{
    struct world *w = h->host.world;
    const struct job_fact *j = ledger_job(w, request->job);

    if (j->removed)
        return;
    for (uint32_t k = from; k <= to && k <= j->n; k++) {
        const struct task_fact *r = &j->tasks[k - 1];

        if (r->state != 0 && r->order <= request->n_outcomes)
            broken(w, FETCH_WHOLE, "%s, request %llu: %llu.%u", h->host.name,
                   number(request->req), number(request->job.n), k);
    }
}

static void check_fetch_reply(struct client_host *h, struct request *request,
                              const struct op *op)
{
    struct world *w = h->host.world;
    const struct outcomes *os = &op->u.fetch_reply.outcomes;
    uint32_t at = request->first, next = op->u.fetch_reply.next;

    if (os->n > request->max || (next != 0 && next > request->last))
        broken(w, ANSWER_TRUE, "too many outcomes of job %llu",
               number(request->job.n));
    for (size_t i = 0; i < os->n; i++) {
        const struct outcome *o = &os->at[i];

        if (o->job != request->job.n || o->elem < at || o->elem > request->last)
            broken(w, ANSWER_TRUE, "%llu.%u is not what was fetched",
                   number(o->job), o->elem);
        check_left_out(h, request, at, o->elem - 1);
        at = o->elem + 1;
    }
    check_left_out(h, request, at, next == 0 ? request->last : next - 1);
}

static void check_cancel_reply(struct client_host *h, struct request *request,
                               const struct op *op)
{
    struct world *w = h->host.world;
    const struct job_fact *j = ledger_job(w, request->job);
    uint32_t last = request->last < j->n ? request->last : j->n;
    uint64_t sum = (uint64_t)op->u.cancel_reply.ended +
                   op->u.cancel_reply.asked + op->u.cancel_reply.before;

    if (op->u.cancel_reply.job != request->job.n ||
        sum != last - request->first + 1)
        broken(w, ANSWER_TRUE,
               "cancel of %llu.%u-%u: %u cancelled, %u asked, %u before",
               number(request->job.n), request->first, last,
               op->u.cancel_reply.ended, op->u.cancel_reply.asked,
               op->u.cancel_reply.before);
    world_detail(w, h->host.name, "hears: %llu.%u-%u, %u cancelled, %u asked",
                 number(request->job.n), request->first, last,
                 op->u.cancel_reply.ended, op->u.cancel_reply.asked);
}

static void check_list_reply(struct client_host *h, struct request *request,
                             const struct op *op)
{
    if (op->u.list_reply.jobs.n > request->max)
        broken(h->host.world, ANSWER_TRUE, "a list of %zu jobs, at most %u",
               op->u.list_reply.jobs.n, request->max);
}

static void check_status_reply(struct client_host *h, struct request *request,
                               const struct op *op)
{
    struct world *w = h->host.world;

    (void)request;
    if (op->u.status_reply.epoch > w->coord.epoch ||
        op->u.status_reply.n_jobs > w->ledger.jobs.n)
        broken(w, ANSWER_TRUE, "status: epoch %llu, %llu jobs",
               number(op->u.status_reply.epoch),
               number(op->u.status_reply.n_jobs));
}

/* The bytes that a tail tells, and where they stand: those of an element that
 * has ended are in its body. */
static struct view told_bytes(struct world *w, const struct request *request,
                              const struct op *op, uint64_t *at)
{
    const struct op_tail_reply *reply = &op->u.tail_reply;
    struct body body;
    struct kept kept;

    *at = reply->offset;
    if (!reply->ended && reply->body.len == 0)
        return reply->bytes;
    if (reply->bytes.len > 0 ||
        body_decode(reply->body, &body, NULL) != ERR_NONE)
        broken(w, ANSWER_TRUE, "the end of a tail of %llu.%u",
               number(request->job.n), request->first);
    kept = body_kept(&body, request->stream);
    return kept_read(&kept, reply->offset, SIZE_MAX, at);
}

/* Where a user would go on. */
static void note_more(struct client_host *h, const struct request *request,
                      const struct op *op, uint64_t offset)
{
    h->more = *request;
    h->more.offset = offset;
    h->more.of =
        (struct attempt_id){ op->u.tail_reply.epoch, op->u.tail_reply.attempt };
    h->more.done = !op->u.tail_reply.ended && op->u.tail_reply.bytes.len == 0;
}

/* The offset is in the output of another attempt: this one's is told whole. */
static bool is_begun_anew(const struct request *request, const struct op *op)
{
    return request->of.n != 0 && (op->u.tail_reply.epoch != request->of.epoch ||
                                  op->u.tail_reply.attempt != request->of.n);
}

/* Commands write their result to stdout; nothing else is written. */
static void check_tail_reply(struct client_host *h, struct request *request,
                             const struct op *op)
{
    struct world *w = h->host.world;
    const struct job_fact *j = ledger_job(w, request->job);
    uint64_t offset;
    struct view bytes = told_bytes(w, request, op, &offset);
    char room[LEDGER_ITEM_LEN], label[LEDGER_ITEM_LEN];
    uint8_t right[CONTENT_RESULT_LEN];
    struct input in;

    note_more(h, request, op, offset + bytes.len);
    if ((is_begun_anew(request, op) ? offset != 0 : offset < request->offset) ||
        op->u.tail_reply.bytes.len > request->max)
        broken(w, ANSWER_TRUE, "a tail of %llu.%u is not what was asked for",
               number(request->job.n), request->first);
    if (bytes.len == 0)
        return;
    in = ledger_input(j, request->first, room, label);
    content_result(&in, right);
    if (j->kind != KIND_COMMAND || request->stream != STREAM_OUT ||
        offset + bytes.len > sizeof right ||
        memcmp(right + offset, bytes.data, bytes.len) != 0)
        broken(w, ANSWER_TRUE, "a tail of %llu.%u at %llu",
               number(request->job.n), request->first, number(offset));
}

/* Where an element stands is told of the only one that was asked for, and is no
 * end. */
static void check_now(struct world *w, const struct request *request,
                      const struct outcomes *now)
{
    const struct outcome *o = &now->at[0];

    if (now->n == 0)
        return;
    if (now->n > 1 || request->first != request->last ||
        o->job != request->job.n || o->elem != request->first ||
        state_is_terminal(o->state) ||
        (o->attempt > 0) != (o->state == STATE_RUNNING))
        broken(w, ANSWER_TRUE, "%llu.%u is told as %s, attempt %llu.%llu",
               number(o->job), o->elem, state_name(o->state), number(o->epoch),
               number(o->attempt));
}

/* In order, and each is an attempt that is known not to have settled its
 * element. */
static void check_attempts_reply(struct client_host *h, struct request *request,
                                 const struct op *op)
{
    struct world *w = h->host.world;
    const struct outcomes *os = &op->u.attempts_reply.attempts;
    uint32_t at = request->first;

    check_now(w, request, &op->u.attempts_reply.now);
    for (size_t i = 0; i < os->n; i++) {
        const struct outcome *o = &os->at[i];

        if (o->job != request->job.n || o->elem < at ||
            o->elem > request->last || !history_knows(w, o))
            broken(
                w, ANSWER_TRUE, "attempt %llu.%llu is told as one of %llu.%u",
                number(o->epoch), number(o->attempt), number(o->job), o->elem);
        at = o->elem;
    }
}

static void check_pieces_reply(struct client_host *h, struct request *request,
                               const struct op *op)
{
    struct attempt_key id = { request->job.n, request->first, request->of.epoch,
                              request->of.n };

    pieces_check_told(h->host.world, id, &op->u.pieces_reply.pieces,
                      request->offset);
}

static void check_workers_reply(struct client_host *h, struct request *request,
                                const struct op *op)
{
    struct world *w = h->host.world;
    const struct peers *peers = &op->u.workers_reply.workers;

    (void)request;
    for (size_t i = 0; i < peers->n; i++) {
        unsigned k = 0;

        while (k < w->config.n_workers &&
               !view_equal(peers->at[i].peername,
                           view_str(w->workers[k].host.name)))
            k++;
        if (k == w->config.n_workers)
            broken(w, ANSWER_TRUE, "a worker that nobody has started");
    }
}

/* What a user may hear; of BUSY and the like the client takes care itself. */
static bool is_usual(uint32_t code)
{
    return code == ERR_RANGE || code == ERR_ABSENT || code == ERR_CONFLICT ||
           code == ERR_FULL;
}

static void check_refused(struct client_host *h, struct request *request,
                          const struct op *op)
{
    struct world *w = h->host.world;
    uint32_t code = op->u.refused.code;
    const struct job_fact *j = NULL;

    if (!is_usual(code))
        broken(w, REFUSAL_TRUE, "%s, request %llu: code %u", h->host.name,
               number(request->req), code);
    w->report->cover.refusals[code]++;
    world_detail(w, h->host.name, "request %llu is refused: %s (%.*s)",
                 number(request->req), err_text((enum err)code),
                 (int)op->u.refused.message.len,
                 (const char *)op->u.refused.message.data);
    if (request->type == OP_SUBMIT && code == ERR_CONFLICT) {
        j = ledger_job_of_key(w, request->key);
        if (j == NULL || (j->digest == request->digest && !j->successor))
            broken(w, REFUSAL_TRUE, "%s, request %llu: a conflict with nothing",
                   h->host.name, number(request->req));
    }
    if (request->type != OP_SUBMIT && code == ERR_ABSENT) {
        j = ledger_job(w, request->job);
        if (j != NULL && j->durable && !j->removed && request->first <= j->n)
            broken(w, REFUSAL_TRUE, "%s, request %llu: job %llu is absent",
                   h->host.name, number(request->req), number(request->job.n));
    }
}

/* What is true of each answer. */
#define CHECK(NAME, member, ...) [OP_##NAME] = check_##member,
static void (*const checks[])(struct client_host *h, struct request *request,
                              const struct op *op) = {
    [OP_REFUSED] = check_refused, ANSWER_LIST(CHECK)
};
#undef CHECK

void answers_check(struct client_host *h, struct request *request,
                   const struct op *op, bool last)
{
    struct world *w = h->host.world;

    world_detail(w, h->host.name, "hears %s, request %llu", op_name(op->type),
                 number(request->req));
    if (expected(request, op->type) != (last ? REQ_CLOSES : REQ_KEEPS))
        broken(w, ANSWER_FITS, "%s: %s to %s, request %llu%s", h->host.name,
               op_name(op->type), op_name(request->type), number(request->req),
               last ? ", the last" : "");
    checks[op->type](h, request, op);
}
