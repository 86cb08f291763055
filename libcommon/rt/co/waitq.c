/* SPDX-License-Identifier: MIT */
/* waitq - a list of coroutines that wait for a grant. */
#include "libcommon/rt/co/waitq.h"

#include "libcommon/check.h"

void waitq_init(struct waitq *q)
{
    list_init(&q->waiters);
    q->loop = NULL;
}

bool waitq_is_elsewhere(struct waitq *q)
{
    struct loop *here = loop_current();

    if (here == q->loop && here != NULL)
        return false;
    if (loop_is_elsewhere(q->loop))
        return true;
    if (here != NULL)
        q->loop = here;
    return false;
}

enum err waitq_await(struct waitq *q, struct waiter *w)
{
    enum err err = ERR_NONE;

    w->co = coro_current();
    w->granted = false;
    ASSERT(w->co != NULL);
    list_insert(&q->waiters, &w->link);
    while (err == ERR_NONE && !w->granted)
        err = coro_await();
    list_remove(&w->link);
    return w->granted ? w->outcome : err;
}

struct waiter *waitq_first(struct waitq *q)
{
    LIST_EACH (it, save, &q->waiters) {
        struct waiter *w = LIST_ENTRY(it, struct waiter, link);

        if (coro_stop(w->co) == ERR_NONE)
            return w;
        list_remove(it);
    }
    return NULL;
}

void waitq_grant(struct waiter *w, enum err outcome)
{
    list_remove(&w->link);
    w->granted = true;
    w->outcome = outcome;
    coro_wake(w->co);
}
