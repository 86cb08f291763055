/* SPDX-License-Identifier: MIT */
/* future_set - futures under way, taken in the order in which they end.
 *
 * One coroutine owns it. Each end costs the same however many are under way.
 */
#ifndef FUTURE_SET_H
#define FUTURE_SET_H

#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/future.h"

struct future_set_item {
    struct future_watch watch;
    struct list link; /* in `pending` or `ended` */
    struct future_set *set;
    yon_future *f; /* the set's */
    size_t tag;
};

struct future_set {
    struct coro *owner;
    struct list pending, ended;
    size_t n_pending;
    void (*told)(struct future_set *set,
                 enum err err); /* see future_set_init */
};

/* In the coroutine that owns it. `told` (NULL: nobody) hears how each ends,
 * amidst the end of that future: it must not end others. */
void future_set_init(struct future_set *set,
                     void (*told)(struct future_set *set, enum err err));
/* Takes the user's reference. One of another loop, whose end is not seen here,
 * and the owner itself count as ended, with ERR_STATE. Whether it is under way.
 * From any coroutine of the loop. */
bool future_set_add(struct future_set *set, yon_future *f, size_t tag);
/* The next that has ended; the caller gives it to future_set_free.
 * ERR_EXHAUSTED: none is left; ERR_CANCELLED, ERR_TIMEOUT: of the owner. */
enum err future_set_next_await(struct future_set *set,
                               struct future_set_item **out);
void future_set_free(struct future_set_item *item); /* with the future */
void future_set_cancel(struct future_set *set);     /* all that is pending */
/* Wait for all that is left, whatever happens to the owner; then free it all.
 */
void future_set_finish_await(struct future_set *set);

#endif
