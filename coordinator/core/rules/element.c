/* SPDX-License-Identifier: MIT */
/* element - one element or many of them end, or wait again. */
#include "coordinator/core/rules/element.h"

#include <inttypes.h>
#include <stdio.h>

#include "coordinator/core/ask/log_tail.h"
#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/on_commit.h"
#include "coordinator/core/model/queue.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/requeue.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/rules/tell_worker.h"
#include "libcommon/check.h"
#include "libcommon/trace.h"
#include "proto/frame.h"
#include "proto/policy.h"

static void count_ended(struct coord *c, uint32_t n)
{
    ASSERT(c->n_unended >= n);
    c->n_unended -= n;
}

/* ---- jobs come and go ---- */

void element_begin_all(struct coord *c, const struct job *j)
{
    c->n_unended += job_n_unended(j);
}

void element_drop_all(struct coord *c, const struct job *j)
{
    count_ended(c, job_n_unended(j));
}

void element_restore(struct coord *c, struct job *j, uint32_t elem,
                     enum state state, bool gap)
{
    job_restore(j, elem, state);
    j->counts.gaps += gap;
    count_ended(c, 1);
}

void element_restore_range(struct coord *c, struct job *j,
                           const struct job_range *range)
{
    count_ended(c, job_restore_range(j, range));
}

/* ---- one element ---- */

/* A failure in one line, for people. */
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

/* max-fails: when enough have failed for good, the others end. */
static void check_max_fails(struct coord *c, struct job *j)
{
    uint32_t max = policy_max_fails(job_policy(j), j->counts.n);
    uint32_t n = j->counts.failed + j->counts.lost + j->counts.expired;
    struct job_range all = { 1, j->counts.n, STATE_CANCELLED, NULL };
    char text[ERRMSG_LEN];

    if (max == 0 || n < max || job_is_cancelled(j))
        return;
    snprintf(text, sizeof text, POLICY_MAX_FAILS_WHY "%u have failed", n);
    all.reason = blob_new(view_str(text));
    element_cancel(c, j, all, (struct on_commit){ 0 });
    blob_unref(all.reason);
}

static void end_array(struct coord *c, struct job *j)
{
    if (!job_has_ended(j)) {
        check_max_fails(c, j);
        return;
    }
    j->ended_ms = c->wall_ms;
    trace_line(c->trace, TRACE_DEBUG, "job-ended", "job=%" PRIu64 " state=%s",
               j->id.n, state_name(job_state(j)));
    if (!j->array)
        return;
    actions_persist(c, (struct record){ .type = RECORD_END,
                                        .u.end = { .id = j->id,
                                                   .at_ms = c->wall_ms,
                                                   .lived_ms = c->lived_ms,
                                                   .counts = j->counts } });
    on_commit_add(c, (struct on_commit){ .type = ON_COMMIT_END, .job = j });
}

static void trace_end(const struct coord *c, const struct job *j,
                      const struct outcome *o)
{
    trace_line(c->trace, TRACE_DEBUG, "task-ended",
               "task=%" PRIu64 ".%u state=%s reason=%.*s", j->id.n, o->elem,
               state_name(o->state), TRACE_VIEW(o->reason));
}

void element_end(struct coord *c, struct job *j, struct attempt *a,
                 const struct outcome *o)
{
    struct task_id task = { .job = j->id, .elem = o->elem };
    struct blob *body = encode(o);

    actions_persist(c,
                    (struct record){ .type = RECORD_OUTCOME,
                                     .u.outcome = { .task = task,
                                                    .state = o->state,
                                                    .at_ms = c->wall_ms,
                                                    .started_ms = o->started_ms,
                                                    .gap = o->dropped > 0,
                                                    .lived_ms = c->lived_ms,
                                                    .body = blob_ref(body) } });
    if (a != NULL)
        attempt_move(c, a, ATTEMPT_ENDING);
    job_finish(j, o->elem, (enum state)o->state);
    j->counts.gaps += o->dropped > 0;
    count_ended(c, 1);
    if (o->state == STATE_FAILED || o->state == STATE_LOST)
        note_failure(j, o);
    trace_end(c, j, o);
    on_commit_add(c, (struct on_commit){ .type = ON_COMMIT_OUTCOME,
                                         .job = j,
                                         .task = task,
                                         .attempt = attempt_key_attempt(o->id),
                                         .body = body });
    end_array(c, j);
}

void element_end_cancelled(struct coord *c, struct job *j, uint32_t elem,
                           struct attempt *a)
{
    const struct job_range *cancel = job_cancel_of(j, elem);
    struct outcome o = { .job = j->id.n,
                         .elem = elem,
                         .state = STATE_CANCELLED,
                         .reason = view_str("cancelled"),
                         .ended_ms = c->wall_ms };

    if (a != NULL)
        o.id = attempt_key_of(a);
    if (cancel != NULL)
        o.message = blob_view(cancel->reason);
    element_end(c, j, a, &o);
}

void element_record_attempt(struct coord *c, const struct attempt *a,
                            enum blame blame, const struct outcome *o,
                            int64_t delay_ms)
{
    struct outcome brief = *o;
    struct buf body = { 0 };

    brief.body = (struct view){ 0 };
    outcome_encode(&body, &brief);
    actions_persist(
        c,
        (struct record){ .type = RECORD_ATTEMPT,
                         .u.attempt = { .task = a->task,
                                        .tries = a->past.tries,
                                        .blame = (uint8_t)blame,
                                        .at_ms = c->wall_ms,
                                        .again_ms = c->wall_ms + delay_ms,
                                        .attempt = a->past.reported,
                                        .body = blob_new(buf_view(&body)) } });
    buf_fini(&body);
}

void element_end_attempt(struct coord *c, struct attempt *a, enum blame blame,
                         const struct outcome *o, int64_t delay_ms)
{
    log_tail_ended(c, a, o);
    a->past.reported = a->id;
    element_record_attempt(c, a, blame, o, delay_ms);
    attempt_move(c, a, ATTEMPT_REQUEUEING);
    a->due_ms = c->now_ms + delay_ms;
    a->then = blame == BLAME_FAILED ? REQUEUED_DELAYED : REQUEUED_READY;
    a->job->n_changes++;
    on_commit_add(c, (struct on_commit){ .type = ON_COMMIT_ATTEMPT,
                                         .job = a->job,
                                         .task = a->task,
                                         .attempt = a->id });
}

void element_give_back(struct coord *c, struct attempt *a)
{
    struct job *j = a->job;
    uint32_t elem = a->task.elem;
    struct past past = a->past;

    ASSERT(attempt_is_active(a));
    log_tail_stopped(c, j, elem);
    if (job_cancel_of(j, elem) != NULL) {
        attempt_unhold(a);
        element_end_cancelled(c, j, elem, a);
        return;
    }
    attempt_free(c, a, "attempt-given-back");
    past.tries--;
    requeue_ready(c, job_give_back(j, elem, &past));
}

/* ---- many ---- */

/* These elements shall end, or, when they expired, have ended: in an array it
 * is the only record of those that had not started. */
static void record_range(struct coord *c, const struct job *j,
                         const struct job_range *range)
{
    actions_persist(c, (struct record){
                           .type = RECORD_CANCEL,
                           .u.cancel = { .id = j->id,
                                         .first = range->first,
                                         .last = range->last,
                                         .state = range->state,
                                         .at_ms = c->wall_ms,
                                         .reason = blob_ref(range->reason) } });
}

/* ... and when that is durable, their waiters are told, and the request in p.
 */
static void tell_range(struct coord *c, struct job *j,
                       const struct job_range *range, struct on_commit p)
{
    p.type = ON_COMMIT_CANCEL;
    p.job = j;
    p.task.job = j->id;
    p.first = range->first;
    p.last = range->last;
    trace_line(c->trace, TRACE_DEBUG,
               range->state == STATE_EXPIRED ? "range-expired"
                                             : "range-cancelled",
               "job=%" PRIu64 " first=%u last=%u ended=%u asked=%u", j->id.n,
               range->first, range->last, p.n_ended, p.n_asked);
    on_commit_add(c, p);
}

/* After a start a worker may still name them. */
static bool is_expected(const struct coord *c, const struct job *j)
{
    return c->recovering && j->restored;
}

/* End the requeued elements of the range; n others were never started and have
 * ended already. Returns how many have ended in all. */
static uint32_t end_waiting(struct coord *c, struct job *j,
                            const struct job_range *range, uint32_t n)
{
    uint32_t elem;
    struct past past;

    requeue_pull_range(c, j, range->first, range->last);
    if (!j->array) {
        if (!job_take(j, &elem, &past))
            return 0;
        element_end_cancelled(c, j, elem, NULL);
        n = 1;
    } else {
        n += job_end_requeued(j, range);
        count_ended(c, n);
        if (n > 0)
            end_array(c, j);
    }
    queue_remove_idle(j);
    return n;
}

/* Whether it runs. */
static bool stop(struct coord *c, const struct job *j, uint32_t elem)
{
    struct attempt *a =
        attempt_find(c, (struct task_id){ .job = j->id, .elem = elem });

    if (a != NULL)
        tell_worker_stop(c, a);
    return a != NULL;
}

/* One walk, for there may be millions: running elements are asked to stop,
 * elements that were never started end, ended ones are counted; requeued ones
 * are left to end_waiting. */
static void cancel_each(struct coord *c, struct job *j,
                        const struct job_range *range, struct on_commit *p)
{
    bool ends = j->array && !is_expected(c, j);

    for (uint32_t elem = range->first; elem <= range->last; elem++) {
        if (job_is_finished(j, elem))
            p->n_before++;
        else if (job_is_started(j, elem))
            p->n_asked += stop(c, j, elem);
        else if (ends)
            p->n_ended += job_end_untaken(j, elem, (enum state)range->state);
    }
}

void element_cancel(struct coord *c, struct job *j, struct job_range range,
                    struct on_commit p)
{
    job_add_cancel(j, range);
    record_range(c, j, &range);
    cancel_each(c, j, &range, &p);
    if (is_expected(c, j))
        p.n_asked = range.last - range.first + 1 - p.n_before;
    else
        p.n_ended = end_waiting(c, j, &range, p.n_ended);
    tell_range(c, j, &range, p);
}

void element_cancel_waiting(struct coord *c, struct job *j, uint32_t first,
                            uint32_t last)
{
    for (uint32_t i = 0; i < j->n_cancels && !is_expected(c, j); i++) {
        struct job_range range = j->cancels[i];
        uint32_t n = 0;
        if (range.first < first)
            range.first = first;
        if (range.last > last)
            range.last = last;
        if (range.first > range.last)
            continue;
        for (uint32_t elem = range.first; j->array && elem <= range.last;
             elem++)
            n += job_end_untaken(j, elem, (enum state)range.state);
        if (end_waiting(c, j, &range, n) > 0)
            tell_range(c, j, &range, (struct on_commit){ 0 });
    }
}

/* In as few ranges as there can be: one, unless something between runs. */
void element_expire_untaken(struct coord *c, struct job *j, const char *reason)
{
    struct job_range range = { .last = 0,
                               .state = STATE_EXPIRED,
                               .reason = blob_new(view_str(reason)) };
    uint32_t n;

    while ((n = job_end_untaken_range(j, &range)) > 0) {
        count_ended(c, n);
        record_range(c, j, &range);
        tell_range(c, j, &range, (struct on_commit){ 0 });
    }
    blob_unref(range.reason);
    end_array(c, j);
}
