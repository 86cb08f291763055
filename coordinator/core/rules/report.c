/* SPDX-License-Identifier: MIT */
/* report - RESULT, from its worker to the disk, and from there to everybody. */
#include "coordinator/core/rules/report.h"

#include <inttypes.h>

#include "coordinator/core/ask/answer.h"
#include "coordinator/core/ask/await.h"
#include "coordinator/core/ask/log_tail.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/on_commit.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/rules/element.h"
#include "coordinator/core/rules/retry.h"
#include "coordinator/core/rules/tell_worker.h"
#include "libcommon/check.h"
#include "libcommon/trace.h"
#include "proto/frame.h"

static void hand_back(struct coord *c, struct session *s, struct attempt *a)
{
    tell_worker_ack(c, s, attempt_key_of(a));
    a->past.reported = a->id; /* a list that was made before is no claim */
    element_give_back(c, a);
}

/* A worker that keeps to the limits of results and output is far below this;
 * any other gets no room in the store. */
static void cut(struct outcome *o)
{
    if (o->body.len <= BODY_LEN_MAX)
        return;
    o->body = (struct view){ 0 };
    o->state = STATE_FAILED;
    o->reason = view_str("limit");
    o->message = view_str("the result is larger than a result may be");
}

/* Its element has another attempt by now, or has ended. */
static void ack_stale(struct coord *c, struct session *s,
                      struct attempt_key key)
{
    trace_line(c->trace, TRACE_DEBUG, "stale-result",
               "task=%" PRIu64 ".%u attempt=%" PRIu64 ".%" PRIu64 " worker=%s",
               key.job, key.elem, key.epoch, key.attempt, s->name);
    tell_worker_ack(c, s, key);
}

void report_take(struct coord *c, struct session *s, const struct op *op)
{
    struct outcome o = op->u.result.outcome;
    struct attempt *a = attempt_find(c, attempt_key_task(o.id));

    if (!state_is_terminal(o.state) && o.state != STATE_HANDED_BACK) {
        answer_nonsense(c, s, "RESULT: no such state");
        return;
    }
    if (a == NULL || !attempt_equal(a->id, attempt_key_attempt(o.id)) ||
        a->session != s) {
        ack_stale(c, s, o.id);
        return;
    }
    if (!attempt_is_active(a))
        return; /* sent again: the ack is on its way to the disk */
    if (o.state == STATE_HANDED_BACK && job_cancel_of(a->job, o.elem) == NULL) {
        hand_back(c, s, a);
        return;
    }
    if (o.state == STATE_HANDED_BACK) {
        element_end_cancelled(c, a->job, o.elem, a);
        return;
    }
    o.worker = view_str(s->name);
    cut(&o);
    if (!retry_take(c, a, &o))
        element_end(c, a->job, a, &o);
}

void report_committed(struct coord *c, const struct on_commit *p)
{
    struct attempt *a = attempt_find(c, p->task);
    struct job *j = p->job;
    struct outcome o;

    if (a != NULL && a->state == ATTEMPT_ENDING &&
        attempt_equal(a->id, p->attempt)) {
        if (a->session != NULL)
            tell_worker_ack(c, a->session, attempt_key_of(a));
        attempt_free(c, a, "attempt-recorded");
    }
    if (j->refused)
        return;
    if (!j->array)
        j->told = true;
    if (!list_is_empty(&j->waiters)) {
        ASSERT(outcome_decode(c->bodies, blob_view(p->body), &o) == ERR_NONE);
        await_tell(c, j, p->task.elem, &o);
    }
    log_tail_durable(c, j, p->task.elem);
}
