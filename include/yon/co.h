/* SPDX-License-Identifier: MIT */
/* co.h - coroutines: plain C functions that can wait.
 *
 * A coroutine runs on a stack of its own until it awaits something; then the
 * loop goes on with others. It never changes its thread. Cancellation is
 * YON_ECANCELLED from every await from then on: free what you hold and return.
 *
 * All that is awaited is a yon_future, whatever stands behind it: a coroutine
 * here, a timer, I/O, a call on the thread pool, a child process, a job on
 * another machine, a promise that you keep yourself. yon_await, yon_all,
 * yon_any, yon_each, yon_result and yon_error (<yon/yon.h>) work on any
 * mixture.
 *
 * What suspends is for coroutines, elsewhere it says YON_ESTATE; but yon_sleep
 * blocks there, as the awaits of <yon/yon.h> do. All that belongs to a loop
 * (futures, groups, channels, locks ...) is used on its thread alone.
 */
#ifndef YON_CO_H
#define YON_CO_H

#include <yon/yon.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* yon_once: a struct, too */

/* A coroutine: 0 or a negative YON_E... code becomes the outcome of its future;
 * another number is YON_EFAILED. */
typedef int yon_fn(void *arg);

/* ---- running ---- (asyncio.run, create_task, sleep) */

/* Run a loop on this thread with `fn` as its first coroutine, until it and all
 * it has spawned have ended. Returns what fn returned. Not inside a coroutine:
 * YON_ESTATE. YON_ELIMIT: no descriptors are left, or no stack can be had.
 * With $YON_SLOW_MS (> 0) a thread watches: who keeps the loop from the others
 * for so many ms is named on stderr with its stack, once it lets go, and at
 * once after ten times as long. The look at the stack is a signal: it
 * interrupts a blocking call (EINTR).
 * $YON_STACK_KB: KiB of the stack of each coroutine, 16 to 16384; default: 64,
 * of which only those that are touched cost memory. An overflow ends the
 * process and names the coroutine on stderr. */
int yon_run(yon_fn *fn, void *arg);
/* Start a coroutine beside this one; it runs when this one waits. Never NULL:
 * when no stack can be had, the await says YON_ELIMIT; outside of coroutines,
 * YON_ESTATE. The coroutine that
 * spawned it, when it ends, waits for it. Free the future with yon_free when it
 * is no longer of interest. Reports call it by its function. */
yon_future *yon_spawn(yon_fn *fn, void *arg);
/* The same with a name for logs, `pstree` and the stall monitor; copied. */
yon_future *yon_spawn_named(const char *name, yon_fn *fn, void *arg);
/* Set the value of the running coroutine, by format; read with yon_result of
 * its future. The last one counts. YON_ESTATE: outside a coroutine;
 * YON_EFORMAT; YON_ELIMIT: a string of more than 32 MiB; then it has none. */
int yon_value(const char *format, ...);
/* The coroutine is no child of anybody any more: who spawned it does not wait
 * for it, and is not what cancels it. yon_run still waits for it. Takes the
 * future. */
void yon_detach(yon_future *f);
/* Wait. ms <= 0: only let the others run. Suspends. */
int yon_sleep(int64_t ms);
/* The same until a time of yon_now_ms, for intervals that do not drift.
 * Suspends. */
int yon_sleep_until(int64_t at_ms);
/* A future that ends after ms; yon_cancel ends it earlier. Never NULL; outside
 * of coroutines it has ended, with YON_ESTATE. Free it with yon_free. */
yon_future *yon_timer(int64_t ms);
/* Let the others run once. Suspends. */
int yon_pause(void);
/* ms on a clock that never jumps; only differences mean something. */
int64_t yon_now_ms(void);
/* 1: this coroutine was cancelled; else 0. In a cpu function (<yon/job.h>) also
 * by what has come while it held the loop, at the cost of a system call. */
int yon_is_cancelled(void);

/* ---- waiting for many ---- (gather, wait, as_completed) */

/* As yon_all, but returns as soon as one has failed: its index in *which (NULL
 * is fine). The others go on; cancel or await them. Suspends. */
int yon_all_ok(yon_future *const *fs, size_t n, size_t *which);

/* Start item i; the future becomes the engine's. NULL: skip it. */
typedef yon_future *yon_start_fn(void *arg, size_t i);
/* Item i has ended as f says; f is freed afterwards. A code other than 0 stops:
 * no more are started, those under way are cancelled and waited for, the code
 * is returned. */
typedef int yon_take_fn(void *arg, size_t i, yon_future *f);
/* n items, at most `window` of them under way at once, taken as they complete:
 * a million inputs need not be futures at once. Suspends. YON_ERANGE: window is
 * 0. */
int yon_each_of(size_t n, size_t window, yon_start_fn *start, yon_take_fn *take,
                void *arg);

/* ---- groups ---- (TaskGroup) */

typedef struct yon_group yon_group;
/* Open a group in this coroutine; it must leave it. Groups nest. NULL outside.
 * The first member that fails ends the group, at once: the other members are
 * cancelled, and every await of this coroutine says YON_ECANCELLED until
 * yon_group_leave, though it is not cancelled itself; awaits behind a shield
 * that was begun in the group do not. A member that ends with YON_ECANCELLED
 * has not failed. */
yon_group *yon_group_enter(void);
/* Spawn into the group, from any coroutine of its loop: members may add
 * members. It is the group that waits for it, not who spawned it. One that
 * comes when the group has been ended is cancelled, too. The future is the
 * group's and lives until that is left; never NULL. */
yon_future *yon_group_spawn(yon_group *g, yon_fn *fn, void *arg);
/* Put any future into the group: takes it, and returns it. One of another loop,
 * and that of the coroutine which has entered the group, is a failure with
 * YON_ESTATE. */
yon_future *yon_group_add(yon_group *g, yon_future *f);
/* End the group as a failure does. Harmless twice. */
void yon_group_cancel(yon_group *g);
/* Wait for all; when the coroutine itself is cancelled or out of time, all in
 * the group is cancelled. Frees the group. Returns YON_ECANCELLED or
 * YON_ETIMEOUT of the coroutine, else the first failure in time, else
 * YON_ECANCELLED after yon_group_cancel, else 0. Suspends, and always until all
 * have ended. */
int yon_group_leave(yon_group *g);

/* ---- time limits and cancellation ---- (timeout, shield) */

/* Until its end, every await of this coroutine ends with YON_ETIMEOUT when the
 * time is over. What it spawns meanwhile keeps that time for all its life.
 * Nested ones only shrink. On the stack, begin and end in the same function, in
 * order. A time that is over already strikes at once. Outside of coroutines it
 * is none. */
struct yon_limit {
    void *state; /* private */
};
void yon_limit_begin(struct yon_limit *limit, int64_t ms);
/* The same until a point in time, of yon_now_ms. */
void yon_limit_begin_at(struct yon_limit *limit, int64_t at_ms);
/* The limit is over. YON_ETIMEOUT: it has struck. */
int yon_limit_end(struct yon_limit *limit);
/* ms left of the narrowest limit, 0 when it has struck; INT64_MAX: none. */
int64_t yon_limit_left_ms(void);

/* Until its end, cancellation, time limits and groups from outside do not reach
 * the awaits of this coroutine: for clean-up that must wait. Nests. */
void yon_shield_begin(void);
/* They reach it again. One end for each begin. */
void yon_shield_end(void);

/* ---- clean-up on every way out ---- (async with) */

typedef struct yon_scope yon_scope;
/* Open a scope in this coroutine (only there). Scopes nest. */
yon_scope *yon_scope_enter(void);
/* fn(arg) runs when the innermost scope of this coroutine (only there) is left,
 * or one around it; at the latest when the coroutine ends, as it does for what
 * no scope is around. */
void yon_defer(void (*fn)(void *arg), void *arg);
/* Run what was deferred in the scope, and in those that are open inside it,
 * newest first, shielded. Frees them. May suspend, as fn may. */
void yon_scope_leave(yon_scope *s);

/* ---- promises: awaitables of your own ---- (__await__, loop.create_future) */

typedef struct yon_promise yon_promise;
/* A future that ends when you keep the promise. The promise may be kept from
 * any thread, once; keeping it frees it. yon_cancel of the future ends the
 * future; the promise stays to be kept (to no effect). A loop that ends does
 * not wait for promises: their futures end with YON_ECLOSED. Outside of
 * coroutines the future has ended, with YON_ESTATE. */
yon_future *yon_promise_new(yon_promise **out);
/* Its future ends well, with a value by format. Any thread; frees the promise,
 * also on error, which ends the future then: YON_EFORMAT; YON_ELIMIT: a string
 * of more than 32 MiB. */
int yon_keep(yon_promise *p, const char *format, ...);
/* Its future ends with this code (what is no code: YON_EFAILED) and text (NULL:
 * that of the code; copied). Any thread; frees the promise. */
void yon_break(yon_promise *p, int code, const char *text);

/* ---- generators ---- (PEP 342, 525) */

typedef struct yon_gen yon_gen;
/* The body: gives values with yon_yield; 0 or an error when it ends. */
typedef int yon_gen_fn(yon_gen *g, void *arg);
/* fn(g, arg) runs at the first next. Never NULL; end it with yon_gen_close. */
yon_gen *yon_gen_new(yon_gen_fn *fn, void *arg);
/* Inside: give a value, wait for the next call. What was sent is in *sent (NULL
 * is fine; NULL was sent by next). 0; the code that was thrown in; YON_ECLOSED:
 * end now. Suspends. */
int yon_yield(yon_gen *g, void *value, void **sent);
/* Outside: go on to the next yield. 0: *value; YON_EEXHAUSTED: it has ended
 * with 0, or has told its error before; else the error it ended with.
 * YON_EBUSY: another coroutine is in it. A call that is cancelled or out of
 * time leaves the body at work; yon_next then waits for the same value again,
 * and the others say YON_EBUSY until it has it. The body ends, cancelled, with
 * the coroutine that called first; limits of callers do not reach it. Suspends.
 */
int yon_next(yon_gen *g, void **value);
/* As yon_next; its yield gets `sent`. Suspends. */
int yon_send(yon_gen *g, void *sent, void **value);
/* As yon_next; its yield returns `code` (what is no code: YON_EFAILED). One
 * that has not begun ends with it; one that has ended changes nothing: the code
 * comes back. Suspends. */
int yon_throw(yon_gen *g, int code, void **value);
/* Inside: the value for yon_gen_result. */
void yon_gen_return(yon_gen *g, void *value);
/* Outside: what it set with yon_gen_return, after its end; NULL before. */
void *yon_gen_result(const yon_gen *g);
/* End it (its yield gets YON_ECLOSED; one that is at work is cancelled), wait
 * until it has, whatever happens to the caller, and free it. Returns its error,
 * 0 for none, ECLOSED or ECANCELED. NULL is fine. YON_EBUSY: another coroutine
 * is in it, or the caller is; YON_ESTATE: outside of coroutines, and it has not
 * ended; then it is not freed. Suspends. */
int yon_gen_close(yon_gen *g);

/* ---- between coroutines of one loop ---- (Queue, Lock, Semaphore, Event)
 *
 * New ones are never NULL. They are freed when nobody waits there, and nobody
 * holds the mutex; NULL is fine. Who waits is served in order.
 */

typedef struct yon_channel yon_channel;
/* With room for so many values; 0: hand to hand. */
yon_channel *yon_channel_new(size_t capacity);
/* Suspends while it is full. YON_ECLOSED. */
int yon_put(yon_channel *ch, void *value);
/* Suspends while it is empty. YON_ECLOSED: closed, and empty. */
int yon_get(yon_channel *ch, void **value);
/* YON_EBUSY: it is full; YON_ECLOSED. */
int yon_try_put(yon_channel *ch, void *value);
/* YON_EBUSY: it is empty; YON_ECLOSED: closed, and empty. */
int yon_try_get(yon_channel *ch, void **value);
/* All who wait get YON_ECLOSED; values in it stay. Twice is harmless. */
void yon_channel_close(yon_channel *ch);
/* Values that are in it are the caller's. */
void yon_channel_free(yon_channel *ch);

typedef struct yon_mutex yon_mutex;
/* Free to be locked. */
yon_mutex *yon_mutex_new(void);
/* YON_ESTATE: this coroutine has it already. Suspends. */
int yon_lock(yon_mutex *m);
/* Only by the coroutine that locked it; who waits longest has it then. */
void yon_unlock(yon_mutex *m);
/* Nobody holds it. */
void yon_mutex_free(yon_mutex *m);

typedef struct yon_sem yon_sem;
/* With n places. */
yon_sem *yon_sem_new(unsigned n);
/* Take a place. Suspends while there is none. */
int yon_acquire(yon_sem *s);
/* Give a place back, or one more, from any coroutine. */
void yon_release(yon_sem *s);
/* Places need not be back. */
void yon_sem_free(yon_sem *s);

typedef struct yon_event yon_event;
/* Not set. */
yon_event *yon_event_new(void);
/* Wakes all who wait; who waits later goes on at once. */
void yon_event_set(yon_event *e);
/* From now on one waits again. */
void yon_event_clear(yon_event *e);
/* 1: it is set; else 0. */
int yon_event_is_set(const yon_event *e);
/* Suspends until it is set. */
int yon_event_wait(yon_event *e);
/* Whether it is set or not. */
void yon_event_free(yon_event *e);

/* Run fn(arg) once for all who ask; the others wait for its end and get its
 * code. Zeroed. Suspends. */
struct yon_once {
    void *state; /* private */
    int code;    /* private */
};
int yon_once(struct yon_once *once, yon_fn *fn, void *arg);

/* ---- blocking code ---- (to_thread) */

/* Run fn(arg) on a thread of a bounded pool (64; the queue 1024: then YON_EBUSY
 * at the await). fn may not use yon, but for yon_keep and yon_break. Cancelling
 * does not stop a call that has begun: its future ends when the call does.
 * yon_run returns after all calls have ended, those in the queue too.
 * YON_ESTATE at the await: outside of coroutines; YON_ELIMIT: no thread can be
 * had. Free the future with yon_free. */
yon_future *yon_thread(yon_fn *fn, void *arg);

#pragma GCC diagnostic pop
#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
