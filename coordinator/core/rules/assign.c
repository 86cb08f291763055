/* SPDX-License-Identifier: MIT */
/* assign - the ASSIGN, at once or when it is on disk. */
#include "coordinator/core/rules/assign.h"

#include "coordinator/core/ask/follow.h"
#include "coordinator/core/ask/log_tail.h"
#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/budget.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/on_commit.h"
#include "coordinator/core/model/queue.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/timing.h"
#include "coordinator/core/rules/element.h"
#include "proto/spec.h"

static void send_assign(struct coord *c, struct attempt *a)
{
    char room[RANGE_TEXT_LEN], number[RANGE_TEXT_LEN];
    const struct job *j = a->job;
    struct op op = { .type = OP_ASSIGN };

    op.u.assign.id = attempt_key_of(a);
    op.u.assign.tries = a->past.tries;
    op.u.assign.kind = j->kind;
    op.u.assign.array = j->array;
    op.u.assign.alone = a->past.suspect;
    op.u.assign.fn = blob_view(j->fn);
    op.u.assign.spec = blob_view(j->spec);
    op.u.assign.item = job_item(j, a->task.elem, room);
    op.u.assign.number = job_number(j, a->task.elem, number);
    op.u.assign.follow = follow_assign(a);
    timing_limit(c, j, &op);
    attempt_move(c, a, ATTEMPT_GIVEN);
    actions_send(c, a->session, &op);
    log_tail_started(c, a);
}

/* For at-most-once jobs the start is on disk before the worker is told. */
static bool is_written_first(struct coord *c, struct attempt *a)
{
    if (!job_policy(a->job)->at_most_once)
        return false;
    actions_persist(c,
                    (struct record){ .type = RECORD_ATTEMPT,
                                     .u.attempt = { .task = a->task,
                                                    .tries = a->past.tries,
                                                    .blame = BLAME_STARTED,
                                                    .at_ms = c->wall_ms,
                                                    .again_ms = c->wall_ms } });
    on_commit_add(c, (struct on_commit){ .type = ON_COMMIT_START,
                                         .job = a->job,
                                         .task = a->task,
                                         .attempt = a->id });
    return true;
}

void assign_element(struct coord *c, struct session *s, struct job *j,
                    uint32_t elem, const struct past *past)
{
    struct attempt_id id = attempt_next_id(c);
    struct attempt *a = attempt_new(c, s, j, elem, id, past);

    queue_remove_idle(j);
    if (past->n_failed == 0)
        budget_earn(&c->retries);
    if (!is_written_first(c, a))
        send_assign(c, a);
}

void assign_committed(struct coord *c, const struct on_commit *p)
{
    struct attempt *a = attempt_find(c, p->task);

    if (a == NULL || !attempt_equal(a->id, p->attempt) ||
        a->state != ATTEMPT_UNSENT)
        return;
    /* The worker may be answering a BEAT_ACK that covered the old number: its
     * HELD would seem to miss this attempt. */
    attempt_renumber(c, a);
    if (job_cancel_of(p->job, p->task.elem) != NULL)
        element_end_cancelled(c, p->job, p->task.elem, a);
    else if (a->session->gone || timing_is_over(c, p->job))
        element_give_back(c, a); /* it would be lost on the way, or too late */
    else
        send_assign(c, a);
}
