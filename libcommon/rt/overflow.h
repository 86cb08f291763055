/* SPDX-License-Identifier: MIT */
/* overflow - tells which coroutine has used up its stack; for rt only.
 *
 * A fault in the guard below the stack of the running coroutine is named on
 * stderr; then the process dies of SIGSEGV as it would have. A handler that the
 * program has installed itself is left alone.
 */
#ifndef OVERFLOW_H
#define OVERFLOW_H

/* Watch this thread: the handler needs a stack of its own. Returns that, or
 * NULL when the thread has one already. */
void *overflow_watch(void);
/* What overflow_watch returned, on the same thread. */
void overflow_unwatch(void *signal_stack);

#endif
