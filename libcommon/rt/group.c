/* SPDX-License-Identifier: MIT */
/* group - leaving it waits for all that is in it: <yon/co.h>. */
#include <stdlib.h>

#include <yon/co.h>

#include "bundle.h"
#include "check.h"
#include "mem.h"

struct yon_group {
    struct bundle bundle;
    enum err err; /* the first in time */
};

yon_group *yon_group_enter(void)
{
    yon_group *g;

    if (coro_current() == NULL)
        return NULL;
    g = xcalloc(1, sizeof *g);
    bundle_init(&g->bundle);
    return g;
}

yon_future *yon_group_add(yon_group *g, yon_future *f)
{
    ASSERT(coro_current() == g->bundle.owner);
    if (bundle_add(&g->bundle, f, 0) != ERR_NONE && g->err == ERR_NONE)
        g->err = ERR_STATE;
    return f;
}

yon_future *yon_group_spawn(yon_group *g, yon_fn *fn, void *arg)
{
    return yon_group_add(g, yon_spawn(fn, arg));
}

void yon_group_cancel(yon_group *g)
{
    bundle_cancel(&g->bundle);
}

int yon_group_leave(yon_group *g)
{
    struct bundle_item *item;
    enum err err;

    while (g->err == ERR_NONE) {
        err = bundle_next_await(&g->bundle, &item);
        if (err == ERR_EXHAUSTED)
            break;
        g->err = err == ERR_NONE ? item->f->err : err;
        if (err == ERR_NONE)
            bundle_free(item);
    }
    bundle_cancel(&g->bundle);
    bundle_finish_await(&g->bundle);
    err = g->err;
    free(g);
    return -(int)err;
}
