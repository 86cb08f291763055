/* SPDX-License-Identifier: MIT */
/* future_set - futures under way, taken in the order in which they end;
 * yon_each_of of <yon/co.h>. */
#include "libcommon/rt/co/future_set.h"

#include <stdlib.h>

#include <yon/co.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"

struct future_set_item {
    struct future_watch watch;
    struct list link; /* in `pending` or `ended` */
    struct future_set *set;
    yon_future *f; /* the set's */
    size_t tag;
};

void future_set_init(struct future_set *set,
                     void (*ended_one)(struct future_set *set, yon_future *f,
                                       enum err err))
{
    *set =
        (struct future_set){ .owner = coro_current(), .ended_one = ended_one };
    ASSERT(set->owner != NULL);
    list_init(&set->pending);
    list_init(&set->ended);
}

static void item_end(struct future_set_item *item, enum err err)
{
    struct future_set *set = item->set;

    list_insert(&set->ended, &item->link);
    if (set->ended_one != NULL) {
        future_note_read(item->f); /* by the group, which returns the first */
        set->ended_one(set, item->f, err);
    }
    coro_wake(set->owner);
}

static void item_ended(struct future_watch *w)
{
    struct future_set_item *item =
        CONTAINER_OF(w, struct future_set_item, watch);

    list_remove(&item->link);
    item->set->n_pending--;
    item_end(item, item->f->err);
}

bool future_set_add(struct future_set *set, yon_future *f, size_t tag)
{
    struct future_set_item *item = xcalloc(1, sizeof *item);

    *item = (struct future_set_item){ .set = set, .f = f, .tag = tag };
    if (f->done || f->loop != set->owner->loop || f->co == set->owner) {
        future_ref(f); /* as a watch has it */
        item->watch.f = f;
        list_init(&item->watch.link);
        item_end(item, f->done ? f->err : ERR_STATE);
        return false;
    }
    future_watch(f, &item->watch, item_ended);
    list_insert(&set->pending, &item->link);
    set->n_pending++;
    return true;
}

/* The next that has ended; the caller frees it with item_free. ERR_EXHAUSTED:
 * none is left; ERR_CANCELLED, ERR_TIMEOUT: of the owner. */
static enum err next_await(struct future_set *set, struct future_set_item **out)
{
    enum err err = coro_stop(set->owner);

    while (err == ERR_NONE && list_is_empty(&set->ended)) {
        if (set->n_pending == 0)
            return ERR_EXHAUSTED;
        err = coro_await();
    }
    if (err != ERR_NONE)
        return err;
    *out = LIST_ENTRY(set->ended.next, struct future_set_item, link);
    list_remove(&(*out)->link);
    return ERR_NONE;
}

static void item_free(struct future_set_item *item)
{
    future_unwatch(&item->watch);
    yon_free(item->f);
    free(item);
}

void future_set_cancel(struct future_set *set)
{
    /* A cancel may end its future at once, and with it leave the list. */
    LIST_EACH (it, save, &set->pending)
        yon_cancel(LIST_ENTRY(it, struct future_set_item, link)->f);
}

void future_set_finish_await(struct future_set *set)
{
    set->owner->stops.shielded++;
    while (set->n_pending > 0)
        coro_await();
    set->owner->stops.shielded--;
    LIST_EACH (it, save, &set->ended) {
        list_remove(it);
        item_free(LIST_ENTRY(it, struct future_set_item, link));
    }
}

/* ---- yon_each_of: a window of futures moves over n items ---- */

struct window {
    struct future_set set;
    size_t next, n;
    yon_start_fn *start;
    yon_take_fn *take;
    void *arg;
};

static void window_fill_await(struct window *s, size_t window)
{
    while (s->next < s->n && s->set.n_pending < window &&
           list_is_empty(&s->set.ended)) {
        size_t i = s->next++;
        yon_future *f = s->start(s->arg, i);

        if (f != NULL)
            future_set_add(&s->set, f, i);
    }
}

/* A future that was refused has not ended: there is nothing to take. */
static int window_take_await(struct window *s, struct future_set_item *item)
{
    yon_future *f = item->f;
    int code = f->done ? s->take(s->arg, item->tag, f) : YON_ESTATE;

    item_free(item);
    return code;
}

int yon_each_of(size_t n, size_t window, yon_start_fn *start, yon_take_fn *take,
                void *arg)
{
    struct window s = { .n = n, .start = start, .take = take, .arg = arg };
    struct future_set_item *item;
    enum err err;
    int code;

    if (window == 0)
        return YON_ERANGE;
    if (coro_current() == NULL)
        return YON_ESTATE;
    code = -(int)coro_refusal_await();
    future_set_init(&s.set, NULL);
    while (code == 0) {
        window_fill_await(&s, window);
        err = next_await(&s.set, &item);
        if (err == ERR_EXHAUSTED)
            break;
        code = err == ERR_NONE ? window_take_await(&s, item) : -(int)err;
    }
    future_set_cancel(&s.set);
    future_set_finish_await(&s.set);
    return code;
}
