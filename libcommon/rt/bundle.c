/* SPDX-License-Identifier: MIT */
/* bundle - see bundle.h. */
#include "bundle.h"

#include <stdlib.h>

#include "check.h"
#include "mem.h"

void bundle_init(struct bundle *b)
{
    *b = (struct bundle){ .owner = coro_current() };
    ASSERT(b->owner != NULL);
    list_init(&b->pending);
    list_init(&b->ended);
}

static void item_ended(struct future_watch *w)
{
    struct bundle_item *item = CONTAINER_OF(w, struct bundle_item, watch);
    struct bundle *b = item->bundle;

    list_remove(&item->link);
    list_insert(&b->ended, &item->link);
    b->n_pending--;
    coro_wake(b->owner);
}

enum err bundle_add(struct bundle *b, yon_future *f, size_t tag)
{
    struct bundle_item *item;

    if (!f->done && f->loop != b->owner->loop)
        return ERR_STATE;
    item = xcalloc(1, sizeof *item);
    *item = (struct bundle_item){ .bundle = b, .f = f, .tag = tag };
    if (f->done) {
        future_ref(f); /* as a watch has it */
        item->watch.f = f;
        list_init(&item->watch.link);
        list_insert(&b->ended, &item->link);
        return ERR_NONE;
    }
    future_watch(f, &item->watch, item_ended);
    list_insert(&b->pending, &item->link);
    b->n_pending++;
    return ERR_NONE;
}

enum err bundle_next_await(struct bundle *b, struct bundle_item **out)
{
    enum err err = ERR_NONE;

    while (list_is_empty(&b->ended)) {
        if (b->n_pending == 0)
            return ERR_EXHAUSTED;
        err = coro_wait();
        if (err != ERR_NONE)
            return err;
    }
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
    for (struct list *it = b->pending.next; it != &b->pending;) {
        struct bundle_item *item = LIST_ENTRY(it, struct bundle_item, link);

        it = it->next;
        yon_cancel(item->f);
    }
}

void bundle_finish_await(struct bundle *b)
{
    struct bundle_item *item;

    b->owner->shielded++;
    while (bundle_next_await(b, &item) == ERR_NONE)
        bundle_free(item);
    b->owner->shielded--;
}
