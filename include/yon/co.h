/* SPDX-License-Identifier: MIT */
/* co.h - coroutines: plain C functions that can wait.
 *
 * A coroutine runs on a stack of its own until it awaits something; then the
 * loop goes on with others. It never changes its thread. Cancellation is
 * YON_ECANCELED from every await from then on: free what you hold and return.
 */
#ifndef YON_CO_H
#define YON_CO_H

#include <yon/yon.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* A coroutine: 0 or a negative YON_E... code becomes the outcome of its future.
 */
typedef int yon_fn(void *arg);

/* Run a loop on this thread with `fn` as its first coroutine, until it and all
 * it has spawned have ended. Returns what fn returned. Not inside a coroutine:
 * YON_ESTATE. */
int yon_run(yon_fn *fn, void *arg);

/* Start a coroutine beside this one; it runs when this one waits. Never NULL:
 * when no stack can be had, the await says YON_ELIMIT. The coroutine that
 * spawned it, when it ends, waits for it. Free the future with yon_free when it
 * is no longer of interest. */
yon_future *yon_spawn(yon_fn *fn, void *arg);

/* Wait. ms <= 0: only let the others run. YON_ECANCELED. Suspends. */
int yon_sleep(int64_t ms);
/* A future that ends after ms; yon_cancel ends it earlier. */
yon_future *yon_timer(int64_t ms);

/* Whether this coroutine was cancelled. */
int yon_is_canceled(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
