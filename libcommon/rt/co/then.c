/* SPDX-License-Identifier: MIT */
/* then - callbacks: <yon/yon.h>.
 *
 * A callback is a watch of its future, and when that has ended a call on its
 * loop; both keep the future.
 */
#include <stdlib.h>

#include "libcommon/mem.h"
#include "libcommon/rt/co/future.h"

struct then {
    struct future_watch watch;
    struct loop_call call;
    yon_then_fn *fn;
    void *arg;
};

static void then_run(struct loop_call *call)
{
    struct then *t = CONTAINER_OF(call, struct then, call);

    t->fn(t->arg, t->watch.f);
    future_unwatch(&t->watch);
    free(t);
}

static void then_is_due(struct future_watch *w)
{
    loop_call(w->f->loop, &CONTAINER_OF(w, struct then, watch)->call, then_run);
}

int yon_then(yon_future *f, yon_then_fn *fn, void *arg)
{
    struct then *t;

    if (f->loop == NULL)
        return -(int)f->err;
    if (f->done && !loop_is_there(f->loop))
        return YON_ECLOSED;
    t = xcalloc(1, sizeof *t);
    t->fn = fn;
    t->arg = arg;
    if (f->done) {
        future_ref(f); /* as a watch has it */
        t->watch.f = f;
        list_init(&t->watch.link);
        then_is_due(&t->watch);
    } else {
        future_watch(f, &t->watch, then_is_due);
    }
    return 0;
}
