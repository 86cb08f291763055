/* SPDX-License-Identifier: MIT */
/* overflow - tells which coroutine was hit by a signal that ends the process.
 *
 * A fault in the guard below the stack of the running coroutine is named on
 * stderr; then the process dies of SIGSEGV as it would have. A handler that the
 * program has installed itself is left alone.
 */
#ifndef OVERFLOW_H
#define OVERFLOW_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct coro;

/* What a signal hit. Borrowed for the call. */
struct crash {
    int signo;
    const struct coro *root; /* of the coroutine that ran; NULL: none did */
    bool in_thread;          /* not itself: in a yon_thread of it */
    bool overflow;           /* of its stack, which has ... */
    size_t stack_size;       /* ... so many bytes */
    void *const *frames;     /* innermost first */
    int n_frames;
};

/* Called in the handler: it must be async-signal-safe. */
typedef void crash_fn(const struct crash *crash);

/* For a program: fn is told of SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT
 * before the process dies of them. */
void crash_watch(crash_fn *fn);

/* Who is to blame for what happens now on this thread: root and in_thread, the
 * rest zeroed. */
struct crash crash_here(void);

/* All signals but those: a thread that blocks them dies of them unheard. */
void crash_mask_others(sigset_t *out);

/* Watch this thread: the handler needs a stack of its own. Returns that, or
 * NULL when the thread has one already. */
void *overflow_watch(void);
/* What overflow_watch returned, on the same thread. */
void overflow_unwatch(void *signal_stack);

#endif
