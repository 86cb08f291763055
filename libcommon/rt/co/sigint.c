/* SPDX-License-Identifier: MIT */
/* sigint - a handler that wakes the loop once, and then lets the default act.
 */
#include "libcommon/rt/co/sigint.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"

struct sigint_watch {
    struct loop_part part;
    uv_async_t async;
    bool (*fn)(void *arg);
    void *arg;
};

/* A handler has no argument. NULL: it was told once, or nobody watches. */
static uv_async_t *_Atomic to_wake;
/* Handlers under way, on any thread. */
static atomic_uint n_inside;

static void die_of_it(void)
{
    signal(SIGINT, SIG_DFL);
    raise(SIGINT); /* in a handler: when it has returned */
}

static void handle(int number)
{
    uv_async_t *async;

    (void)number;
    atomic_fetch_add(&n_inside, 1);
    async = atomic_exchange(&to_wake, NULL);
    if (async != NULL)
        uv_async_send(async);
    else
        die_of_it();
    atomic_fetch_sub(&n_inside, 1);
}

static void came(uv_async_t *async)
{
    struct sigint_watch *w = CONTAINER_OF(async, struct sigint_watch, async);

    if (!w->fn(w->arg))
        die_of_it();
}

static void async_closed(uv_handle_t *handle)
{
    free(CONTAINER_OF(handle, struct sigint_watch, async));
}

static void handler_remove(void)
{
    struct sigaction now;

    if (sigaction(SIGINT, NULL, &now) == 0 &&
        (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == handle)
        signal(SIGINT, SIG_DFL);
    atomic_store(&to_wake, NULL);
    while (atomic_load(&n_inside) > 0)
        ; /* on another thread, for some instructions */
}

static void sigint_close(struct loop_part *part)
{
    struct sigint_watch *w = CONTAINER_OF(part, struct sigint_watch, part);

    handler_remove();
    uv_close((uv_handle_t *)&w->async, async_closed);
}

static bool is_default(void)
{
    struct sigaction now;

    return gettid() == getpid() && sigaction(SIGINT, NULL, &now) == 0 &&
           (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_DFL;
}

void sigint_watch(struct loop *l, bool (*fn)(void *arg), void *arg)
{
    struct sigaction ours = { .sa_handler = handle, .sa_flags = SA_RESTART };
    struct sigint_watch *w;

    if (!is_default())
        return;
    w = xcalloc(1, sizeof *w);
    if (uv_async_init(loop_uv(l), &w->async, came) != 0) {
        free(w); /* no descriptors are left */
        return;
    }
    uv_unref((uv_handle_t *)&w->async);
    w->fn = fn;
    w->arg = arg;
    w->part.close = sigint_close;
    loop_part_add(l, &w->part);
    sigemptyset(&ours.sa_mask);
    atomic_store(&to_wake, &w->async);
    sigaction(SIGINT, &ours, NULL);
}
