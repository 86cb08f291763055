/* SPDX-License-Identifier: MIT */
/* mem - allocation of small internal objects, which may not fail.
 *
 * Without memory the process ends with a clear message: every promise is on
 * disk. Sizes that come from outside are compared with a named limit first.
 */
#ifndef MEM_H
#define MEM_H

#include <stddef.h>

/* Call this, from the thread that finds no memory, before the process is
 * aborted. It may end the process in another way. Before threads start. */
void mem_on_exhaustion(void (*fn)(void));

void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *old, size_t size) __attribute__((returns_nonnull));
/* Room for `needed` items of item_size bytes in an array that grows: returns
 * the array, which may have moved, and sets *cap, the items it has room for. It
 * at least doubles, so that adding items one by one stays cheap. Starts as NULL
 * with *cap 0; the caller frees it. */
void *vec_grow(void *at, size_t *cap, size_t needed, size_t item_size)
    __attribute__((warn_unused_result));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
/* Copy of len bytes with a NUL behind them. */
char *xmemdup0(const void *data, size_t len)
    __attribute__((malloc, returns_nonnull));

#endif
