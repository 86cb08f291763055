/* SPDX-License-Identifier: MIT */
/* coro_future - a coroutine as a future; the inside of yon_spawn.
 */
#ifndef CORO_FUTURE_H
#define CORO_FUTURE_H

#include <yon/co.h>

#include "libcommon/err.h"

struct coro;
struct loop;

/* Start one on that loop, a child of the coroutine that runs there. `name` is
 * copied; NULL: none. loop NULL: not in a coroutine; returns a future that has
 * ended with ERR_STATE. */
yon_future *coro_future_new(struct loop *loop, const char *name, yon_fn *fn,
                            void *arg);
/* One that is not started, for this reason. */
yon_future *coro_future_refused(yon_fn *fn, enum err err, const char *text);
/* Like yon_spawn, but owned by `parent` (same loop). In a coroutine. */
yon_future *coro_future_spawn(struct coro *parent, yon_fn *fn, void *arg);

#endif
