/* SPDX-License-Identifier: MIT */
/* scope - clean-up on every way out of a piece of a coroutine: <yon/co.h>. */
#include <stdlib.h>

#include <yon/co.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"

struct deferred {
    void (*fn)(void *arg);
    void *arg;
    struct deferred *next;
};

struct scope {
    struct deferred *first; /* newest first */
    struct scope *outer;
};

static void scope_pop_await(struct coro *co)
{
    struct scope *s = co->scopes;

    co->stops.shielded++;
    while (s->first != NULL) {
        struct deferred *d = s->first;

        s->first = d->next;
        d->fn(d->arg);
        free(d);
    }
    co->stops.shielded--;
    if (co->scopes != s)
        misuse("yon_scope_enter", "a clean-up did not leave its scope",
               coro_misuse_place());
    co->scopes = s->outer;
    free(s);
}

static void scopes_leave_await(struct coro *co)
{
    while (co->scopes != NULL)
        scope_pop_await(co);
}

static struct scope *scope_push(struct coro *co)
{
    struct scope *s = xcalloc(1, sizeof *s);

    s->outer = co->scopes;
    co->scopes = s;
    co->scopes_leave_await = scopes_leave_await;
    return s;
}

yon_scope *yon_scope_enter(void)
{
    struct coro *co = coro_current();

    MISUSE_IF(co == NULL, "only inside a coroutine");
    return (yon_scope *)scope_push(co);
}

void yon_defer(void (*fn)(void *arg), void *arg)
{
    struct coro *co = coro_current();
    struct deferred *d = xcalloc(1, sizeof *d);
    struct scope *s;

    MISUSE_IF(co == NULL, "only inside a coroutine");
    s = co->scopes != NULL ? co->scopes : scope_push(co);
    *d = (struct deferred){ fn, arg, s->first };
    s->first = d;
}

void yon_scope_leave(yon_scope *scope)
{
    struct coro *co = coro_current();
    struct scope *s;

    MISUSE_IF(co == NULL, "only inside a coroutine");
    do {
        s = co->scopes;
        MISUSE_IF(s == NULL, "the scope was left before, or is another "
                             "coroutine's");
        scope_pop_await(co);
    } while (s != (struct scope *)scope);
}
