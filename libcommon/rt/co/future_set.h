/* SPDX-License-Identifier: MIT */
/* future_set - futures under way, of one coroutine, in the order of their ends.
 *
 * An end costs the same however many are under way.
 */
#ifndef FUTURE_SET_H
#define FUTURE_SET_H

#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/future.h"

struct future_set {
    struct coro *owner;
    struct list pending, ended; /* private */
    size_t n_pending;
    /* private */
    void (*ended_one)(struct future_set *set, yon_future *f, enum err err);
};

/* In the coroutine that owns it. ended_one is called while a future is being
 * completed, with its error; it must not complete other futures. NULL is fine.
 */
void future_set_init(struct future_set *set,
                     void (*ended_one)(struct future_set *set, yon_future *f,
                                       enum err err));
/* Takes the user's reference. Returns whether f is under way: futures of
 * another loop, where nobody would see them end, and the owner itself count as
 * ended with ERR_STATE. `tag` is the caller's. From any coroutine of the loop.
 */
bool future_set_add(struct future_set *set, yon_future *f, size_t tag);
/* Cancel all that is pending. */
void future_set_cancel(struct future_set *set);
/* Wait for all that is left, whatever happens to the owner; then free it. */
void future_set_finish_await(struct future_set *set);

#endif
