/* SPDX-License-Identifier: MIT */
/* recover - the wait for known workers. */
#include "coordinator/core/rules/recover.h"

#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/known_worker.h"
#include "coordinator/core/model/queue.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/timing.h"
#include "coordinator/core/rules/element.h"
#include "coordinator/core/rules/retry.h"
#include "libcommon/trace.h"

static bool is_expecting(const struct coord *c)
{
    LIST_EACH (it, save, &c->known)
        if (LIST_ENTRY(it, struct known_worker, in_all)->expected)
            return true;
    return false;
}

static void finish(struct coord *c)
{
    uint32_t missing = 0;

    c->recovering = false;
    LIST_EACH (it, save, &c->known) {
        struct known_worker *k = LIST_ENTRY(it, struct known_worker, in_all);
        if (!k->expected)
            continue;
        missing++;
        trace_line(c->trace, TRACE_WARN, "worker-missing", "worker=%.*s",
                   TRACE_VIEW(blob_view(k->name)));
        known_worker_drop(c, k);
    }
    LIST_EACH (it, save, &c->by_id) {
        struct job *j = LIST_ENTRY(it, struct job, by_id);
        if (!j->restored)
            continue;
        j->restored = false;
        element_cancel_waiting(c, j, 1, j->counts.n);
        retry_unclaimed(c, j);
        timing_begin(c, j);
        queue_job(c, j);
    }
    trace_line(c->trace, TRACE_INFO, "recovered", "jobs=%zu missing_workers=%u",
               c->jobs.n, missing);
}

void recover_begin(struct coord *c)
{
    c->recovering = true;
    c->recover_until_ms = c->now_ms + c->config.lease_ms;
}

void recover_extend(struct coord *c)
{
    if (c->recovering)
        c->recover_until_ms = c->now_ms + c->config.lease_ms;
}

void recover_check(struct coord *c)
{
    int64_t soon_ms = c->now_ms + c->config.lease_ms / 8 + 1;

    if (!c->recovering)
        return;
    if (c->now_ms >= c->recover_until_ms || !is_expecting(c)) {
        finish(c);
        return;
    }
    /* Also in between, so that a sleep of our own is noticed. */
    actions_wake(c,
                 soon_ms < c->recover_until_ms ? soon_ms : c->recover_until_ms);
}
