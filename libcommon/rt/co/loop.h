/* SPDX-License-Identifier: MIT */
/* loop - a libuv loop with coroutines on it.
 *
 * Coroutines that can go on stand in a queue; each loop turn runs those that
 * stood there when it began, in order, and then the calls of the user that are
 * due. A coroutine stays on the thread of its loop.
 *
 * The libuv loop is ours, or one that the user runs: then the struct is a guest
 * there. It keeps that loop alive as long as something can happen, and goes
 * when nothing holds it any more.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>

#include <uv.h>

#include "libcommon/err.h"
#include "libcommon/list.h"

struct loop; /* opaque */
struct coro; /* opaque, see coro.h */

/* A loop of its own. ERR_LIMIT: no descriptors are left. */
enum err loop_open(struct loop **out);
/* The same for who cannot go on without one. */
struct loop *loop_new(void);
/* All coroutines have ended and all handles are closed or closing: asserted.
 * What is pending ends, and the calls that are due run, before it returns; in
 * the midst of a run: before that run returns. NULL is fine. */
void loop_free(struct loop *l);
/* The guest on a loop that this thread runs; made when there is none. It goes
 * with the last loop_drop: hold it first. */
struct loop *loop_at(uv_loop_t *uv);
/* Bytes of the stack of each coroutine; before the first one. */
void loop_set_stack(struct loop *l, size_t size);
uv_loop_t *loop_uv(struct loop *l);

/* What is not over yet holds its loop: a client, a coroutine, a pending future,
 * a call that is due. */
void loop_hold(struct loop *l);
void loop_drop(struct loop *l);
/* Whether it is there: a future that has ended may outlive its loop. Any
 * pointer. */
bool loop_is_there(const struct loop *l);

/* The loop and the coroutine that run now on this thread; NULL outside a
 * coroutine. */
struct loop *loop_current(void);
struct coro *coro_current(void);

/* Whether loop_run_await may be called: it is not the user who runs it, and it
 * does not run already. */
bool loop_can_run(const struct loop *l);
/* Run until `done(arg)` holds; checked after each turn. Not inside a coroutine.
 */
void loop_run_await(struct loop *l, bool (*done)(void *arg), void *arg);

/* Code of the user that is to run on the loop, outside of coroutines. */
struct loop_call {
    struct list link; /* private */
    void (*fn)(struct loop_call *c);
};
/* Call c->fn in a later turn, once; in the order of asking. */
void loop_call(struct loop *l, struct loop_call *c,
               void (*fn)(struct loop_call *c));
/* Not any more. Harmless when it has run, and when only its link was inited. */
void loop_call_clear(struct loop *l, struct loop_call *c);

/* Something of a loop that ends with it, such as its pool of threads. */
struct loop_part {
    struct list link; /* private */
    /* The loop ends, and with it the part, which has left its list. */
    void (*close)(struct loop_part *p);
    /* Something was started on the loop, which may not run now. NULL: never
     * mind. */
    void (*stir)(struct loop_part *p);
};
/* Parts are closed in the reverse of this order. */
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
/* Say whose work it and its children are; borrowed. What goes wrong in them is
 * reported with it. */
void coro_label(struct coro *co, const char *label);
/* How often it and its children have run so far: who sees another number sees
 * that they live. */
uint64_t coro_n_runs(const struct coro *co);
/* Cancel: every await of the coroutine ends with ERR_CANCELLED from now on.
 * Twice is harmless. */
void coro_cancel(struct coro *co);
bool coro_is_cancelled(const struct coro *co);
/* look(arg) is called when a coroutine asks whether it was cancelled: what came
 * while it held the loop may say so. NULL: nothing. */
void loop_set_look(struct loop *l, void (*look)(void *arg), void *arg);

/* Suspend the running coroutine until coro_wake. ERR_CANCELLED: it was
 * cancelled (before, or while waiting); ERR_NONE: woken. */
enum err coro_await(void);
/* Let a waiting coroutine go on in the next turn; harmless when it does not
 * wait. */
void coro_wake(struct coro *co);

#endif
