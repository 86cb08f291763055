/* SPDX-License-Identifier: MIT */
/* group - leaving it waits for all that is in it: <yon/co.h>. */
#include <stdlib.h>

#include <yon/co.h>

#include "bundle.h"
#include "check.h"
#include "mem.h"

struct yon_group {
    struct bundle bundle;
    bool ends; /* cancelled, or one has failed: so is who comes now */
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
    ASSERT(loop_current() == g->bundle.owner->loop);
    bundle_add(&g->bundle, f, 0);
    if (g->ends)
        yon_cancel(f);
    return f;
}

yon_future *yon_group_spawn(yon_group *g, yon_fn *fn, void *arg)
{
    struct coro *owner = g->bundle.owner;

    ASSERT(loop_current() == owner->loop);
    return yon_group_add(g, future_spawn(owner, fn, arg));
}

void yon_group_cancel(yon_group *g)
{
    g->ends = true;
    bundle_cancel(&g->bundle);
}

int yon_group_leave(yon_group *g)
{
    struct bundle *b = &g->bundle;
    enum err err = coro_stop(b->owner);

    ASSERT(coro_current() == b->owner);
    while (err == ERR_NONE && b->err == ERR_NONE && b->n_pending > 0)
        err = coro_wait();
    if (err == ERR_NONE)
        err = b->err;
    if (err != ERR_NONE)
        yon_group_cancel(g);
    bundle_finish_await(b);
    free(g);
    return -(int)err;
}
