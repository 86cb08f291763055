/* SPDX-License-Identifier: MIT */
/* said - what the core sends to a peer, as a line of text. */
#include "tests/unit/coord/said.h"

static void add_of_attempt(struct buf *out, const struct op *op)
{
    switch (op->type) {
    case OP_ASSIGN:
        buf_addf(out, " %llu.%u fence %llu.%llu item '%.*s'",
                 (unsigned long long)op->u.assign.job, op->u.assign.elem,
                 (unsigned long long)op->u.assign.epoch,
                 (unsigned long long)op->u.assign.attempt,
                 (int)op->u.assign.item.len,
                 (const char *)op->u.assign.item.data);
        if (op->u.assign.number.len > 0 && /* of a range both are the same */
            !view_equal(op->u.assign.number, op->u.assign.item))
            buf_addf(out, " number %.*s", (int)op->u.assign.number.len,
                     (const char *)op->u.assign.number.data);
        if (op->u.assign.alone)
            buf_addf(out, " alone");
        if (op->u.assign.follow != 0)
            buf_addf(out, " followed %u", op->u.assign.follow);
        if (op->u.assign.run_ms > 0 || op->u.assign.left_ms > 0)
            buf_addf(out, " run %llu left %llu",
                     (unsigned long long)op->u.assign.run_ms,
                     (unsigned long long)op->u.assign.left_ms);
        break;
    case OP_FOLLOW:
        buf_addf(out, " %llu.%u %u from %llu and %llu",
                 (unsigned long long)op->u.follow.job, op->u.follow.elem,
                 op->u.follow.streams,
                 (unsigned long long)op->u.follow.out_keep,
                 (unsigned long long)op->u.follow.err_keep);
        break;
    case OP_TAIL_ASK:
        buf_addf(out, " %llu.%u at %llu keep %llu",
                 (unsigned long long)op->u.tail_ask.job, op->u.tail_ask.elem,
                 (unsigned long long)op->u.tail_ask.offset,
                 (unsigned long long)op->u.tail_ask.keep);
        break;
    case OP_STOP:
        buf_addf(out, " %llu.%u", (unsigned long long)op->u.stop.job,
                 op->u.stop.elem);
        break;
    case OP_ACK:
        buf_addf(out, " %llu.%u",
                 (unsigned long long)op->u.ack.attempts.at->job,
                 op->u.ack.attempts.at->elem);
        break;
    case OP_RECONCILE: {
        static const char *const names[] = { "?", "keep", "known", "kill" };
        const struct ruling *s = op->u.reconcile.rulings.at;
        buf_addf(out, " %llu.%u %s", (unsigned long long)s->job, s->elem,
                 names[s->verdict]);
        break;
    }
    default:
        break;
    }
}

static void add_of_job(struct buf *out, const struct op *op)
{
    switch (op->type) {
    case OP_RECEIPT:
        buf_addf(out, " %llu job %llu%s", (unsigned long long)op->u.receipt.req,
                 (unsigned long long)op->u.receipt.job,
                 op->u.receipt.existed ? " existed" : "");
        break;
    case OP_ENDED:
        buf_addf(out, " %llu %llu.%u %s", (unsigned long long)op->u.ended.req,
                 (unsigned long long)op->u.ended.job, op->u.ended.elem,
                 state_name(op->u.ended.outcome.state));
        if (op->u.ended.outcome.state == STATE_EXPIRED)
            buf_addf(out, " (%.*s)", (int)op->u.ended.outcome.reason.len,
                     (const char *)op->u.ended.outcome.reason.data);
        break;
    case OP_PROGRESS:
        if (op->u.progress.doing.len > 0)
            buf_addf(out, ", %llu of %llu %.*s",
                     (unsigned long long)op->u.progress.done,
                     (unsigned long long)op->u.progress.total,
                     (int)op->u.progress.doing.len,
                     (const char *)op->u.progress.doing.data);
        break;
    case OP_CANCEL_REPLY:
        buf_addf(out, " %llu ended %u asked %u before %u",
                 (unsigned long long)op->u.cancel_reply.req,
                 op->u.cancel_reply.ended, op->u.cancel_reply.asked,
                 op->u.cancel_reply.before);
        break;
    case OP_REFUSED:
        buf_addf(out, " %llu %s", (unsigned long long)op->u.refused.req,
                 err_text((enum err)op->u.refused.code));
        if (op->u.refused.retry_ms > 0)
            buf_addf(out, " for now");
        break;
    default:
        break;
    }
}

static void add_of_list(struct buf *out, const struct op *op)
{
    switch (op->type) {
    case OP_ATTEMPTS_REPLY:
        for (size_t i = 0; i < op->u.attempts_reply.attempts.n; i++)
            buf_addf(
                out, " %u:%.*s", op->u.attempts_reply.attempts.at[i].elem,
                (int)op->u.attempts_reply.attempts.at[i].reason.len,
                (const char *)op->u.attempts_reply.attempts.at[i].reason.data);
        break;
    case OP_TAIL_REPLY:
        buf_addf(out, " %llu of %llu.%llu at %llu '%.*s' body '%.*s'%s",
                 (unsigned long long)op->u.tail_reply.req,
                 (unsigned long long)op->u.tail_reply.epoch,
                 (unsigned long long)op->u.tail_reply.attempt,
                 (unsigned long long)op->u.tail_reply.offset,
                 (int)op->u.tail_reply.bytes.len,
                 (const char *)op->u.tail_reply.bytes.data,
                 (int)op->u.tail_reply.body.len,
                 (const char *)op->u.tail_reply.body.data,
                 op->u.tail_reply.ended ? " ended" : "");
        break;
    case OP_FETCH_REPLY:
        for (size_t i = 0; i < op->u.fetch_reply.outcomes.n; i++)
            buf_addf(out, " %u:%s", op->u.fetch_reply.outcomes.at[i].elem,
                     state_name(op->u.fetch_reply.outcomes.at[i].state));
        buf_addf(out, " next %u", op->u.fetch_reply.next);
        break;
    case OP_LIST_REPLY:
        for (size_t i = 0; i < op->u.list_reply.jobs.n; i++)
            buf_addf(out, " %llu:%s",
                     (unsigned long long)op->u.list_reply.jobs.at[i].job,
                     state_name(op->u.list_reply.jobs.at[i].state));
        break;
    case OP_STATUS_REPLY:
        buf_addf(out, " %llu jobs",
                 (unsigned long long)op->u.status_reply.n_jobs);
        break;
    case OP_WORKERS_REPLY: {
        const struct peer *w = op->u.workers_reply.workers.at;
        buf_addf(out, " %llu %.*s held %llu times, %u ms",
                 (unsigned long long)op->u.workers_reply.req,
                 (int)w->peername.len, (const char *)w->peername.data,
                 (unsigned long long)w->n_holds, w->hold_max_ms);
        if (w->short_of.len > 0)
            buf_addf(out, ", short of %.*s: %u slots, %u calls",
                     (int)w->short_of.len, (const char *)w->short_of.data,
                     w->slots_now, w->calls_now);
        break;
    }
    default:
        break;
    }
}

static void add_now(struct buf *out, const struct op_attempts_reply *reply)
{
    const struct outcome *o = reply->now.n > 0 ? &reply->now.at[0] : NULL;
    const struct advance *a =
        reply->advances.n > 0 ? &reply->advances.at[0] : NULL;

    if (o == NULL)
        return;
    buf_addf(out, " %s: %.*s", state_name(o->state), (int)o->message.len,
             (const char *)o->message.data);
    if (o->worker.len > 0)
        buf_addf(out, "on %.*s", (int)o->worker.len,
                 (const char *)o->worker.data);
    if (a != NULL && a->pid > 0)
        buf_addf(out, ", process %u", a->pid);
    if (a != NULL && a->total > 0)
        buf_addf(out, ", %u/%u", (unsigned)a->done, (unsigned)a->total);
}

void said_add(struct buf *out, uint64_t conn, const struct op *op)
{
    if (op->type == OP_WELCOME || op->type == OP_BEAT_ACK)
        return;
    buf_addf(out, "%llu %s", (unsigned long long)conn, op_name(op->type));
    add_of_attempt(out, op);
    add_of_job(out, op);
    add_of_list(out, op);
    if (op->type == OP_ATTEMPTS_REPLY)
        add_now(out, &op->u.attempts_reply);
    buf_addf(out, "\n");
}
