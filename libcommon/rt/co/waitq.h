/* SPDX-License-Identifier: MIT */
/* waitq - coroutines that wait for their turn, first come, first served. */
#ifndef WAITQ_H
#define WAITQ_H

#include "libcommon/rt/co/coro.h"

struct waiter {
    struct list link;
    struct coro *co;
    bool granted;
    enum err outcome; /* of the grant */
    void *item;       /* handed over, either way */
};

struct waitq {
    struct list waiters;
    struct loop *loop; /* whose coroutines use it, while that loop is there;
                        * NULL: none has yet */
};
void waitq_init(struct waitq *q);
/* Whether it is used on another thread. From then on it belongs to the running
 * coroutine's loop, unless another one has it. */
bool waitq_is_elsewhere(struct waitq *q);

/* Wait for a grant; its outcome. ERR_CANCELLED, ERR_TIMEOUT: there was none,
 * and w has left. A grant that came first stands. Only inside a coroutine. */
enum err waitq_await(struct waitq *q, struct waiter *w);
/* The first waiter that can take a grant; NULL: none. Waiters that are
 * cancelled or out of time leave the queue here: a grant to them would be lost.
 */
struct waiter *waitq_first(struct waitq *q);
void waitq_grant(struct waiter *w, enum err outcome);

#endif
