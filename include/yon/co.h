/* SPDX-License-Identifier: MIT */
/* co.h - coroutines: plain C functions that can wait.
 *
 * A coroutine runs on a stack of its own until it awaits something; then the
 * loop goes on with others. It never changes its thread. Cancellation is
 * YON_ECANCELLED from every await from then on: free what you hold and return.
 *
 * Everything awaited is a yon_future, whatever is behind it: a coroutine here,
 * a timer, I/O, a call on the thread pool, a child process, a job on another
 * machine, a promise that you keep yourself. yon_await, yon_all, yon_any,
 * yon_each, yon_result and yon_error (<yon/yon.h>) work on any mixture.
 *
 * In C++ an exception must not leave the function of a coroutine, nor any other
 * that yon calls: the process ends with std::terminate. Within it, exceptions
 * work as ever, also when their handlers await.
 *
 * Functions that suspend are for coroutines; elsewhere they return YON_ESTATE,
 * but yon_sleep and the awaits of <yon/yon.h> block there. What belongs to a
 * loop (futures, groups, channels, locks ...) is used on the thread of the loop
 * only. Such misuse is YON_ESTATE where there is a code, else the end of the
 * process with a line that names it (docs/misuse.md).
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

/* A coroutine. It returns 0 or a negative YON_E... code, which becomes the
 * outcome of its future; any other number becomes YON_EFAILED. */
typedef int yon_fn(void *arg);

/* ---- running ---- (asyncio.run, create_task, sleep) */

/* Run a loop on this thread with `fn` as its first coroutine, until it and all
 * it has spawned have ended. Returns what fn returned. Not inside a coroutine:
 * YON_ESTATE. YON_ELIMIT: no descriptors are left, or no stack can be had.
 * On the main thread the first SIGINT (Ctrl-C) cancels fn, which can clean up;
 * a second one ends the process. Both only as long as the program neither
 * ignores SIGINT nor has a handler, and no coroutine has waited for it with
 * yon_signal_wait.
 * $YON_SLOW_MS (> 0): a thread watches. A coroutine that has kept the loop from
 * the others for so many ms is named on stderr with its stack, when it lets go,
 * and at once after ten times as long. The thread asks one that computes with a
 * signal; one that sleeps in a system call gets none, and is looked at from
 * outside (docs/in-your-program.md). $YON_STACK_KB: the stack of
 * each coroutine in KiB, 16 to 16384; default: 64. Only the part that is
 * touched costs memory. An overflow ends the process and names the coroutine on
 * stderr. */
int yon_run(yon_fn *fn, void *arg);
/* Start a coroutine beside this one; it runs when this one waits. This one,
 * when its function has returned, waits for it. Never NULL: the await returns
 * YON_ELIMIT when no stack can be had, YON_ESTATE outside of coroutines. Free
 * the future with yon_free when you need it no longer. Reports name the
 * coroutine by its function. */
yon_future *yon_spawn(yon_fn *fn, void *arg);
/* The same with a name for reports (of an overflow, of the stall monitor);
 * copied. */
yon_future *yon_spawn_named(const char *name, yon_fn *fn, void *arg);
/* Set the value of the running coroutine, by format; read with yon_result of
 * its future. The last call counts. YON_ESTATE: outside of coroutines;
 * YON_EFORMAT; YON_ELIMIT: a string of more than 32 MiB, and the coroutine has
 * no value. */
int yon_value(const char *format, ...);
/* Set the text for a code, printf-like (cut at 4 KiB), and return the code. In
 * a coroutine, a function of yon_thread or a job: when the function returns the
 * code, yon_error of its future is the text. The last call counts. */
int yon_explain(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The text of a code that this coroutine, or this thread outside of coroutines,
 * was given: by yon_explain, else with the latest failure (of an await of one
 * or of all, a group, a generator, yon_result, yon_connect, yon_run); else that
 * of yon_strerror. A function that returns such a code passes this text on:
 * that of a failed job begins with its id. Lives until the next call of yon. */
const char *yon_why(int code);
/* Make the coroutine independent: the one that spawned it neither waits for it
 * nor takes it along when cancelled. yon_run still waits for it. Takes the
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
/* 1: this coroutine was cancelled; else 0. A cpu function (<yon/job.h>) sees a
 * cancel that has come while it held the loop, too, at the cost of a system
 * call. */
int yon_is_cancelled(void);

/* ---- waiting for many ---- (gather, wait, as_completed) */

/* As yon_all, but returns as soon as one has failed: its index in *which (NULL
 * is fine). The others go on; cancel or await them. Suspends. */
int yon_all_ok(yon_future *const *fs, size_t n, size_t *which);

/* Start item i. yon_each_of takes the future; NULL: skip the item. */
typedef yon_future *yon_start_fn(void *arg, size_t i);
/* Item i has ended; f has its outcome and is freed afterwards. 0: go on. Any
 * other code stops: no more items are started, those under way are cancelled
 * and waited for, and yon_each_of returns the code. */
typedef int yon_take_fn(void *arg, size_t i, yon_future *f);
/* n items, at most `window` of them under way at once, taken as they complete:
 * a million inputs need not be futures at once. Suspends. YON_ERANGE: window is
 * 0. */
int yon_each_of(size_t n, size_t window, yon_start_fn *start, yon_take_fn *take,
                void *arg);

/* ---- groups ---- (TaskGroup) */

typedef struct yon_group yon_group;
/* Open a group in this coroutine, which must leave it. Groups nest. NULL:
 * outside of coroutines. The first member that fails ends the group at once:
 * the other members are cancelled, and every await of this coroutine returns
 * YON_ECANCELLED until yon_group_leave, though it is not cancelled itself.
 * Awaits behind a shield that was begun in the group go on. A member that ends
 * with YON_ECANCELLED has not failed. */
yon_group *yon_group_enter(void);
/* Spawn into the group, from any coroutine of its loop: members may add
 * members. The group waits for the new member; the coroutine that spawned it
 * does not. A member that comes after the end of the group is cancelled, too.
 * The future belongs to the group and lives until the group is left; never
 * NULL. */
yon_future *yon_group_spawn(yon_group *g, yon_fn *fn, void *arg);
/* Put any future into the group, which takes it. Returns it. A future of
 * another loop, or that of the coroutine that has entered the group, counts as
 * a failure with YON_ESTATE. */
yon_future *yon_group_add(yon_group *g, yon_future *f);
/* End the group as a failure does. Twice is harmless. */
void yon_group_cancel(yon_group *g);
/* Wait for all members; they are cancelled when this coroutine is cancelled or
 * out of time. Frees the group. Returns YON_ECANCELLED or YON_ETIMEOUT of this
 * coroutine, else the first failure in time, else YON_ECANCELLED after
 * yon_group_cancel, else 0. YON_ESTATE: in another coroutine; the group stays.
 * Suspends, and always until all have ended. */
int yon_group_leave(yon_group *g);

/* ---- time limits and cancellation ---- (timeout, shield) */

/* A time limit of this coroutine. When the time is up, every await returns
 * YON_ETIMEOUT until the limit is ended. Coroutines spawned meanwhile keep that
 * time for all their lives. A nested limit can only shorten the time. Keep it
 * on the stack; begin and end it in the same function, in order. A time in the
 * past strikes at once. Outside of coroutines there is no limit. */
struct yon_limit {
    void *state; /* private */
};
void yon_limit_begin(struct yon_limit *limit, int64_t ms);
/* The same until a point in time, of yon_now_ms. */
void yon_limit_begin_at(struct yon_limit *limit, int64_t at_ms);
/* End the limit. YON_ETIMEOUT: it has struck; YON_ESTATE: it is not the
 * innermost, and stays; else 0. */
int yon_limit_end(struct yon_limit *limit);
/* Milliseconds left of the shortest limit, 0 when it has struck; INT64_MAX:
 * there is none. */
int64_t yon_limit_left_ms(void);

/* Until yon_shield_end, cancellation, time limits and groups of outside do not
 * reach the awaits of this coroutine: for clean-up that must wait. Shields
 * nest. */
void yon_shield_begin(void);
/* End the innermost shield: one end for each begin. */
void yon_shield_end(void);

/* ---- clean-up on every way out ---- (async with) */

typedef struct yon_scope yon_scope;
/* Open a scope in this coroutine. Scopes nest. Only inside a coroutine. */
yon_scope *yon_scope_enter(void);
/* Call fn(arg) when the innermost scope of this coroutine is left, or one
 * around it; when the coroutine ends at the latest, also without a scope. Only
 * inside a coroutine. */
void yon_defer(void (*fn)(void *arg), void *arg);
/* Leave the scope, and those that are open inside it: call what was deferred
 * there, newest first, behind a shield. Frees them. May suspend, as fn may. */
void yon_scope_leave(yon_scope *s);

/* ---- promises: awaitables of your own ---- (__await__, loop.create_future) */

typedef struct yon_promise yon_promise;
/* A future that ends when you keep the promise. The promise may be kept from
 * any thread, once; keeping it frees it. yon_cancel ends the future; the
 * promise is still to be kept, to no effect. A loop that ends does not wait for
 * promises: their futures end with YON_ECLOSED. Outside of coroutines the
 * future has ended, with YON_ESTATE. */
yon_future *yon_promise_new(yon_promise **out);
/* Keep it: the future ends with 0 and a value by format. From any thread. Frees
 * the promise, also on error, which then ends the future: YON_EFORMAT;
 * YON_ELIMIT: a string of more than 32 MiB. */
int yon_keep(yon_promise *p, const char *format, ...);
/* Break it: the future ends with this code (an invalid one becomes YON_EFAILED)
 * and text (copied; NULL: that of yon_why here, by which a failure that this
 * coroutine or thread was told of is passed on). From any thread. Frees the
 * promise. */
void yon_break(yon_promise *p, int code, const char *text);

/* ---- generators ---- (PEP 342, 525) */

typedef struct yon_gen yon_gen;
/* The body gives values with yon_yield, and ends with 0 or an error. */
typedef int yon_gen_fn(yon_gen *g, void *arg);
/* A generator: fn(g, arg) begins at the first yon_next. Never NULL; free it
 * with yon_gen_close. */
yon_gen *yon_gen_new(yon_gen_fn *fn, void *arg);
/* Inside: give a value and wait for the next call. *sent (NULL is fine) is what
 * yon_send has sent; NULL after yon_next. Returns 0; the code of yon_throw;
 * YON_ECLOSED: end now. Suspends. */
int yon_yield(yon_gen *g, void *value, void **sent);
/* Outside: go on to the next yield. 0: *value; YON_EEXHAUSTED: it has ended
 * with 0, or its error was returned before; else the error it ended with.
 * YON_EBUSY: another coroutine waits in it. A call that is cancelled or times
 * out leaves the body running: the next yon_next waits for the same value, and
 * the other calls return YON_EBUSY until then. The body belongs to the
 * coroutine that made the generator, and is cancelled when that one ends (if it
 * had ended before the first call, or there was none: to the first caller), so
 * a task of its own may call for each value; limits of callers do not reach it.
 * Suspends. */
int yon_next(yon_gen *g, void **value);
/* Like yon_next; the yield gets `sent`. Suspends. */
int yon_send(yon_gen *g, void *sent, void **value);
/* Like yon_next; the yield returns `code` (an invalid one becomes YON_EFAILED).
 * A generator that has not begun ends with it; after the end it is returned.
 * Suspends. */
int yon_throw(yon_gen *g, int code, void **value);
/* Inside: set the value of yon_gen_result. */
void yon_gen_return(yon_gen *g, void *value);
/* Outside: what the body set with yon_gen_return; NULL before its end. */
void *yon_gen_result(const yon_gen *g);
/* End it: the yield returns YON_ECLOSED, a running body is cancelled. Waits
 * until it has ended, whatever happens to the caller, and frees it. Returns its
 * error; 0 also for YON_ECLOSED and YON_ECANCELLED. NULL is fine. Not freed:
 * YON_EBUSY: another coroutine waits in it, or the caller is its body;
 * YON_ESTATE: outside of coroutines, and it has not ended. Suspends. */
int yon_gen_close(yon_gen *g);

/* ---- between coroutines of one loop ---- (Queue, Lock, Semaphore, Event)
 *
 * The _new functions never return NULL. Free one when nobody waits there and
 * nobody holds the mutex; NULL is fine. Coroutines that wait are served in
 * order.
 */

typedef struct yon_channel yon_channel;
/* A channel with room for so many values; 0: from hand to hand. */
yon_channel *yon_channel_new(size_t capacity);
/* Add a value. YON_ECLOSED. Suspends while the channel is full. */
int yon_put(yon_channel *ch, void *value);
/* Take the oldest value. YON_ECLOSED: closed, and empty. Suspends while the
 * channel is empty. */
int yon_get(yon_channel *ch, void **value);
/* Like yon_put, without waiting. YON_EBUSY: it is full; YON_ECLOSED. */
int yon_try_put(yon_channel *ch, void *value);
/* Like yon_get, without waiting. YON_EBUSY: it is empty; YON_ECLOSED: closed,
 * and empty. */
int yon_try_get(yon_channel *ch, void **value);
/* Close it: coroutines that wait get YON_ECLOSED; the values in it can still be
 * taken. Twice is harmless. */
void yon_channel_close(yon_channel *ch);
/* Free it; values that are in it are the caller's. */
void yon_channel_free(yon_channel *ch);

typedef struct yon_mutex yon_mutex;
/* A mutex that nobody holds. */
yon_mutex *yon_mutex_new(void);
/* Lock it. YON_ESTATE: this coroutine holds it already. Suspends. */
int yon_lock(yon_mutex *m);
/* Unlock it, in the coroutine that locked it; the one that waits longest gets
 * it. */
void yon_unlock(yon_mutex *m);
/* Free it; nobody holds it. */
void yon_mutex_free(yon_mutex *m);

typedef struct yon_sem yon_sem;
/* A semaphore with n places. */
yon_sem *yon_sem_new(unsigned n);
/* Take a place. Suspends while there is none. */
int yon_acquire(yon_sem *s);
/* Give a place back, or one more, from any coroutine. */
void yon_release(yon_sem *s);
/* Free it; places need not be back. */
void yon_sem_free(yon_sem *s);

typedef struct yon_event yon_event;
/* An event that is not set. */
yon_event *yon_event_new(void);
/* Set it: all that wait go on; later waits return at once. */
void yon_event_set(yon_event *e);
/* Clear it: later waits suspend again. */
void yon_event_clear(yon_event *e);
/* 1: it is set; else 0. */
int yon_event_is_set(const yon_event *e);
/* Wait until it is set. Suspends. */
int yon_event_wait(yon_event *e);
/* Free it, set or not. */
void yon_event_free(yon_event *e);

/* Run fn(arg) at the first call only; the other calls wait for its end and
 * return its code, with its text for yon_why. When fn gives up because its
 * caller is cancelled or out of time (YON_ECANCELLED, YON_ETIMEOUT), that was
 * no run: the next caller, or one that waits, runs it. Zero the struct first.
 * Suspends. */
struct yon_once {
    void *state; /* private */
    int code;    /* private */
};
int yon_once(struct yon_once *once, yon_fn *fn, void *arg);
/* Forget its end, so that the next call runs fn again, and free the text of its
 * failure: do so before a struct that is not static goes. YON_ESTATE: fn still
 * runs. */
int yon_once_clear(struct yon_once *once);

/* ---- blocking code ---- (to_thread) */

/* Run fn(arg) on a thread of a pool: up to 64 threads, and a queue of 1024
 * calls. Nothing of the loop is for fn, but it may use yon_keep, yon_break,
 * yon_explain, yon_why and yon_log. Cancelling does not
 * stop a call that has begun: its future ends when the call does. yon_run
 * returns after all calls have ended, those in the queue too. The await returns
 * YON_EBUSY when the queue is full, YON_ESTATE outside of coroutines,
 * YON_ELIMIT when no thread can be had. Free the future with yon_free. */
yon_future *yon_thread(yon_fn *fn, void *arg);

#pragma GCC diagnostic pop
#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
