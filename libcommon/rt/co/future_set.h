/* SPDX-License-Identifier: MIT */
/* future_set - futures under way, taken in the order in which they end.
 *
 * One coroutine owns it. Each end costs the same however many are under way.
 */
#ifndef FUTURE_SET_H
#define FUTURE_SET_H

#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/future.h"

struct bundle_item {
    struct future_watch watch;
    struct list link; /* in `pending` or `ended` */
    struct bundle *bundle;
    yon_future *f; /* the bundle's */
    size_t tag;
};

struct bundle {
    struct coro *owner;
    struct list pending, ended;
    size_t n_pending;
    void (*told)(struct bundle *b, enum err err); /* see bundle_init */
};

/* In the coroutine that owns it. `told` (NULL: nobody) hears how each ends,
 * amidst the end of that future: it must not end others. */
void bundle_init(struct bundle *b,
                 void (*told)(struct bundle *b, enum err err));
/* Takes the user's reference. One of another loop, whose end is not seen here,
 * and the owner itself count as ended, with ERR_STATE. Whether it is under way.
 * From any coroutine of the loop. */
bool bundle_add(struct bundle *b, yon_future *f, size_t tag);
/* The next that has ended; the caller gives it to bundle_free.
 * ERR_EXHAUSTED: none is left; ERR_CANCELLED, ERR_TIMEOUT: of the owner. */
enum err bundle_next_await(struct bundle *b, struct bundle_item **out);
void bundle_free(struct bundle_item *item); /* with the future */
void bundle_cancel(struct bundle *b);       /* all that is pending */
/* Wait for all that is left, whatever happens to the owner; then free it all.
 */
void bundle_finish_await(struct bundle *b);

#endif
