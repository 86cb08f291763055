/* SPDX-License-Identifier: MIT */
/* acts - filling the lists of worker_actions. */
#include "worker/core/acts.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"

void acts_send(struct worker *w, const struct op *op)
{
    ASSERT(peer_is_up(&w->peer));
    frames_add(&w->out->sends, peer_head(&w->peer), op);
}

struct worker_act *acts_add(struct worker *w, enum worker_act_type type,
                            struct attempt_key id)
{
    struct worker_actions *out = w->out;

    if (out->n_acts == out->cap_acts)
        out->acts = vec_grow(out->acts, &out->cap_acts, out->n_acts + 1,
                             sizeof *out->acts);
    out->acts[out->n_acts] = (struct worker_act){ .type = type, .id = id };
    return &out->acts[out->n_acts++];
}

void acts_nonsense(struct worker *w, const char *what)
{
    uint64_t n = ++w->n_ignored;

    if ((n & (n - 1)) == 0) /* the 1st, 2nd, 4th ...: who sends more of it may
                               not fill a disk */
        trace_line(w->trace, TRACE_WARN, "nonsense", "what=%s n=%" PRIu64, what,
                   n);
}

static void act_fini(struct worker_act *act)
{
    if (act->type == WORKER_DO_START) {
        blob_unref(act->u.start.fn);
        blob_unref(act->u.start.spec);
        blob_unref(act->u.start.item);
        blob_unref(act->u.start.number);
    } else if (act->type == WORKER_DO_STOP) {
        blob_unref(act->u.stop.reason);
    } else if (act->type == WORKER_DO_NOTE) {
        blob_unref(act->u.note.message);
    }
}

void worker_actions_clear(struct worker_actions *a)
{
    enum trace_level level = a->trace.level;

    for (size_t i = 0; i < a->n_acts; i++)
        act_fini(&a->acts[i]);
    frames_fini(&a->sends);
    free(a->acts);
    trace_fini(&a->trace);
    *a = (struct worker_actions){ .wake_ms = INT64_MAX, .trace.level = level };
}

void acts_send_result(struct worker *w, struct worker_attempt *a)
{
    struct op op = { .type = OP_RESULT };

    op.u.result.outcome = a->outcome;
    acts_send(w, &op);
    a->sent_ms = w->now_ms;
}
