/* SPDX-License-Identifier: MIT */
/* restore - one record after the other. */
#include "coordinator/core/rules/restore.h"

#include "coordinator/core/model/job.h"
#include "coordinator/core/model/known_worker.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/tables.h"
#include "coordinator/core/rules/element.h"
#include "coordinator/core/rules/retry.h"
#include "libcommon/check.h"

static void restore_job(struct coord *c, struct record *rec)
{
    struct job *j = job_new(rec, c->bodies);

    j->restored = true;
    tables_link(c, j);
    element_begin_all(c, j);
}

static void restore_cancel(struct coord *c, struct record *rec)
{
    struct job *j = tables_job(c, rec->u.cancel.id.n);
    struct job_range range = { rec->u.cancel.first, rec->u.cancel.last,
                               rec->u.cancel.state, rec->u.cancel.reason };

    ASSERT(j != NULL);
    if (range.state == STATE_EXPIRED)
        element_restore_range(c, j, &range);
    else
        job_add_cancel(j, range);
}

static void restore_outcome(struct coord *c, struct record *rec)
{
    struct job *j = tables_job(c, rec->u.outcome.task.job.n);

    ASSERT(j != NULL);
    element_restore(c, j, rec->u.outcome.task.elem,
                    (enum state)rec->u.outcome.state, rec->u.outcome.gap);
}

void restore_record(struct coord *c, struct record *rec)
{
    switch (rec->type) {
    case RECORD_EPOCH:
        c->epoch = rec->u.mark.upto;
        break;
    case RECORD_CLOCK:
        c->ahead_ms = rec->u.clock.ahead_ms;
        c->uncounted_ms = rec->u.clock.uncounted_ms;
        break;
    case RECORD_IDS:
        c->next_job = c->ids_reserved = c->ids_durable = rec->u.mark.upto;
        break;
    case RECORD_LOW_WATER:
        c->low_water = rec->u.mark.upto;
        break;
    case RECORD_WORKER_UP:
        known_worker_add(c, rec->u.worker.boot, rec->u.worker.name);
        break;
    case RECORD_JOB:
        restore_job(c, rec);
        break;
    case RECORD_OUTCOME:
        restore_outcome(c, rec);
        break;
    case RECORD_CANCEL:
        restore_cancel(c, rec);
        break;
    case RECORD_ATTEMPT:
        retry_restore(c, rec);
        break;
    case RECORD_PIECE:
    case RECORD_END:
    case RECORD_WORKER_GONE:
        UNREACHABLE("not played back");
    }
}
