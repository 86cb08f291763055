/* SPDX-License-Identifier: MIT */
/* keep_piece - each piece is one record, and one answer when that is durable.
 */
#include "coordinator/core/rules/keep_piece.h"

#include "coordinator/core/ask/answer.h"
#include "coordinator/core/model/actions.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/model/tables.h"
#include "libcommon/check.h"

/* No stream is longer. */
#define OFFSET_MAX (UINT64_C(1) << 60)
/* Of a session, not durable yet: a worker that sends more does not keep to
 * PIECES_AHEAD. It may have said some again. */
#define PIECES_PENDING_MAX (4 * PIECES_AHEAD)

static bool is_sound(const struct piece *p)
{
    return (p->stream == STREAM_OUT || p->stream == STREAM_ERR) &&
           p->offset <= OFFSET_MAX && p->len >= 1 && p->len <= PIECE_LEN_MAX &&
           p->packing <= PACKING_ZSTD && p->bytes.len >= 1 &&
           p->bytes.len <= PIECE_PACKED_MAX;
}

static void tell(struct coord *c, struct session *s, struct attempt_key id,
                 uint8_t stream, uint64_t offset, bool refused)
{
    struct op op = { .type = OP_PIECE_KEPT };

    op.u.piece_kept.id = id;
    op.u.piece_kept.stream = stream;
    op.u.piece_kept.offset = offset;
    op.u.piece_kept.refused = refused;
    actions_send(c, s, &op);
}

static void persist(struct coord *c, const struct attempt *a,
                    const struct piece *p)
{
    actions_persist(
        c, (struct record){ .type = RECORD_PIECE,
                            .u.piece = { .task = a->task,
                                         .attempt = a->id,
                                         .stream = p->stream,
                                         .offset = p->offset,
                                         .len = p->len,
                                         .packing = p->packing,
                                         .bytes = blob_new(p->bytes) } });
    a->session->n_pieces++;
    on_commit_add(c, (struct on_commit){ .type = ON_COMMIT_PIECE,
                                         .session = a->session->id,
                                         .job = a->job,
                                         .task = a->task,
                                         .attempt = a->id,
                                         .stream = p->stream,
                                         .offset = p->offset });
}

void keep_piece_take(struct coord *c, struct session *s, const struct op *op)
{
    const struct piece *p = &op->u.keep_piece.piece;
    struct attempt_key id = op->u.keep_piece.id;
    struct attempt *a = attempt_find(c, attempt_key_task(id));

    if (!is_sound(p)) {
        answer_nonsense(c, s, "KEEP_PIECE: no such piece");
        return;
    }
    /* Of a stale attempt nothing is kept, and its RESULT will be acked. */
    if (a == NULL || !attempt_equal(a->id, attempt_key_attempt(id)) ||
        a->session != s || !attempt_is_active(a))
        tell(c, s, id, p->stream, p->offset, false);
    else if (c->full)
        tell(c, s, id, p->stream, p->offset, true);
    else if (s->n_pieces < PIECES_PENDING_MAX)
        persist(c, a, p);
}

void keep_piece_committed(struct coord *c, const struct on_commit *p,
                          bool refused)
{
    struct attempt *a = attempt_find(c, p->task);
    struct session *s = tables_session(c, p->session);

    if (s == NULL)
        return;
    ASSERT(s->n_pieces > 0);
    s->n_pieces--;
    if (a != NULL && attempt_equal(a->id, p->attempt) && a->session == s)
        tell(c, s, attempt_key_of(a), p->stream, p->offset, refused);
}
