/* SPDX-License-Identifier: MIT */
/* promise_rig - a future that the test ends. */
#ifndef PROMISE_RIG_H
#define PROMISE_RIG_H

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/future.h"

struct promise {
    yon_future base;
    int n_cancels, n_abandons;
    int *n_destroyed;
};

static inline struct promise *promise_of(yon_future *f)
{
    return CONTAINER_OF(f, struct promise, base);
}

static inline void promise_cancel(yon_future *f)
{
    promise_of(f)->n_cancels++;
}

static inline void promise_abandon(yon_future *f)
{
    promise_of(f)->n_abandons++;
}

static inline void promise_destroy(yon_future *f)
{
    ++*promise_of(f)->n_destroyed;
    free(promise_of(f));
}

static const struct future_kind promise_kind = {
    .name = "promise",
    .cancel = promise_cancel,
    .abandon = promise_abandon,
    .destroy = promise_destroy,
};

static const struct future_kind stubborn_kind = {
    .name = "stubborn",
    .destroy = promise_destroy,
};

static struct promise *
promise_new(struct loop *loop, const struct future_kind *kind, int *n_destroyed)
{
    struct promise *p = xcalloc(1, sizeof *p);

    future_init(&p->base, kind, loop);
    p->n_destroyed = n_destroyed;
    return p;
}

#endif
