/* SPDX-License-Identifier: MIT */
/* waitq - coroutines that wait for their turn, first come, first served. */
#ifndef WAITQ_H
#define WAITQ_H

#include "coro.h"

struct waiter {
    struct list link;
    struct coro *co;
    bool granted;
    void *item; /* what is handed over, either way */
};

/* A list head: list_init. */
struct waitq {
    struct list waiters;
};

/* Wait until granted. ERR_CANCELED, ERR_TIMEOUT: it was not, and w has left. A
 * grant that came first stands. Only inside a coroutine. */
enum err waitq_await(struct waitq *q, struct waiter *w);
struct waiter *waitq_first(const struct waitq *q); /* NULL: nobody waits */
void waitq_grant(struct waiter *w);

#endif
