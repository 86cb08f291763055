/* SPDX-License-Identifier: MIT */
/* shipment - pieces of outputs, a few at a time, in order. */
#include "worker/core/shipment.h"

#include <string.h>

#include "libcommon/check.h"
#include "proto/body.h"
#include "worker/core/acts.h"

static unsigned stream_of(size_t i)
{
    return i == 0 ? STREAM_OUT : STREAM_ERR;
}

static uint32_t len_at(const struct shipment_stream *s, uint64_t offset)
{
    uint64_t left = s->what.end - offset;

    return left < PIECE_LEN_MAX ? (uint32_t)left : PIECE_LEN_MAX;
}

static bool is_stored(const struct shipment *s)
{
    for (size_t i = 0; i < SHIPMENT_STREAMS; i++)
        if (s->streams[i].stored < s->streams[i].what.end)
            return false;
    return true;
}

bool shipment_is_over(const struct worker_attempt *a)
{
    return list_is_empty(&a->shipment.place);
}

bool shipment_was_any(const struct worker_attempt *a)
{
    for (size_t i = 0; i < SHIPMENT_STREAMS; i++)
        if (a->shipment.streams[i].what.from < a->shipment.streams[i].what.end)
            return true;
    return false;
}

void shipment_begin(struct worker *w, struct worker_attempt *a,
                    const struct spooled *spooled)
{
    struct shipment *s = &a->shipment;

    for (size_t i = 0; i < SHIPMENT_STREAMS; i++) {
        ASSERT(spooled[i].from <= spooled[i].end);
        s->streams[i] = (struct shipment_stream){ .what = spooled[i],
                                                  .stored = spooled[i].from,
                                                  .asked = spooled[i].from };
    }
    if (!is_stored(s))
        list_insert(&w->shipments, &s->place);
}

void shipment_end(struct worker *w, struct worker_attempt *a)
{
    struct shipment *s = &a->shipment;

    if (shipment_is_over(a))
        return;
    w->n_pieces_ahead -= s->n_ahead;
    s->n_ahead = 0;
    list_remove(&s->place);
    acts_add(w, WORKER_DO_FORGET, a->id);
}

/* ---- asking the shell ---- */

/* The next piece of the attempt. False: all have been asked for. */
static bool ask(struct worker *w, struct worker_attempt *a)
{
    for (size_t i = 0; i < SHIPMENT_STREAMS; i++) {
        struct shipment_stream *s = &a->shipment.streams[i];
        struct worker_act *act;

        if (s->asked == s->what.end)
            continue;
        act = acts_add(w, WORKER_DO_READ_PIECE, a->id);
        act->u.piece.stream = (uint8_t)stream_of(i);
        act->u.piece.offset = s->asked;
        act->u.piece.len = len_at(s, s->asked);
        s->asked += act->u.piece.len;
        a->shipment.n_ahead++;
        w->n_pieces_ahead++;
        return true;
    }
    return false;
}

void shipment_go_on(struct worker *w)
{
    if (!peer_is_up(&w->peer))
        return;
    LIST_EACH (it, save, &w->shipments) {
        struct worker_attempt *a =
            LIST_ENTRY(it, struct worker_attempt, shipment.place);

        while (a->confirmed && w->n_pieces_ahead < PIECES_AHEAD && ask(w, a)) {
        }
    }
}

void shipment_go_back(struct worker *w)
{
    LIST_EACH (it, save, &w->shipments) {
        struct shipment *s = LIST_ENTRY(it, struct shipment, place);

        for (size_t i = 0; i < SHIPMENT_STREAMS; i++)
            s->streams[i].asked = s->streams[i].stored;
        s->n_ahead = 0;
    }
    w->n_pieces_ahead = 0;
    w->pieces_ms = w->now_ms;
}

void shipment_beat(struct worker *w)
{
    if (w->n_pieces_ahead == 0 || w->now_ms - w->pieces_ms < w->peer.beat_ms)
        return;
    shipment_go_back(w);
    shipment_go_on(w);
}

/* ---- what comes of it ---- */

/* The bytes that are not stored and that no follower has. */
static uint64_t lost_of(const struct shipment_stream *s)
{
    uint64_t from = s->what.taken > s->stored ? s->what.taken : s->stored;

    return from < s->what.end ? s->what.end - from : 0;
}

/* The outcome tells what is missing. */
static void cut(struct worker *w, struct worker_attempt *a)
{
    const struct shipment_stream *s = a->shipment.streams;
    struct outcome o = a->outcome;
    struct buf packed = { 0 };
    struct body body;

    (void)body_decode(o.body, &body, NULL); /* ours: it can be read */
    body.out_stored = s[0].stored - s[0].what.from;
    body.err_stored = s[1].stored - s[1].what.from;
    body_encode(&packed, &body);
    o.body = buf_view(&packed);
    o.dropped += lost_of(&s[0]) + lost_of(&s[1]);
    attempts_change_outcome(&w->attempts, a, &o);
    buf_fini(&packed);
}

static void refused(struct worker *w, struct worker_attempt *a, const char *why)
{
    trace_line(w->trace, TRACE_WARN, "output-dropped",
               ATTEMPT_FORMAT " reason=%s", ATTEMPT_ARGS(a->id), why);
    cut(w, a);
}

/* Nothing more of it is to come. */
static void finish(struct worker *w, struct worker_attempt *a)
{
    shipment_end(w, a);
    if (peer_is_up(&w->peer) && a->confirmed)
        acts_send_result(w, a);
    shipment_go_on(w);
}

static struct worker_attempt *find(struct worker *w, struct attempt_key id,
                                   unsigned stream,
                                   struct shipment_stream **out)
{
    struct worker_attempt *a = attempts_find(&w->attempts, id);

    if (a == NULL || shipment_is_over(a) ||
        (stream != STREAM_OUT && stream != STREAM_ERR))
        return NULL;
    *out = &a->shipment.streams[stream == STREAM_OUT ? 0 : 1];
    return a;
}

void shipment_read(struct worker *w, const struct worker_event *e)
{
    const struct piece *piece = &e->u.piece.piece;
    struct shipment_stream *s;
    struct worker_attempt *a = find(w, e->u.piece.id, piece->stream, &s);
    struct op op = { .type = OP_KEEP_PIECE };

    if (a == NULL || !peer_is_up(&w->peer) || piece->offset >= s->asked)
        return; /* the session is over; it will be asked for again */
    if (piece->bytes.len == 0) {
        refused(w, a, "what was spooled of it cannot be read");
        finish(w, a);
        return;
    }
    ASSERT(piece->bytes.len <= PIECE_PACKED_MAX);
    op.u.keep_piece.id = a->id;
    op.u.keep_piece.piece = *piece;
    acts_send(w, &op);
    w->pieces_ms = w->now_ms;
}

void shipment_kept(struct worker *w, const struct op *op)
{
    struct shipment_stream *s;
    struct worker_attempt *a =
        find(w, op->u.piece_kept.id, op->u.piece_kept.stream, &s);

    if (a == NULL || op->u.piece_kept.offset != s->stored ||
        s->asked == s->stored)
        return; /* it was sent twice */
    w->pieces_ms = w->now_ms;
    if (op->u.piece_kept.refused) {
        refused(w, a, "the coordinator's disk is full");
        finish(w, a);
        return;
    }
    s->stored += len_at(s, s->stored);
    a->shipment.n_ahead--;
    w->n_pieces_ahead--;
    if (is_stored(&a->shipment))
        finish(w, a);
    else
        shipment_go_on(w);
}
