/* SPDX-License-Identifier: MIT */
/* post - see post.h. */
#include "coordinator/shell/sendq.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"
#include "libcommon/list.h"
#include "libcommon/map.h"
#include "libcommon/mem.h"
#include "libcommon/rt/zmq/outbox.h"
#include "proto/frame.h"

#define RETRY_MS 2 /* between two tries to send to a peer who is slow */
#define WAITING_MAX (16u << 20)      /* bytes that may wait for one peer, */
#define WAITING_ALL_MAX (128u << 20) /* and for all who are slow */

/* What waits for one peer; gone when nothing does. */
struct bag {
    conn_id to;
    struct outbox full; /* frames as they will leave */
    struct buf open;    /* the last one, to which more can be added */
    size_t len;         /* bytes of all */
    bool is_slow;       /* the socket had no room: not before the next try */
    struct list link;
};

struct post {
    struct sock *sock;
    post_gone_fn *gone;
    void *arg;
    uv_prepare_t turn;
    uv_timer_t retry;
    int n_handles;
    conn_id *lost; /* found in this flush */
    size_t n_lost, cap_lost;
    struct map bags; /* by conn */
    struct list all;
    size_t len; /* bytes in all bags */
};

static void try_again(uv_timer_t *timer);

static struct bag *bag_of(struct post *p, conn_id to)
{
    struct bag *b = map_get(&p->bags, to.n);

    if (b != NULL)
        return b;
    b = xcalloc(1, sizeof *b);
    b->to = to;
    map_put(&p->bags, to.n, b);
    list_insert(&p->all, &b->link);
    return b;
}

static void bag_free(struct post *p, struct bag *b)
{
    p->len -= b->len;
    map_remove(&p->bags, b->to.n);
    list_remove(&b->link);
    outbox_fini(&b->full);
    buf_fini(&b->open);
    free(b);
}

/* The operations of frames with one head can follow each other in one frame. */
static bool can_join(const struct buf *open, const struct buf *frame)
{
    return open->len > 0 && open->len + frame->len <= FRAME_LEN_GOOD &&
           memcmp(open->data, frame->data, FRAME_HEAD_LEN) == 0;
}

/* One frame always has room, however large. */
static bool has_room(const struct post *p, const struct bag *b, size_t len)
{
    return b->len == 0 || (b->len + len <= WAITING_MAX &&
                           (!b->is_slow || p->len + len <= WAITING_ALL_MAX));
}

static void grow(struct post *p, struct bag *b, size_t len)
{
    b->len += len;
    p->len += len;
}

void post_send(struct post *p, conn_id to, struct buf *frame)
{
    struct bag *b = bag_of(p, to);

    ASSERT(frame->len > FRAME_HEAD_LEN);
    if (!has_room(p, b, frame->len)) {
        buf_fini(frame);
        return;
    }
    if (can_join(&b->open, frame)) {
        buf_add(&b->open, frame->data + FRAME_HEAD_LEN,
                frame->len - FRAME_HEAD_LEN);
        grow(p, b, frame->len - FRAME_HEAD_LEN);
        buf_fini(frame);
        return;
    }
    grow(p, b, frame->len);
    if (b->open.len > 0)
        outbox_take(&b->full, &b->open, 1);
    b->open = *frame;
    *frame = (struct buf){ 0 }; /* owned by the bag */
}

/* ERR_NONE: all has left; ERR_BUSY, ERR_UNREACHABLE. */
static enum err bag_send(struct post *p, struct bag *b)
{
    struct buf *frame;
    enum err err = ERR_NONE;

    if (b->open.len > 0)
        outbox_take(&b->full, &b->open, 1);
    while (err == ERR_NONE && (frame = outbox_first(&b->full)) != NULL) {
        err = sock_send(p->sock, b->to, buf_view(frame));
        if (err != ERR_NONE)
            break;
        b->len -= frame->len;
        p->len -= frame->len;
        outbox_drop_first(&b->full);
    }
    return err;
}

static void note_gone(struct post *p, conn_id conn)
{
    if (p->n_lost == p->cap_lost) {
        p->cap_lost = p->cap_lost == 0 ? 8 : p->cap_lost * 2;
        p->lost = xrealloc(p->lost, p->cap_lost * sizeof *p->lost);
    }
    p->lost[p->n_lost++] = conn;
}

static void flush(struct post *p, bool slow_too)
{
    LIST_EACH (it, save, &p->all) {
        struct bag *b = LIST_ENTRY(it, struct bag, link);
        enum err err;

        if (b->is_slow && !slow_too)
            continue;
        err = bag_send(p, b);
        if (err == ERR_UNREACHABLE)
            note_gone(p, b->to);
        b->is_slow = err == ERR_BUSY;
        if (b->is_slow)
            uv_timer_start(&p->retry, try_again, RETRY_MS, 0);
        else
            bag_free(p, b);
    }
    /* Behind the walk: the owner may post, and may close this. */
    while (p->n_lost > 0)
        p->gone(p->arg, p->lost[--p->n_lost]);
}

static void try_again(uv_timer_t *timer)
{
    flush(timer->data, true);
}

static void turn(uv_prepare_t *handle)
{
    flush(handle->data, false);
}

void post_flush(struct post *p)
{
    flush(p, true);
}

struct post *post_new(uv_loop_t *loop, struct sock *sock, post_gone_fn *gone,
                      void *arg)
{
    struct post *p = xcalloc(1, sizeof *p);

    p->sock = sock;
    p->gone = gone;
    p->arg = arg;
    list_init(&p->all);
    uv_prepare_init(loop, &p->turn);
    uv_timer_init(loop, &p->retry);
    p->turn.data = p->retry.data = p;
    p->n_handles = 2;
    uv_prepare_start(&p->turn, turn);
    return p;
}

static void closed(uv_handle_t *handle)
{
    struct post *p = handle->data;

    if (--p->n_handles > 0)
        return;
    map_fini(&p->bags);
    free(p->lost);
    free(p);
}

void post_close(struct post *p)
{
    if (p == NULL)
        return;
    p->n_lost = 0;
    while (!list_is_empty(&p->all))
        bag_free(p, LIST_ENTRY(p->all.next, struct bag, link));
    uv_close((uv_handle_t *)&p->turn, closed);
    uv_close((uv_handle_t *)&p->retry, closed);
}
