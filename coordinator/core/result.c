/* SPDX-License-Identifier: MIT */
/* result - an element gets its one terminal outcome. */
#include <stdio.h>

#include "coordinator/core/state.h"
#include "proto/policy.h"

void result_ack(struct coord *c, struct session *s, struct attempt_key held)
{
    struct op op = { .type = OP_ACK, .u.ack.helds = { &held, 1 } };

    coord_send(c, s, &op);
}

static void hand_back(struct coord *c, struct session *s, struct attempt *a)
{
    result_ack(c, s, attempt_held(a));
    settle_lost(c, a);
}

/* What people read of a failure, in one line. */
static void failure_text(const struct outcome *o, char out[ERRMSG_LEN])
{
    const char *between = o->message.len > 0 ? ": " : "";
    int len = o->message.len < 120 ? (int)o->message.len : 120;

    if (view_equal(o->reason, view_str("exit")))
        snprintf(out, ERRMSG_LEN, "exit %lld%s%.*s", (long long)o->code,
                 between, len, (const char *)o->message.data);
    else if (view_equal(o->reason, view_str("signal")))
        snprintf(out, ERRMSG_LEN, "signal %lld%s%.*s", (long long)o->signal,
                 between, len, (const char *)o->message.data);
    else
        snprintf(out, ERRMSG_LEN, "%.*s%s%.*s", (int)o->reason.len,
                 (const char *)o->reason.data, between, len,
                 (const char *)o->message.data);
}

static void note_failure(struct job *j, const struct outcome *o)
{
    char text[ERRMSG_LEN];
    struct blob *worker = blob_new(o->worker);

    failure_text(o, text);
    job_note_failure(j, o->elem, text, worker);
    blob_unref(worker);
}

static struct blob *encode(const struct outcome *o)
{
    struct buf body = { 0 };
    struct blob *blob;

    outcome_encode(&body, o);
    blob = blob_new(buf_view(&body));
    buf_fini(&body);
    return blob;
}

/* When enough have failed for good, the others end. */
static void check_max_fails(struct coord *c, struct job *j)
{
    struct policy p = job_policy(c, j);
    uint32_t max = policy_max_fails(&p, j->counts.n);
    uint32_t n = j->counts.failed + j->counts.lost + j->counts.expired;
    struct job_range all = { 1, j->counts.n, STATE_CANCELLED, NULL };
    char text[ERRMSG_LEN];

    if (max == 0 || n < max || job_is_cancelled(j))
        return;
    snprintf(text, sizeof text, POLICY_MAX_FAILS_WHY "%u have failed", n);
    all.reason = blob_new(view_str(text));
    cancel_range(c, j, all, (struct promise){ 0 });
    blob_unref(all.reason);
}

void result_end_array(struct coord *c, struct job *j)
{
    if (!job_has_ended(j)) {
        check_max_fails(c, j);
        return;
    }
    j->ended_ms = c->wall_ms;
    if (!j->array)
        return;
    coord_persist(c, (struct record){ .type = RECORD_END,
                                      .u.end = { .id = j->id,
                                                 .at_ms = c->wall_ms,
                                                 .counts = j->counts } });
    keep_add(c, (struct promise){ .type = PROMISE_END, .job = j });
}

void result_record(struct coord *c, struct job *j, struct attempt *a,
                   const struct outcome *o)
{
    struct task_id ref = { .job = j->id, .elem = o->elem };
    struct blob *body = encode(o);

    coord_persist(c,
                  (struct record){ .type = RECORD_OUTCOME,
                                   .u.outcome = { .ref = ref,
                                                  .state = o->state,
                                                  .at_ms = c->wall_ms,
                                                  .started_ms = o->started_ms,
                                                  .body = blob_ref(body) } });
    if (a != NULL && a->session != NULL)
        session_end_attempt(a->session, a);
    else if (a != NULL)
        a->ended = true;
    job_settle(j, o->elem, (enum state)o->state);
    c->n_unended--;
    if (o->state == STATE_FAILED || o->state == STATE_LOST)
        note_failure(j, o);
    keep_add(c, (struct promise){ .type = PROMISE_OUTCOME,
                                  .job = j,
                                  .ref = ref,
                                  .attempt = { o->epoch, o->attempt },
                                  .body = body });
    result_end_array(c, j);
}

void result_cancelled(struct coord *c, struct job *j, uint32_t elem,
                      struct attempt *a)
{
    const struct job_range *cancel = job_cancel_of(j, elem);
    struct outcome o = { .job = j->id.n,
                         .elem = elem,
                         .state = STATE_CANCELLED,
                         .reason = view_str("cancelled"),
                         .ended_ms = c->wall_ms };

    if (a != NULL) {
        o.epoch = a->id.epoch;
        o.attempt = a->id.n;
    }
    if (cancel != NULL)
        o.message = blob_view(cancel->reason);
    result_record(c, j, a, &o);
}

/* The worker keeps to these limits; whoever does not gets no room in the store.
 */
static void cut(struct outcome *o)
{
    if (o->result.len <= RESULT_LEN_MAX && o->out.len <= OUTPUT_LEN_MAX &&
        o->err.len <= OUTPUT_LEN_MAX)
        return;
    o->result = o->out = o->err = (struct view){ 0 };
    o->out_len = o->out_head = o->err_len = o->err_head = 0;
    o->state = STATE_FAILED;
    o->reason = view_str("limit");
    o->message = view_str("the result is larger than a result may be");
}

void result_take(struct coord *c, struct session *s, const struct op *op)
{
    struct outcome o = op->u.result.outcome;
    struct task_id ref = { .job = { o.job }, .elem = o.elem };
    struct attempt *a = attempt_find(c, ref);
    struct attempt_id id = { o.epoch, o.attempt };

    if (!state_is_terminal(o.state) && o.state != STATE_HANDED_BACK) {
        answer_refuse_req(c, s, 0, ERR_FORMAT, 0, "RESULT: no such state");
        return;
    }
    if (a == NULL || !attempt_equal(a->id, id) || a->session != s) {
        result_ack(
            c, s,
            (struct attempt_key){ o.job, o.elem, o.epoch, o.attempt }); /* stale */
        return;
    }
    if (a->ended)
        return; /* sent again: the ack is on its way to the disk */
    if (o.state == STATE_HANDED_BACK && job_cancel_of(a->job, o.elem) == NULL) {
        hand_back(c, s, a);
        return;
    }
    if (o.state == STATE_HANDED_BACK) {
        result_cancelled(c, a->job, o.elem, a);
        return;
    }
    o.worker = view_str(s->name);
    cut(&o);
    if (!retry_take(c, a, &o))
        result_record(c, a->job, a, &o);
}

void result_keep(struct coord *c, const struct promise *p)
{
    struct attempt *a = attempt_find(c, p->ref);
    struct job *j = p->job;
    struct outcome o;

    if (a != NULL && a->ended && attempt_equal(a->id, p->attempt)) {
        if (a->session != NULL)
            result_ack(c, a->session, attempt_held(a));
        attempt_free(c, a);
    }
    if (j->refused)
        return;
    if (!j->array)
        j->told = true;
    if (!list_is_empty(&j->asks)) {
        ASSERT(outcome_decode(c->bodies, blob_view(p->body), &o) == ERR_NONE);
        await_tell(c, j, p->ref.elem, &o);
    }
    tail_durable(c, j, p->ref.elem);
}
