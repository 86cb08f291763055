/* SPDX-License-Identifier: MIT */
/* mem - allocation of small internal objects, which may not fail.
 *
 * Without memory the process ends with a clear message: what was promised is on
 * disk. Sizes that come from outside are compared with a named limit first.
 */
#ifndef MEM_H
#define MEM_H

#include <stddef.h>

void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *old, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
/* Copy of len bytes with a NUL behind them. */
char *xmemdup0(const void *data, size_t len)
    __attribute__((malloc, returns_nonnull));

#endif
