/* SPDX-License-Identifier: MIT */
/* mem - allocation that succeeds or ends the process. */
#include "libcommon/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"

#define VEC_CAP_MIN 8

static void (*on_exhaustion)(void);

void mem_on_exhaustion(void (*fn)(void))
{
    on_exhaustion = fn;
}

static _Noreturn void mem_exhausted(size_t size)
{
    if (on_exhaustion != NULL)
        on_exhaustion();
    fprintf(stderr, "yon: out of memory (%zu bytes)\n", size);
    abort();
}

void *xcalloc(size_t n, size_t size)
{
    void *p;

    if (n == 0 || size == 0)
        n = size = 1; /* calloc(0) may be NULL without an error */
    p = calloc(n, size);
    if (p == NULL)
        mem_exhausted(size);
    return p;
}

void *xrealloc(void *old, size_t size)
{
    void *p = realloc(old, size > 0 ? size : 1);

    if (p == NULL)
        mem_exhausted(size);
    return p;
}

void *vec_grow(void *at, size_t *cap, size_t needed, size_t item_size)
{
    size_t grown = *cap < VEC_CAP_MIN / 2 ? VEC_CAP_MIN : *cap * 2;

    if (needed <= *cap)
        return at;
    if (grown < needed)
        grown = needed;
    ASSERT(item_size > 0 && grown <= SIZE_MAX / item_size);
    *cap = grown;
    return xrealloc(at, grown * item_size);
}

char *xstrdup(const char *s)
{
    return xmemdup0(s, strlen(s));
}

char *xmemdup0(const void *data, size_t len)
{
    char *copy = xrealloc(NULL, len + 1);

    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}
