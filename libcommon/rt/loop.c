/* SPDX-License-Identifier: MIT */
/* loop - turns of a libuv loop, and the queue of coroutines that can go on.
 *
 * libuv calls idle handles before it polls and does not sleep while one is
 * active: that is where the queue runs.
 */
#include "loop.h"

#include <stdlib.h>

#include "check.h"
#include "coro.h"
#include "mailbox.h"
#include "mem.h"
#include "overflow.h"
#include "pool.h"
#include "signal_set.h"

static void loop_turn(uv_idle_t *handle)
{
    struct loop *l = handle->data;
    struct list batch;

    /* The ring gets another head: who becomes ready now waits for the next
     * turn. */
    list_insert(&l->ready, &batch);
    list_remove(&l->ready);
    while (!list_is_empty(&batch)) {
        struct coro *co = LIST_ENTRY(batch.next, struct coro, ready);

        list_remove(&co->ready);
        coro_resume(co);
    }
    if (list_is_empty(&l->ready))
        uv_idle_stop(&l->turn);
}

/* Coroutines have run in this turn and may have made the end true: then the
 * poll that comes must not sleep. */
static void loop_poll_next(uv_prepare_t *handle)
{
    struct loop *l = handle->data;

    if (l->is_done != NULL && l->is_done(l->is_done_arg))
        uv_stop(&l->uv);
}

void loop_add_ready(struct loop *l, struct coro *co)
{
    ASSERT(pthread_equal(l->owner, pthread_self()));
    list_insert(&l->ready, &co->ready);
    uv_idle_start(&l->turn, loop_turn); /* harmless when active */
}

struct loop *loop_new(void)
{
    struct loop *l = xcalloc(1, sizeof *l);

    if (uv_loop_init(&l->uv) != 0)
        UNREACHABLE("no event loop: is the limit of open files reached?");
    l->owner = pthread_self();
    uv_idle_init(&l->uv, &l->turn);
    l->turn.data = l;
    uv_prepare_init(&l->uv, &l->poll_next);
    l->poll_next.data = l;
    uv_prepare_start(&l->poll_next, loop_poll_next);
    uv_unref((uv_handle_t *)&l->poll_next);
    alarm_set_init(&l->alarms, &l->uv);
    stack_pool_init(&l->stacks, STACK_SIZE_DEFAULT,
                    stack_guard_probe(STACK_GUARD_ADVICE));
    fiber_init_here(&l->home);
    l->signal_stack = overflow_watch();
    list_init(&l->ready);
    list_init(&l->coros);
    return l;
}

static void handle_check_closing(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        UNREACHABLE("a loop ended with something open on it, such as a client "
                    "without yon_close");
}

void loop_free(struct loop *l)
{
    int closed;

    if (l == NULL)
        return;
    ASSERT(pthread_equal(l->owner, pthread_self()));
    ASSERT(list_is_empty(&l->coros));
    pool_stop(l->pool);
    mailbox_close(l->mailbox);
    signal_set_close(l->signals);
    pool_free(l->pool);
    alarm_set_fini(&l->alarms);
    uv_close((uv_handle_t *)&l->turn, NULL);
    uv_close((uv_handle_t *)&l->poll_next, NULL);
    uv_walk(&l->uv, handle_check_closing, NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT);
    closed = uv_loop_close(&l->uv);
    ASSERT(closed == 0);
    stack_pool_fini(&l->stacks);
    overflow_unwatch(l->signal_stack);
    free(l);
}

void loop_set_stack(struct loop *l, size_t size)
{
    struct stack_guard guard = l->stacks.guard;

    ASSERT(l->stacks.n_made == 0);
    stack_pool_fini(&l->stacks);
    stack_pool_init(&l->stacks, size, guard);
}

uv_loop_t *loop_uv(struct loop *l)
{
    return &l->uv;
}

void loop_run_until(struct loop *l, bool (*done)(void *arg), void *arg)
{
    ASSERT(coro_current() == NULL);
    ASSERT(l->is_done == NULL); /* libuv loops do not nest */
    l->is_done = done;
    l->is_done_arg = arg;
    while (!done(arg)) {
        int n_alive = uv_run(&l->uv, UV_RUN_ONCE);

        if (n_alive == 0 && !done(arg))
            UNREACHABLE("deadlock: nothing is left that could end the wait");
    }
    l->is_done = NULL;
}
