/* SPDX-License-Identifier: MIT */
/* crash - tells which coroutine was hit by a signal that ends the process.
 *
 * A fault in the guard below the stack of the running coroutine is named on
 * stderr; then the process dies of SIGSEGV as it would have. A handler that the
 * program has installed itself is left alone.
 */
#ifndef CRASH_H
#define CRASH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct coro;

/* Where a thread is. All zero: in no coroutine, and works for none. */
struct crash_place {
    const struct coro *root; /* of the coroutine that runs, or ... */
    bool in_thread;          /* ... of the coroutine that started this
                              * yon_thread */
    const char *name;        /* of the running coroutine; NULL: none runs */
    uintptr_t entry;         /* its function, when it has no name of its own */
    const uint8_t *stack;    /* its lowest byte; ... */
    size_t stack_size;       /* ... so many bytes, ... */
    size_t guard_size;       /* ... and so many below */
};

/* Where this thread is; called in the handler. */
typedef struct crash_place crash_place_fn(void);

/* What a signal hit. Borrowed for the call. */
struct crash {
    int signo;
    struct crash_place place;
    bool overflow;       /* of the stack of place */
    void *const *frames; /* innermost first */
    int n_frames;
};

/* Called in the handler: it must be async-signal-safe. */
typedef void crash_fn(const struct crash *crash);

/* For a program: call fn at SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT, before
 * the process dies of them. */
void crash_watch(crash_fn *fn);

/* All signals except those five: a thread that blocks these dies of them
 * without the handler. */
void crash_mask_others(sigset_t *out);

/* Watch this thread; `place` says where it is. The handler needs a stack of its
 * own: returns that, or NULL when the thread has one already. */
void *crash_thread_begin(crash_place_fn *place);
/* With the result of crash_thread_begin, on the same thread. */
void crash_thread_end(void *signal_stack);

#endif
