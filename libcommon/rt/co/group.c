/* SPDX-License-Identifier: MIT */
/* group - leaving it waits for all that is in it: <yon/co.h>.
 *
 * The first error stops the owner at once. The others are cancelled by a call
 * of the loop, in the same turn: a cancel may end its future, which is nothing
 * to do amidst the end of another one.
 */
#include <stdlib.h>

#include <yon/co.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/future_set.h"

struct yon_group {
    struct future_set set;
    struct yon_group *outer;
    unsigned shielded; /* depth at which it was entered: it stops its owner from
                          there inwards */
    enum err err;      /* of the first that failed */
    bool ends;         /* cancelled, or one has failed: so is who comes now */
    struct loop_call cancel;
};

bool group_stops(const struct coro *co)
{
    for (const yon_group *g = co->groups; g != NULL; g = g->outer)
        if (g->ends && g->shielded >= co->shielded)
            return true;
    return false;
}

static void cancel_members(struct loop_call *call)
{
    future_set_cancel(&CONTAINER_OF(call, yon_group, cancel)->set);
}

/* To be cancelled is no error: it was meant. */
static void member_ended(struct future_set *set, enum err err)
{
    yon_group *g = CONTAINER_OF(set, yon_group, set);

    if (err == ERR_NONE || err == ERR_CANCELLED || g->err != ERR_NONE)
        return;
    g->err = err;
    if (!g->ends)
        loop_call(set->owner->loop, &g->cancel, cancel_members);
    g->ends = true;
}

yon_group *yon_group_enter(void)
{
    struct coro *co = coro_current();
    yon_group *g;

    if (co == NULL)
        return NULL;
    g = xcalloc(1, sizeof *g);
    future_set_init(&g->set, member_ended);
    list_init(&g->cancel.link);
    g->shielded = co->shielded;
    g->outer = co->groups;
    co->groups = g;
    return g;
}

yon_future *yon_group_add(yon_group *g, yon_future *f)
{
    ASSERT(loop_current() == g->set.owner->loop);
    if (future_set_add(&g->set, f, 0) && g->ends)
        yon_cancel(f);
    return f;
}

yon_future *yon_group_spawn(yon_group *g, yon_fn *fn, void *arg)
{
    struct coro *owner = g->set.owner;

    ASSERT(loop_current() == owner->loop);
    return yon_group_add(g, future_spawn(owner, fn, arg));
}

void yon_group_cancel(yon_group *g)
{
    g->ends = true;
    future_set_cancel(&g->set);
    coro_wake(g->set.owner);
}

/* It does not stop its owner any more. */
static void group_exit(yon_group *g)
{
    yon_group **at = &g->set.owner->groups;

    while (*at != g)
        at = &(*at)->outer;
    *at = g->outer;
}

int yon_group_leave(yon_group *g)
{
    struct future_set *set = &g->set;
    enum err err;

    ASSERT(coro_current() == set->owner);
    group_exit(g);
    err = coro_stop(set->owner);
    while (err == ERR_NONE && !g->ends && set->n_pending > 0)
        err = coro_wait();
    if (err != ERR_NONE || g->ends)
        yon_group_cancel(g);
    future_set_finish_await(set);
    loop_call_clear(set->owner->loop, &g->cancel);
    if (err == ERR_NONE)
        err = g->err;
    if (err == ERR_NONE && g->ends)
        err = ERR_CANCELLED;
    free(g);
    return -(int)err;
}
