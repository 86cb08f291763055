/* SPDX-License-Identifier: MIT */
/* group - futures that a coroutine must wait for before it goes on: <yon/co.h>.
 *
 * The first error stops the owner at once. The other members are cancelled by a
 * call of the loop, in the same turn: a cancel may complete its future, which
 * must not happen while another one is being completed.
 */
#include <stdlib.h>

#include <yon/co.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro_future.h"
#include "libcommon/rt/co/future_set.h"

struct yon_group {
    struct future_set set;
    struct stop stop;   /* ERR_CANCELLED: it ends; so does what is added now */
    enum err err;       /* of the first that failed, */
    yon_future *failed; /* which is a member; NULL: none has */
    struct loop_call cancel;
};

static bool group_ends(const yon_group *g)
{
    return g->stop.err != ERR_NONE;
}

static void group_dropped(struct stop *s)
{
    (void)s;
    misuse("yon_group_enter", "a coroutine ended without yon_group_leave",
           coro_misuse_place());
}

static void cancel_members(struct loop_call *call)
{
    future_set_cancel(&CONTAINER_OF(call, yon_group, cancel)->set);
}

/* A cancellation is no error: it was meant. */
static void member_ended(struct future_set *set, yon_future *f, enum err err)
{
    yon_group *g = CONTAINER_OF(set, yon_group, set);

    if (err == ERR_NONE || err == ERR_CANCELLED || g->err != ERR_NONE)
        return;
    g->err = err;
    g->failed = f;
    future_ref(f);
    if (!group_ends(g))
        loop_call(set->owner->loop, &g->cancel, cancel_members);
    g->stop.err = ERR_CANCELLED;
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
    g->stop = (struct stop){ .at_ns = STOP_NEVER, .drop = group_dropped };
    stop_push(&co->stops, &g->stop);
    return g;
}

yon_future *yon_group_add(yon_group *g, yon_future *f)
{
    MISUSE_IF(loop_current() != g->set.owner->loop,
              "not in a coroutine of the loop of the group");
    if (future_set_add(&g->set, f, 0) && group_ends(g))
        yon_cancel(f);
    return f;
}

yon_future *yon_group_spawn(yon_group *g, yon_fn *fn, void *arg)
{
    struct coro *owner = g->set.owner;

    MISUSE_IF(loop_current() != owner->loop,
              "not in a coroutine of the loop of the group");
    return yon_group_add(g, coro_future_spawn(owner, fn, arg));
}

void yon_group_cancel(yon_group *g)
{
    MISUSE_IF(loop_is_elsewhere(g->set.owner->loop),
              "the group belongs to another thread");
    g->stop.err = ERR_CANCELLED;
    future_set_cancel(&g->set);
    coro_wake(g->set.owner);
}

/* The caller is told of the first failure. */
static enum err failure_take(const yon_group *g)
{
    if (g->failed != NULL)
        future_note_error(g->failed);
    return g->err;
}

int yon_group_leave(yon_group *g)
{
    struct future_set *set = &g->set;
    enum err err;

    if (coro_current() != set->owner)
        return YON_ESTATE;
    stop_remove(&set->owner->stops, &g->stop);
    err = coro_stop(set->owner);
    while (err == ERR_NONE && !group_ends(g) && set->n_pending > 0)
        err = coro_await();
    if (err != ERR_NONE || group_ends(g))
        yon_group_cancel(g);
    future_set_finish_await(set);
    loop_call_clear(set->owner->loop, &g->cancel);
    if (err == ERR_NONE) /* it may have come while the members ended */
        err = coro_stop(set->owner);
    if (err == ERR_NONE)
        err = failure_take(g);
    if (err == ERR_NONE && group_ends(g))
        err = ERR_CANCELLED;
    if (g->failed != NULL)
        future_unref(g->failed);
    free(g);
    return -(int)err;
}
