/* SPDX-License-Identifier: MIT */
/* loop - a libuv loop with coroutines on it.
 *
 * Coroutines that can go on stand in a queue; each loop turn runs those that
 * stood there when it began, in order. A coroutine stays on the thread of its
 * loop.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>

#include <uv.h>

#include "err.h"

struct loop; /* opaque */
struct coro; /* opaque, see coro.h */

/* A loop of its own. */
struct loop *loop_new(void);
/* All coroutines have ended and all handles are closed or closing: asserted. */
void loop_free(struct loop *l);
/* Bytes of the stack of each coroutine; before the first one. */
void loop_set_stack(struct loop *l, size_t size);
uv_loop_t *loop_uv(struct loop *l);

/* The loop and the coroutine that run now on this thread; NULL outside a
 * coroutine. */
struct loop *loop_current(void);
struct coro *coro_current(void);

/* Run until `done(arg)` holds; checked after each turn. Not inside a coroutine.
 */
void loop_run_until(struct loop *l, bool (*done)(void *arg), void *arg);

/* Start a coroutine: fn(arg) runs in a later turn. When fn has returned,
 * `ended(arg, err)` is called on the loop (NULL: nothing). `name`: for people,
 * borrowed. *out is valid until `ended` is called. Started by a coroutine of
 * the same loop, it is that one's child: the parent, when its own function has
 * returned, waits for it, and cancels it if it was cancelled itself.
 * ERR_LIMIT  no stack can be had: the limit of maps or of memory is reached. */
enum err loop_spawn(struct loop *l, const char *name, int (*fn)(void *arg),
                    void (*ended)(void *arg, int err), void *arg,
                    struct coro **out);
/* Say whose work it and its children are; borrowed. What goes wrong in them is
 * reported with it. */
void coro_label(struct coro *co, const char *label);
/* Cancel: every await of the coroutine ends with ERR_CANCELED from now on.
 * Twice is harmless. */
void coro_cancel(struct coro *co);
bool coro_is_canceled(const struct coro *co);
/* look(arg) is called when a coroutine asks whether it was cancelled: what came
 * while it held the loop may say so. NULL: nothing. */
void loop_set_look(struct loop *l, void (*look)(void *arg), void *arg);

/* Suspend the running coroutine until coro_wake. ERR_CANCELED: it was cancelled
 * (before, or while waiting); ERR_NONE: woken. */
enum err coro_wait(void);
/* Let a waiting coroutine go on in the next turn; harmless when it does not
 * wait. */
void coro_wake(struct coro *co);

#endif
