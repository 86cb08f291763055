/* SPDX-License-Identifier: MIT */
/* out - what a step leaves behind: frames to send, acts to do. */
#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "worker/core/worker_state.h"

/* Capacity after one more element. */
static size_t grown(size_t cap)
{
    return cap == 0 ? 4 : cap * 2;
}

static void push_frame(struct worker_actions *out, struct buf frame)
{
    if (out->n_sends == out->cap_sends) {
        out->cap_sends = grown(out->cap_sends);
        out->sends = xrealloc(out->sends, out->cap_sends * sizeof *out->sends);
    }
    out->sends[out->n_sends++] = frame;
}

void worker_flush(struct worker *w)
{
    if (w->frame.len == 0)
        return;
    push_frame(w->out, w->frame);
    w->frame = (struct buf){ 0 }; /* owned by the actions */
}

void worker_send(struct worker *w, const struct op *op)
{
    ASSERT(w->session.n != 0 || op->type == OP_HELLO);
    if (w->frame.len == 0)
        frame_begin(&w->frame, (struct frame_head){ .version = PROTO_VERSION,
                                                    .epoch = w->epoch,
                                                    .session = w->session });
    frame_add(&w->frame, op);
    if (w->frame.len >= FRAME_LEN_GOOD)
        worker_flush(w);
}

struct worker_act *worker_act(struct worker *w, enum worker_act_type type,
                              struct attempt_key held)
{
    struct worker_actions *out = w->out;

    if (out->n_acts == out->cap_acts) {
        out->cap_acts = grown(out->cap_acts);
        out->acts = xrealloc(out->acts, out->cap_acts * sizeof *out->acts);
    }
    out->acts[out->n_acts] = (struct worker_act){ .type = type, .held = held };
    return &out->acts[out->n_acts++];
}

static void act_fini(struct worker_act *act)
{
    if (act->type == WORKER_DO_START) {
        blob_unref(act->u.start.fn);
        blob_unref(act->u.start.spec);
        blob_unref(act->u.start.item);
    } else if (act->type == WORKER_DO_STOP) {
        blob_unref(act->u.stop.reason);
    } else if (act->type == WORKER_DO_NOTE) {
        blob_unref(act->u.note.message);
    }
}

void worker_actions_clear(struct worker_actions *a)
{
    for (size_t i = 0; i < a->n_sends; i++)
        buf_fini(&a->sends[i]);
    for (size_t i = 0; i < a->n_acts; i++)
        act_fini(&a->acts[i]);
    free(a->sends);
    free(a->acts);
    *a = (struct worker_actions){ .wake_ms = INT64_MAX };
}
