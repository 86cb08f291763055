/* SPDX-License-Identifier: MIT */
/* sendq - frames on their way to the peers. */
#include "coordinator/shell/sendq.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"
#include "libcommon/list.h"
#include "libcommon/map.h"
#include "libcommon/mem.h"
#include "libcommon/rt/zmq/outbox.h"
#include "proto/frame.h"

#define RETRY_MS 2              /* between two tries to send to a slow peer */
#define WAITING_MAX (16u << 20) /* bytes that may wait for one peer */

/* Frames that wait for one peer; freed when none do. */
struct peer_queue {
    conn_id to;
    struct outbox full; /* frames as they will leave */
    struct buf open;    /* the last one, to which more can be added */
    size_t len;         /* bytes of all */
    bool is_slow;       /* the socket had no room: not before the next try */
    struct list link;
};

struct sendq {
    struct sock *sock;
    sendq_gone_fn *gone;
    void *arg;
    uv_prepare_t turn;
    uv_timer_t retry;
    int n_handles;
    conn_id *lost; /* found in this flush */
    size_t n_lost, cap_lost;
    struct map peers; /* by conn */
    struct list all;
    size_t len, slow_max; /* bytes in all of them; in slow ones, at most */
};

static void try_again(uv_timer_t *timer);

static struct peer_queue *peer_queue_of(struct sendq *q, conn_id to)
{
    struct peer_queue *p = map_get(&q->peers, to.n);

    if (p != NULL)
        return p;
    p = xcalloc(1, sizeof *p);
    p->to = to;
    map_put(&q->peers, to.n, p);
    list_insert(&q->all, &p->link);
    return p;
}

static void peer_queue_free(struct sendq *q, struct peer_queue *p)
{
    void *removed = map_remove(&q->peers, p->to.n);

    ASSERT(removed == p);
    ASSERT(q->len >= p->len);
    q->len -= p->len;
    list_remove(&p->link);
    outbox_fini(&p->full);
    buf_fini(&p->open);
    free(p);
}

/* The operations of frames with one head can follow each other in one frame. */
static bool can_join(const struct buf *open, const struct buf *frame)
{
    return open->len > 0 && open->len + frame->len <= FRAME_LEN_GOOD &&
           memcmp(open->data, frame->data, FRAME_HEAD_LEN) == 0;
}

/* One frame always has room, however large. */
static bool has_room(const struct sendq *q, const struct peer_queue *p,
                     size_t len)
{
    return p->len == 0 || (p->len + len <= WAITING_MAX &&
                           (!p->is_slow || q->len + len <= q->slow_max));
}

static void grow(struct sendq *q, struct peer_queue *p, size_t len)
{
    p->len += len;
    q->len += len;
}

void sendq_add(struct sendq *q, conn_id to, struct buf *frame)
{
    struct peer_queue *p = peer_queue_of(q, to);

    ASSERT(!uv_is_closing((uv_handle_t *)&q->turn));
    ASSERT(frame->len > FRAME_HEAD_LEN);
    if (!has_room(q, p, frame->len)) {
        buf_fini(frame);
        return;
    }
    if (can_join(&p->open, frame)) {
        buf_add(&p->open, frame->data + FRAME_HEAD_LEN,
                frame->len - FRAME_HEAD_LEN);
        grow(q, p, frame->len - FRAME_HEAD_LEN);
        buf_fini(frame);
        return;
    }
    grow(q, p, frame->len);
    if (p->open.len > 0)
        outbox_take(&p->full, &p->open, 1);
    p->open = *frame;
    *frame = (struct buf){ 0 }; /* owned by the queue */
}

/* ERR_NONE: all has left; ERR_BUSY, ERR_UNREACHABLE. */
static enum err peer_queue_send(struct sendq *q, struct peer_queue *p)
{
    struct buf *frame;
    enum err err = ERR_NONE;

    if (p->open.len > 0)
        outbox_take(&p->full, &p->open, 1);
    while (err == ERR_NONE && (frame = outbox_first(&p->full)) != NULL) {
        err = sock_send(q->sock, p->to, buf_view(frame));
        if (err != ERR_NONE)
            break;
        ASSERT(p->len >= frame->len && q->len >= p->len);
        p->len -= frame->len;
        q->len -= frame->len;
        outbox_drop_first(&p->full);
    }
    ASSERT_IF(err == ERR_NONE, p->len == 0);
    return err;
}

static void note_gone(struct sendq *q, conn_id conn)
{
    q->lost = vec_grow(q->lost, &q->cap_lost, q->n_lost + 1, sizeof *q->lost);
    q->lost[q->n_lost++] = conn;
}

static void flush(struct sendq *q, bool slow_too)
{
    LIST_EACH (it, save, &q->all) {
        struct peer_queue *p = LIST_ENTRY(it, struct peer_queue, link);
        enum err err;

        if (p->is_slow && !slow_too)
            continue;
        err = peer_queue_send(q, p);
        if (err == ERR_UNREACHABLE)
            note_gone(q, p->to);
        p->is_slow = err == ERR_BUSY;
        if (p->is_slow)
            uv_timer_start(&q->retry, try_again, RETRY_MS, 0);
        else
            peer_queue_free(q, p);
    }
    /* After the walk: the owner may add frames, and may close this queue. */
    while (q->n_lost > 0)
        q->gone(q->arg, q->lost[--q->n_lost]);
}

static void try_again(uv_timer_t *timer)
{
    flush(timer->data, true);
}

static void turn(uv_prepare_t *handle)
{
    flush(handle->data, false);
}

void sendq_flush(struct sendq *q)
{
    flush(q, true);
}

struct sendq *sendq_new(uv_loop_t *loop, struct sock *sock, uint64_t slow_max,
                        sendq_gone_fn *gone, void *arg)
{
    struct sendq *q = xcalloc(1, sizeof *q);

    ASSERT(sock != NULL && gone != NULL);
    q->sock = sock;
    q->slow_max = slow_max;
    q->gone = gone;
    q->arg = arg;
    list_init(&q->all);
    uv_prepare_init(loop, &q->turn);
    uv_timer_init(loop, &q->retry);
    q->turn.data = q->retry.data = q;
    q->n_handles = 2;
    uv_prepare_start(&q->turn, turn);
    return q;
}

static void closed(uv_handle_t *handle)
{
    struct sendq *q = handle->data;

    ASSERT(q->n_handles > 0);
    if (--q->n_handles > 0)
        return;
    ASSERT(q->len == 0 && list_is_empty(&q->all));
    map_fini(&q->peers);
    free(q->lost);
    free(q);
}

void sendq_close(struct sendq *q)
{
    if (q == NULL)
        return;
    q->n_lost = 0;
    while (!list_is_empty(&q->all))
        peer_queue_free(q, LIST_ENTRY(q->all.next, struct peer_queue, link));
    uv_close((uv_handle_t *)&q->turn, closed);
    uv_close((uv_handle_t *)&q->retry, closed);
}
