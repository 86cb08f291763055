/* SPDX-License-Identifier: MIT */
/* worker_pieces - large outputs of a simulated worker, read piece by piece. */
#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/body.h"
#include "tests/sim/pieces.h"
#include "tests/sim/worker_parts.h"
#include "tests/sim/world.h"

#define UNREADABLE 5 /* pieces of 1000 */

struct piece_read {
    struct list node;
    struct worker_host *worker;
    struct attempt_key key;
    struct piece piece;
    struct timer timer;
};

static void piece_read_free(struct piece_read *r)
{
    timer_stop(&r->timer, &r->worker->host.world->clock);
    list_remove(&r->node);
    free(r);
}

static void begin_next(struct worker_host *h)
{
    struct world *w = h->host.world;

    if (!list_is_empty(&h->piece_reads))
        timer_set(
            &LIST_ENTRY(h->piece_reads.next, struct piece_read, node)->timer,
            &w->clock, w->clock.now_ms + world_between(w, 0, 3));
}

static void piece_read_end(void *arg)
{
    struct piece_read *r = arg;
    struct worker_host *h = r->worker;
    struct world *w = h->host.world;
    struct worker_event e = { .type = WORKER_PIECE };
    uint8_t token[PIECES_TOKEN_LEN];

    if (host_is_paused(&h->host)) {
        timer_set(&r->timer, &w->clock, h->host.paused_until_ms);
        return;
    }
    pieces_token(r->key, r->piece.stream, r->piece.offset, token);
    e.u.piece.id = r->key;
    e.u.piece.piece = r->piece;
    if (!world_chance(w, UNREADABLE))
        e.u.piece.piece.bytes = view_of(token, sizeof token);
    list_remove(&r->node);
    begin_next(h); /* in the order in which they were asked for */
    worker_host_step(h, &e);
    piece_read_free(r);
}

void worker_piece_read(struct worker_host *h, const struct worker_act *act)
{
    struct world *w = h->host.world;
    struct piece_read *r = xcalloc(1, sizeof *r);

    r->worker = h;
    r->key = act->id;
    r->piece.stream = act->u.piece.stream;
    r->piece.offset = act->u.piece.offset;
    r->piece.len = act->u.piece.len;
    timer_init(&r->timer, piece_read_end, r);
    list_insert(&h->piece_reads, &r->node);
    if (h->piece_reads.next == &r->node)
        timer_set(&r->timer, &w->clock,
                  w->clock.now_ms + world_between(w, 0, 3));
}

void worker_piece_forget(struct worker_host *h)
{
    ASSERT(h->n_spooled > 0);
    h->n_spooled--;
}

void worker_pieces_drop(struct worker_host *h)
{
    h->n_spooled = 0;
    LIST_EACH (it, save, &h->piece_reads)
        piece_read_free(CONTAINER_OF(it, struct piece_read, node));
}

void worker_run_ended(struct run *r, const struct outcome *o)
{
    struct worker_host *h = r->worker;
    struct spooled spooled[SHIPMENT_STREAMS] = { 0 };
    struct worker_event e = { .type = WORKER_ENDED, .u.ended = { o, NULL } };
    struct body body;

    (void)body_decode(o->body, &body, NULL);
    if (body.out_stored > 0) {
        spooled[0] = (struct spooled){ body.out_head,
                                       body.out_head + body.out_stored, 0 };
        e.u.ended.spooled = spooled;
        h->n_spooled++;
    }
    worker_host_step(h, &e);
}
