/* SPDX-License-Identifier: MIT */
/* future_set - see future_set.h. */
#include "libcommon/rt/co/future_set.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"

void future_set_init(struct future_set *set,
                     void (*told)(struct future_set *set, enum err err))
{
    *set = (struct future_set){ .owner = coro_current(), .told = told };
    ASSERT(set->owner != NULL);
    list_init(&set->pending);
    list_init(&set->ended);
}

static void item_end(struct future_set_item *item, enum err err)
{
    struct future_set *set = item->set;

    list_insert(&set->ended, &item->link);
    if (set->told != NULL)
        set->told(set, err);
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

enum err future_set_next_await(struct future_set *set,
                               struct future_set_item **out)
{
    enum err err = coro_stop(set->owner);

    while (err == ERR_NONE && list_is_empty(&set->ended)) {
        if (set->n_pending == 0)
            return ERR_EXHAUSTED;
        err = coro_wait();
    }
    if (err != ERR_NONE)
        return err;
    *out = LIST_ENTRY(set->ended.next, struct future_set_item, link);
    list_remove(&(*out)->link);
    return ERR_NONE;
}

void future_set_free(struct future_set_item *item)
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
        coro_wait();
    set->owner->stops.shielded--;
    LIST_EACH (it, save, &set->ended) {
        list_remove(it);
        future_set_free(LIST_ENTRY(it, struct future_set_item, link));
    }
}
