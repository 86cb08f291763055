/* SPDX-License-Identifier: MIT */
/* waitq - see waitq.h. */
#include "waitq.h"

#include "check.h"

enum err waitq_await(struct waitq *q, struct waiter *w)
{
    enum err err = ERR_NONE;

    w->co = coro_current();
    w->granted = false;
    ASSERT(w->co != NULL);
    list_insert(&q->waiters, &w->link);
    while (err == ERR_NONE && !w->granted)
        err = coro_wait();
    list_remove(&w->link);
    return w->granted ? ERR_NONE : err;
}

struct waiter *waitq_first(const struct waitq *q)
{
    return list_is_empty(&q->waiters)
               ? NULL
               : LIST_ENTRY(q->waiters.next, struct waiter, link);
}

void waitq_grant(struct waiter *w)
{
    list_remove(&w->link);
    w->granted = true;
    coro_wake(w->co);
}
