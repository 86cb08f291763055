/* SPDX-License-Identifier: MIT */
/* future_set - see future_set.h. */
#include "libcommon/rt/co/future_set.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"

void bundle_init(struct bundle *b, void (*told)(struct bundle *b, enum err err))
{
    *b = (struct bundle){ .owner = coro_current(), .told = told };
    ASSERT(b->owner != NULL);
    b->owner->n_bundles++;
    list_init(&b->pending);
    list_init(&b->ended);
}

static void item_end(struct bundle_item *item, enum err err)
{
    struct bundle *b = item->bundle;

    list_insert(&b->ended, &item->link);
    if (b->told != NULL)
        b->told(b, err);
    coro_wake(b->owner);
}

static void item_ended(struct future_watch *w)
{
    struct bundle_item *item = CONTAINER_OF(w, struct bundle_item, watch);

    list_remove(&item->link);
    item->bundle->n_pending--;
    item_end(item, item->f->err);
}

bool bundle_add(struct bundle *b, yon_future *f, size_t tag)
{
    struct bundle_item *item = xcalloc(1, sizeof *item);

    *item = (struct bundle_item){ .bundle = b, .f = f, .tag = tag };
    if (f->done || f->loop != b->owner->loop || f->co == b->owner) {
        future_ref(f); /* as a watch has it */
        item->watch.f = f;
        list_init(&item->watch.link);
        item_end(item, f->done ? f->err : ERR_STATE);
        return false;
    }
    future_watch(f, &item->watch, item_ended);
    list_insert(&b->pending, &item->link);
    b->n_pending++;
    return true;
}

enum err bundle_next_await(struct bundle *b, struct bundle_item **out)
{
    enum err err = coro_stop(b->owner);

    while (err == ERR_NONE && list_is_empty(&b->ended)) {
        if (b->n_pending == 0)
            return ERR_EXHAUSTED;
        err = coro_wait();
    }
    if (err != ERR_NONE)
        return err;
    *out = LIST_ENTRY(b->ended.next, struct bundle_item, link);
    list_remove(&(*out)->link);
    return ERR_NONE;
}

void bundle_free(struct bundle_item *item)
{
    future_unwatch(&item->watch);
    yon_free(item->f);
    free(item);
}

void bundle_cancel(struct bundle *b)
{
    /* A cancel may end its future at once, and with it leave the list. */
    LIST_EACH (it, save, &b->pending)
        yon_cancel(LIST_ENTRY(it, struct bundle_item, link)->f);
}

void bundle_finish_await(struct bundle *b)
{
    b->owner->shielded++;
    while (b->n_pending > 0)
        coro_wait();
    b->owner->shielded--;
    b->owner->n_bundles--;
    LIST_EACH (it, save, &b->ended) {
        list_remove(it);
        bundle_free(LIST_ENTRY(it, struct bundle_item, link));
    }
}
