/* SPDX-License-Identifier: MIT */
/* tap - reads each frame that passes between two processes. */
#include "tests/sim/tap.h"

#include <stdio.h>

#include "coordinator/core/coord_check.h"
#include "libcommon/check.h"
#include "proto/frame.h"
#include "tests/sim/truth.h"
#include "tests/sim/world.h"

/* How many frames pass before one is kept for a stranger to send. */
#define SAMPLE_OF 64

struct message { /* a frame from the coordinator */
    struct frame_head head;
    struct host *to; /* NULL: forgotten already */
    unsigned to_life;
};

static unsigned long long number(uint64_t n)
{
    return n;
}

/* ---- to workers ---- */

static void check_assign(struct world *w, const struct message *message,
                         const struct op *op)
{
    struct task_id task = attempt_key_task(op->u.assign.id);
    struct attempt_id id = attempt_key_attempt(op->u.assign.id);
    struct job_fact *j = ledger_job(w, task.job);
    struct task_fact *r = ledger_task(w, task);

    if (task.job.n >= w->ledger.ids_durable)
        broken(w, ID_RESERVED, "job %llu, durable up to %llu",
               number(task.job.n), number(w->ledger.ids_durable));
    if (r == NULL || ledger_has_ended(w, r) || ledger_is_cancelled(w, r))
        broken(w, ASSIGN_OPEN, "%llu.%u", number(task.job.n), task.elem);
    if (!j->durable && !j->fresh)
        broken(w, FRESH_ONLY, "%llu.%u", number(task.job.n), task.elem);
    invariants_check_in_time(w, j, r);
    if (r->last.n != 0)
        invariants_check_rerun(w, ledger_attempt(w, r->last));
    history_check_assign(w, op, message->to, message->to_life);
    r->last = id;
    j->left = true;
    ledger_add_attempt(w, (struct attempt_fact){
                              .task = task,
                              .id = id,
                              .worker = message->to,
                              .worker_life = message->to_life,
                              .given_ms = w->clock.now_ms,
                              .run_ms = j->policy.run_ms,
                              .alone = op->u.assign.alone,
                          });
}

/* A worker may drop an attempt whose outcome is durable, a stale one, and one
 * that it handed back without a start. */
static void check_drop(struct world *w, const struct attempt_key *h)
{
    const struct task_fact *r = ledger_task(w, attempt_key_task(*h));
    struct attempt_fact *a = ledger_attempt(w, attempt_key_attempt(*h));
    bool pending;

    if (a != NULL)
        a->dismissed = true;
    history_check_drop(w, attempt_key_task(*h), attempt_key_attempt(*h));
    if (r == NULL || r->state != 0 || a == NULL || !a->started)
        return;
    pending = r->ended_life == w->coord.host.life &&
              attempt_equal(r->ended_by, attempt_key_attempt(*h));
    if (pending || coord_is_current(w->coord.core, attempt_key_task(*h),
                                    attempt_key_attempt(*h)))
        broken(w, ACK_DURABLE, "%llu.%u, attempt %llu.%llu", number(h->job),
               h->elem, number(h->epoch), number(h->attempt));
}

static void check_ruling(struct world *w, const struct ruling *s)
{
    struct attempt_key key = s->id;
    bool current = coord_is_current(w->coord.core, attempt_key_task(key),
                                    attempt_key_attempt(key));
    const struct task_fact *r = ledger_task(w, attempt_key_task(key));
    struct attempt_fact *a = ledger_attempt(w, attempt_key_attempt(key));

    ASSERT(s->verdict >= VERDICT_KEEP && s->verdict <= VERDICT_KILL);
    w->report->cover.verdicts[s->verdict]++;
    if (s->verdict == VERDICT_KILL && a != NULL)
        a->dismissed = true;
    if (s->verdict == VERDICT_KNOWN)
        check_drop(w, &key);
    else if (s->verdict == VERDICT_KILL && current && r != NULL)
        broken(w, VERDICT_TRUE, "kill %llu.%u, attempt %llu.%llu, current",
               number(key.job), key.elem, number(key.epoch),
               number(key.attempt));
    else if (s->verdict == VERDICT_KEEP && !current &&
             (r == NULL || !ledger_has_ended(w, r)))
        broken(w, VERDICT_TRUE, "keep %llu.%u, attempt %llu.%llu, stale",
               number(key.job), key.elem, number(key.epoch),
               number(key.attempt));
}

/* ---- to clients ---- */

static void check_receipt(struct world *w, const struct op *op)
{
    const struct job_fact *j = ledger_job(w, (job_id){ op->u.receipt.job });

    if (j == NULL || !j->durable)
        broken(w, RECEIPT_DURABLE, "job %llu", number(op->u.receipt.job));
}

/* The request that this answers; NULL: its client waits no more. */
static const struct request *
request_of(struct world *w, const struct message *message, uint64_t req)
{
    for (unsigned i = 0; i < w->config.n_clients; i++) {
        const struct client_host *c = &w->clients[i];

        if (&c->host == message->to && c->host.life == message->to_life)
            return map_get(&c->requests, req);
    }
    return NULL;
}

static void check_cancelled(struct world *w, const struct message *message,
                            const struct op *op)
{
    const struct request *request =
        request_of(w, message, op->u.cancel_reply.req);
    struct task_id task = { { op->u.cancel_reply.job }, 0 };
    const struct job_fact *j = ledger_job(w, task.job);

    if (request == NULL)
        return;
    if (j == NULL || !j->durable)
        broken(w, CANCEL_DURABLE, "of job %llu", number(task.job.n));
    for (uint32_t k = request->first; k <= request->last && k <= j->n; k++)
        if (k >= 1 && j->tasks[k - 1].state == 0 && !j->tasks[k - 1].cancelled)
            broken(w, CANCEL_DURABLE, "of %llu.%u", number(task.job.n), k);
}

#define CASE(NAME, ...) case OP_##NAME:

static void check_op(struct world *w, const struct message *message,
                     const struct op *op)
{
    switch (op->type) {
    case OP_WELCOME:
        w->n_welcome++;
        if (message->to != NULL)
            message->to->welcomed = session_number(&message->head);
        truth_welcome(w, &message->head);
        return;
    case OP_WHO:
        w->n_who++;
        if (message->to != NULL)
            message->to->drains_in = 0; /* it was not listened to */
        return;
    case OP_ASSIGN:
        check_assign(w, message, op);
        return;
    case OP_ACK:
        for (size_t i = 0; i < op->u.ack.attempts.n; i++)
            check_drop(w, &op->u.ack.attempts.at[i]);
        return;
    case OP_RECONCILE:
        for (size_t i = 0; i < op->u.reconcile.rulings.n; i++)
            check_ruling(w, &op->u.reconcile.rulings.at[i]);
        return;
    case OP_RECEIPT:
        check_receipt(w, op);
        return;
    case OP_ENDED:
        truth_ended(w, op);
        return;
    case OP_FETCH_REPLY:
        for (size_t i = 0; i < op->u.fetch_reply.outcomes.n; i++)
            truth_outcome(w, &op->u.fetch_reply.outcomes.at[i]);
        return;
    case OP_STATUS_REPLY:
    case OP_WORKERS_REPLY:
        turns_told(&w->turns, message->head.session);
        return;
    case OP_CANCEL_REPLY:
        check_cancelled(w, message, op);
        return;
    case OP_LIST_REPLY:
        for (size_t i = 0; i < op->u.list_reply.jobs.n; i++)
            truth_jobinfo(w, &op->u.list_reply.jobs.at[i]);
        return;
    case OP_REFUSED:
    case OP_BEAT_ACK:
    case OP_BYE:
    case OP_STOP:
    case OP_TAIL_ASK:
    case OP_FOLLOW:
    case OP_PIECE_KEPT:
    case OP_PIECES_REPLY:
    case OP_PROGRESS:
    case OP_TAIL_REPLY:
    case OP_ATTEMPTS_REPLY:
        return; /* checked by who hears it, if at all */
    case OP_HELLO:
    case OP_BEAT:
        OPS_FROM_WORKERS(CASE)
        OPS_FROM_CLIENTS(CASE)
        break;
    }
    UNREACHABLE("the coordinator says no such thing");
}

#undef CASE

static void tell_op(struct world *w, const char *from, const char *to,
                    const struct op *op)
{
    world_detail(w, from, "-> %s %s", to, op_name(op->type));
}

uint64_t tap_from_coord(struct world *w, conn_id to, struct view frame)
{
    struct message message = { 0 };
    uint64_t ops = 0;
    struct op op;
    enum err err = frame_read(w->reader, frame, &message.head);

    ASSERT(err == ERR_NONE);
    message.to = net_peer(&w->net, to, &message.to_life);
    while ((err = frame_next(w->reader, &op)) == ERR_NONE) {
        ops |= UINT64_C(1) << op.type;
        tell_op(w, "coord", message.to == NULL ? "?" : message.to->name, &op);
        check_op(w, &message, &op);
    }
    ASSERT(err == ERR_EXHAUSTED);
    return ops;
}

/* ---- to the coordinator ---- */

static void keep_sample(struct world *w, const struct host *from,
                        struct view frame)
{
    w->faults.sample_by = from->principal;
    buf_clear(&w->faults.sample);
    buf_add_view(&w->faults.sample, frame);
}

static void check_epoch(struct world *w, struct host *from, uint64_t epoch)
{
    if (epoch < from->epoch)
        broken(w, EPOCH_GROWS, "%s speaks to epoch %llu, after %llu",
               from->name, number(epoch), number(from->epoch));
    from->epoch = epoch;
}

/* A worker names an attempt; busy: it runs, or will with the verdict keep. */
static void note_named(struct attempt_fact *a, bool busy, bool anew)
{
    if (a->over)
        return;
    if (anew) {
        a->named = false;
        a->n_asked = a->n_before = 0;
    }
    if (busy && !a->named)
        a->n_before = a->n_asked;
    a->named = busy;
    a->n_asked++;
    a->went = false;
}

static void note_held(struct world *w, const struct op *op, bool anew)
{
    const struct attempt_keys *helds = &op->u.held.attempts;

    for (size_t i = 0; i < helds->n; i++)
        note_named(ledger_attempt(w, attempt_key_attempt(helds->at[i])),
                   helds->n - i > op->u.held.n_idle, anew);
}

static void note_said(struct world *w, const struct frame_head *head,
                      const struct op *op)
{
    const struct outcome *o = &op->u.result.outcome;

    if (op->type == OP_HELD)
        note_held(w, op, head->session.n == 0);
    else if (op->type == OP_RESULT)
        ledger_attempt(w, attempt_key_attempt(o->id))->over = true;
}

uint64_t tap_from_peer(struct world *w, struct host *from, struct view frame)
{
    struct frame_head head;
    uint64_t ops = 0;
    struct op op;
    enum err err = frame_read(w->reader, frame, &head);

    ASSERT(err == ERR_NONE);
    check_epoch(w, from, head.epoch);
    from->session = head.session.n == 0 ? 0 : session_number(&head);
    while ((err = frame_next(w->reader, &op)) == ERR_NONE) {
        ops |= UINT64_C(1) << op.type;
        tell_op(w, from->name, "coord", &op);
        note_said(w, &head, &op);
    }
    ASSERT(err == ERR_EXHAUSTED);
    if ((ops & (UINT64_C(1) << OP_HELLO)) == 0 && w->n_steps % SAMPLE_OF == 0)
        keep_sample(w, from, frame);
    return ops;
}

void tap_arrived(struct world *w, uint64_t ops)
{
    for (unsigned type = 0; ops != 0; type++, ops >>= 1)
        w->report->cover.ops[type] += ops & 1;
}

static void note_submit(struct world *w, const struct op *op)
{
    ledger_submitted(w, op->u.submit.key, op->u.submit.fresh);
}

static void note_result(struct world *w, const struct op *op)
{
    const struct outcome *o = &op->u.result.outcome;
    struct attempt_fact *a = ledger_attempt(w, attempt_key_attempt(o->id));

    a->reported_step = w->n_steps;
}

/* A process has taken the place of another, and reports the end of that. */
static void note_successor(struct world *w, const struct op *hello)
{
    if (!boot_is_zero(hello->u.hello.former))
        snprintf(w->named_by, sizeof w->named_by, "%.*s",
                 (int)hello->u.hello.peername.len,
                 (const char *)hello->u.hello.peername.data);
}

static void note_draining(struct world *w, const struct frame_head *head)
{
    for (unsigned i = 0; i < w->config.n_workers; i++) {
        struct host *h = &w->workers[i].host;

        if (h->welcomed == session_number(head))
            h->drains_in = h->welcomed;
    }
}

void tap_reaches_coord(struct world *w, uint64_t ops, struct view frame)
{
    const uint64_t noted = UINT64_C(1) << OP_SUBMIT | UINT64_C(1) << OP_RESULT |
                           UINT64_C(1) << OP_HELLO | UINT64_C(1) << OP_DRAINING;
    struct frame_head head;
    struct op op;

    if ((ops & noted) == 0 || frame_read(w->reader, frame, &head) != ERR_NONE)
        return;
    while (frame_next(w->reader, &op) == ERR_NONE) {
        if (op.type == OP_SUBMIT)
            note_submit(w, &op);
        else if (op.type == OP_HELLO)
            note_successor(w, &op);
        else if (op.type == OP_HELD && op.u.held.attempts.n == 0)
            w->named_by[0] = '\0';
        else if (op.type == OP_RESULT)
            note_result(w, &op);
        else if (op.type == OP_DRAINING)
            note_draining(w, &head);
    }
}

static void note_assign(struct world *w, const struct host *to,
                        const struct frame_head *head, const struct op *op)
{
    if (head->epoch < to->epoch)
        ledger_attempt(
            w, (struct attempt_id){ op->u.assign.epoch, op->u.assign.attempt })
            ->overtaken = true;
}

/* The attempt that this process is told to keep; NULL: none. */
static struct attempt_fact *kept_by(struct world *w, const struct host *to,
                                    const struct ruling *s)
{
    struct attempt_fact *a =
        ledger_attempt(w, (struct attempt_id){ s->epoch, s->attempt });

    return a != NULL && s->verdict == VERDICT_KEEP && a->worker == to &&
                   a->worker_life == to->life
               ? a
               : NULL;
}

static void note_verdicts(struct world *w, const struct host *to,
                          const struct op *op)
{
    for (size_t i = 0; i < op->u.reconcile.rulings.n; i++) {
        struct attempt_fact *a = kept_by(w, to, &op->u.reconcile.rulings.at[i]);

        if (a != NULL)
            a->kept = true;
    }
}

void tap_reaches_peer(struct world *w, const struct host *to, uint64_t ops,
                      struct view frame)
{
    const uint64_t noted = UINT64_C(1) << OP_ASSIGN | UINT64_C(1)
                                                          << OP_RECONCILE;
    struct frame_head head;
    struct op op;

    if ((ops & noted) == 0 || frame_read(w->reader, frame, &head) != ERR_NONE)
        return;
    while (frame_next(w->reader, &op) == ERR_NONE) {
        if (op.type == OP_ASSIGN)
            note_assign(w, to, &head, &op);
        else if (op.type == OP_RECONCILE)
            note_verdicts(w, to, &op);
    }
}

/* Whether its core has a session. */
static bool is_connected(const struct world *w, const struct host *h)
{
    for (unsigned i = 0; i < w->config.n_workers; i++)
        if (&w->workers[i].host == h)
            return w->workers[i].core != NULL &&
                   worker_is_connected(w->workers[i].core);
    return false;
}

static void note_go(struct attempt_fact *a)
{
    if (a->n_asked > 0)
        a->n_asked--;
    if (a->n_before > 0)
        a->n_before--;
    else
        a->went = a->named;
}

static void note_taken(struct world *w, const struct host *by,
                       const struct op *op)
{
    for (size_t i = 0; i < op->u.reconcile.rulings.n; i++) {
        struct attempt_fact *a = kept_by(w, by, &op->u.reconcile.rulings.at[i]);

        if (a != NULL && !a->over)
            note_go(a);
    }
}

/* Counts verdicts of this very session, or of the one that the peer waited for.
 */
void tap_was_read(struct world *w, const struct host *by, uint64_t was,
                  uint64_t ops, struct view frame)
{
    struct frame_head head;
    struct op op;

    if ((ops & UINT64_C(1) << OP_RECONCILE) == 0 ||
        frame_read(w->reader, frame, &head) != ERR_NONE ||
        !is_connected(w, by) || by->session != session_number(&head) ||
        (was != 0 && was != by->session))
        return;
    while (frame_next(w->reader, &op) == ERR_NONE)
        if (op.type == OP_RECONCILE)
            note_taken(w, by, &op);
}
