/* SPDX-License-Identifier: MIT */
/* actions - the lists of coord_actions are filled. */
#include "coordinator/core/model/actions.h"

#include <inttypes.h>

#include "coordinator/core/model/record.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/step.h"
#include "libcommon/mem.h"
#include "libcommon/trace.h"
#include "proto/frame.h"

void actions_persist(struct coord *c, struct record rec)
{
    records_add(&c->out->persist, rec);
    c->n_records++;
}

static void send_frame(struct coord *c, conn_id to, struct buf *frame)
{
    struct coord_actions *out = c->out;

    if (out->n_sends == out->cap_sends) {
        out->cap_sends = out->cap_sends == 0 ? 16 : out->cap_sends * 2;
        out->sends = xrealloc(out->sends, out->cap_sends * sizeof *out->sends);
    }
    out->sends[out->n_sends++] = (struct coord_send){ to, *frame };
    *frame = (struct buf){ 0 }; /* owned by the actions */
}

static struct frame_head head_for(const struct coord *c, session_id session)
{
    return (struct frame_head){ .version = PROTO_VERSION,
                                .epoch = c->epoch,
                                .session = session };
}

void actions_send_to(struct coord *c, conn_id to, const struct op *op)
{
    struct buf frame = { 0 };

    frame_begin(&frame, head_for(c, (session_id){ 0 }));
    frame_add(&frame, op);
    send_frame(c, to, &frame);
}

void actions_send(struct coord *c, struct session *s, const struct op *op)
{
    if (s->gone)
        return;
    if (s->out.len == 0)
        frame_begin(&s->out, head_for(c, s->id));
    if (list_is_empty(&s->in_dirty))
        list_insert(&c->dirty, &s->in_dirty);
    frame_add(&s->out, op);
    if (s->out.len >= FRAME_LEN_GOOD)
        send_frame(c, s->conn, &s->out);
}

void actions_flush(struct coord *c)
{
    LIST_EACH (it, save, &c->dirty) {
        struct session *s = LIST_ENTRY(it, struct session, in_dirty);
        list_remove(&s->in_dirty);
        if (s->out.len > 0)
            send_frame(c, s->conn, &s->out);
    }
}

bool actions_is_rare(uint64_t n)
{
    return (n & (n - 1)) == 0;
}

void actions_nonsense(struct coord *c, const struct session *s,
                      const char *what)
{
    if (actions_is_rare(++c->n_nonsense))
        trace_line(c->trace, TRACE_WARN, "nonsense",
                   "role=%s name=%s what=%s n=%" PRIu64,
                   s == NULL ? "unknown" : session_role_name(s),
                   s == NULL ? "" : s->name, what, c->n_nonsense);
}

void actions_wake(struct coord *c, int64_t at_ms)
{
    if (at_ms < c->wake_ms)
        c->wake_ms = at_ms;
}
