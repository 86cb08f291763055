/* SPDX-License-Identifier: MIT */
/* tell_worker - ACK, RECONCILE, STOP. */
#include "coordinator/core/rules/tell_worker.h"

#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"

void tell_worker_ack(struct coord *c, struct session *s,
                     struct attempt_key held)
{
    struct op op = { .type = OP_ACK, .u.ack.attempts = { &held, 1 } };

    actions_send(c, s, &op);
}

void tell_worker_ruling(struct coord *c, struct session *s,
                        struct attempt_key held, enum verdict verdict)
{
    struct ruling ruling = { .id = held, .verdict = (uint8_t)verdict };
    struct op op = { .type = OP_RECONCILE,
                     .u.reconcile.rulings = { &ruling, 1 } };

    actions_send(c, s, &op);
}

void tell_worker_stop(struct coord *c, struct attempt *a)
{
    const struct job_range *cancel = job_cancel_of(a->job, a->task.elem);
    struct op op = { .type = OP_STOP, .u.stop.id = attempt_key_of(a) };

    if (cancel == NULL || !attempt_is_given(a))
        return;
    op.u.stop.reason = blob_view(cancel->reason);
    a->stop_sent = true;
    actions_send(c, a->session, &op);
}
