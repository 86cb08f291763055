/* SPDX-License-Identifier: MIT */
/* loop - a libuv loop with coroutines on it.
 *
 * Coroutines that can go on are in a queue. Each turn of the loop runs the
 * coroutines that were there when it began, in order, and then the calls that
 * are due. A coroutine stays on the thread of its loop.
 *
 * The libuv loop is ours, or one that the user runs: then the struct is a guest
 * there, which keeps that loop alive as long as something can happen, and goes
 * when nothing holds it any more.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>

#include <uv.h>

#include "libcommon/buf.h"
#include "libcommon/err.h"
#include "libcommon/list.h"

struct loop; /* opaque */
struct coro; /* opaque, see coro.h */

/* A loop of its own. ERR_LIMIT: no descriptors are left. */
enum err loop_open(struct loop **out);
/* The same; ends the process when it fails. */
struct loop *loop_new(void);
/* All coroutines have ended and all handles are closed or closing: asserted.
 * Pending futures end and due calls run before it returns or, when the loop is
 * running, before that run returns. NULL is fine. */
void loop_free(struct loop *l);
/* The guest on a loop that this thread runs; made when there is none. It goes
 * with the last loop_drop: hold it first. */
struct loop *loop_at(uv_loop_t *uv);
/* Bytes of the stack of each coroutine; before the first one. */
void loop_set_stack(struct loop *l, size_t size);
uv_loop_t *loop_uv(struct loop *l);

/* Held by everything that is not over: a client, a coroutine, a pending future,
 * a call that is due. */
void loop_hold(struct loop *l);
void loop_drop(struct loop *l);
/* Whether the loop is that of a parent process: then it is left alone, as its
 * threads are not here and its descriptors are shared. */
bool loop_is_inherited(const struct loop *l);
/* Whether this pointer is a loop of this thread: a future that has ended may
 * outlive its loop. */
bool loop_is_there(const struct loop *l);
/* Whether the loop runs on another thread: then what belongs to it is not for
 * this one. NULL, and a loop that has ended, are nowhere. */
bool loop_is_elsewhere(const struct loop *l);
/* Whether a loop of this thread stands for that one of libuv. */
bool loop_is_at(const uv_loop_t *uv);
/* Whether one of another thread does: then the loop of libuv runs there. */
bool loop_at_is_elsewhere(const uv_loop_t *uv);

/* The running coroutine of this thread, and its loop; NULL outside of
 * coroutines. */
struct loop *loop_current(void);
struct coro *coro_current(void);

/* Whether loop_run_await may be called: the loop is ours, and does not run
 * already. */
bool loop_can_run(const struct loop *l);
/* Run until `done(arg)` holds; checked after each turn. Not inside a coroutine.
 * ERR_INTERRUPTED  loop_interrupt came first, in it or before it. */
enum err loop_run_await(struct loop *l, bool (*done)(void *arg), void *arg);
/* End that run, or the next one. From any thread, and from a signal handler. */
void loop_interrupt(struct loop *l);
/* Call fn(arg) on the loop instead; the run goes on. */
void loop_set_interrupted(struct loop *l, void (*fn)(void *arg), void *arg);
/* Whether that was done. */
bool loop_has_interrupted(const struct loop *l);

/* Whether there are coroutines that may run, of which some may have been
 * detached. */
bool loop_has_coros(const struct loop *l);
/* Whether some were abandoned (coro_abandon): then it cannot be freed. */
bool loop_has_abandoned(const struct loop *l);
/* Cancel all of them. */
void loop_cancel_all(struct loop *l);
/* Append their names: "fetch, 'main'". */
void loop_name_coros(const struct loop *l, struct buf *out);

/* A call on the loop, outside of coroutines. */
struct loop_call {
    struct list link; /* private */
    void (*fn)(struct loop_call *c);
};
/* Call c->fn in a later turn, once; in the order of asking. */
void loop_call(struct loop *l, struct loop_call *c,
               void (*fn)(struct loop_call *c));
/* Do not call it any more. Harmless when it has run, and when only its link was
 * initialised. */
void loop_call_clear(struct loop *l, struct loop_call *c);

/* What belongs to a loop and ends with it, such as its pool of threads. */
struct loop_part {
    struct list link; /* private */
    /* The loop ends, and the part with it; it is off the list already. */
    void (*close)(struct loop_part *p);
    /* Something was started on the loop, which may not be running. NULL:
     * ignored. */
    void (*stir)(struct loop_part *p);
};
/* Parts are closed in the reverse order. */
void loop_part_add(struct loop *l, struct loop_part *p);
void loop_part_remove(struct loop_part *p);
/* The one with that `close`; NULL: there is none. */
struct loop_part *loop_part_find(const struct loop *l,
                                 void (*close)(struct loop_part *p));
/* Tell the parts that something was started. */
void loop_stir(struct loop *l);

/* Start a coroutine: fn(arg) runs in a later turn. When fn has returned,
 * `ended(arg, err)` is called on the loop (NULL: nothing). `name`: for people,
 * borrowed. *out is valid until `ended` is called. Started by a coroutine of
 * the same loop, it is that one's child: the parent, when its own function has
 * returned, waits for it, and cancels it if it was cancelled itself.
 * ERR_LIMIT  no stack can be had: the limit of maps or of memory is reached. */
enum err loop_spawn(struct loop *l, const char *name, int (*fn)(void *arg),
                    void (*ended)(void *arg, int err), void *arg,
                    struct coro **out);
/* Label the work of co and its children, for reports; borrowed. */
void coro_label(struct coro *co, const char *label);
/* How often co and its children have run so far: a change shows that they live.
 */
uint64_t coro_n_runs(const struct coro *co);
/* Cancel: every await of the coroutine ends with ERR_CANCELLED from now on.
 * Twice is harmless. */
void coro_cancel(struct coro *co);
bool coro_is_cancelled(const struct coro *co);
/* Let co and its children never run again, as if the process had ended for
 * them; one that runs now, from its next wait on. What they hold is not given
 * back, and their memory stays until the process ends. False: another thread
 * works for them, and goes on; nothing has changed. */
bool coro_abandon(struct coro *co);
/* Call look(arg) when a coroutine asks whether it was cancelled: it may find a
 * cancel that came while the coroutine held the loop. NULL: nothing. */
void loop_set_look(struct loop *l, void (*look)(void *arg), void *arg);

/* Suspend the running coroutine until coro_wake. ERR_CANCELLED: it was
 * cancelled (before, or while waiting); ERR_NONE: woken. */
enum err coro_await(void);
/* Let a waiting coroutine go on in the next turn; harmless when it does not
 * wait. */
void coro_wake(struct coro *co);

#endif
