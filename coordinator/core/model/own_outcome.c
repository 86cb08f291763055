/* SPDX-License-Identifier: MIT */
/* own_outcome - cancelled, lost, expired: in words. */
#include "coordinator/core/model/own_outcome.h"

#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"

static struct view expired_text(struct view reason)
{
    return view_str(view_equal(reason, view_str("deadline"))
                        ? "the time for all of it was over"
                        : "no worker took it in time");
}

struct outcome own_outcome_cancelled(job_id job, uint32_t elem,
                                     const struct record *cancel)
{
    struct view reason = blob_view(cancel->u.cancel.reason);
    struct outcome o = { .job = job.n,
                         .elem = elem,
                         .state = cancel->u.cancel.state,
                         .reason = view_str("cancelled"),
                         .message = reason,
                         .ended_ms = cancel->u.cancel.at_ms };

    if (o.state == STATE_EXPIRED) {
        o.reason = reason;
        o.message = expired_text(reason);
    }
    return o;
}

struct outcome own_outcome_lost(const struct coord *c, const struct attempt *a,
                                const struct session *s, const char *text)
{
    return (struct outcome){ .id = attempt_key_of(a),
                             .state = STATE_LOST,
                             .reason = view_str("lost"),
                             .message = view_str(text),
                             .worker = view_str(s->name),
                             .started_ms = a->given_ms,
                             .ended_ms = c->wall_ms };
}

struct outcome own_outcome_expired(const struct coord *c, struct task_id task,
                                   const char *reason)
{
    return (struct outcome){ .job = task.job.n,
                             .elem = task.elem,
                             .state = STATE_EXPIRED,
                             .reason = view_str(reason),
                             .message = expired_text(view_str(reason)),
                             .ended_ms = c->wall_ms };
}
