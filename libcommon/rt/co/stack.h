/* SPDX-License-Identifier: MIT */
/* stack - stacks for coroutines: cut from slabs, guarded, used again.
 *
 * A guard below each stack turns an overflow into a fault. Guards are made by
 * MADV_GUARD_INSTALL, which costs no map (Linux 6.13); elsewhere by mprotect,
 * which costs two of the vm.max_map_count maps of the process, so only half of
 * those are spent. No stack is ever given without a guard. A pool belongs to
 * one thread.
 */
#ifndef STACK_H
#define STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/err.h"

#if defined(__SANITIZE_ADDRESS__)
#define STACK_SIZE_DEFAULT (256u << 10) /* red zones make frames larger */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STACK_SIZE_DEFAULT (256u << 10)
#endif
#endif
#ifndef STACK_SIZE_DEFAULT
#define STACK_SIZE_DEFAULT (64u << 10)
#endif

/* Linux says it in <sys/mman.h> since 6.13. A build with another number is one
 * for an older kernel. */
#ifndef STACK_GUARD_ADVICE
#define STACK_GUARD_ADVICE 102
#endif

/* For people, where one cannot be had. */
#define STACK_NONE_TEXT                                   \
    "no stack for another coroutine: the limit of maps (" \
    "sysctl vm.max_map_count) or of memory is reached"

/* How this system can guard stacks. */
struct stack_guard {
    int advice;      /* for madvise; 0: the kernel does not know it */
    size_t maps_max; /* maps the process may spend on guards by mprotect */
};

/* Ask the system; `advice` is STACK_GUARD_ADVICE, or another to see it refused.
 */
struct stack_guard stack_guard_probe(int advice);

struct stack_slab;

struct stack_pool {
    struct stack_guard guard;
    size_t size;             /* usable bytes of each stack */
    size_t guard_size;       /* bytes below it */
    struct stack_slab *slab; /* the newest; stacks are cut from it */
    uint8_t **idle;          /* stacks not in use; the hottest last */
    size_t n_idle, idle_cap;
    size_t n_cold; /* the first of idle, that have no pages */
    size_t n_made;
    size_t n_maps; /* spent on guards */
};

/* Stacks beyond this many idle ones give their pages back, one or two each for
 * most: a thousand jobs that come and go at once must not pay for that. */
#define STACK_IDLE_MAX 2048

/* size: usable bytes of each stack, rounded up to pages. */
void stack_pool_init(struct stack_pool *p, size_t size,
                     struct stack_guard guard);
/* All stacks are back: asserted. Zeroed memory is fine. */
void stack_pool_fini(struct stack_pool *p);

/* *low .. *low + p->size is the stack.
 * ERR_LIMIT  the limit of maps or of memory is reached. */
enum err stack_take(struct stack_pool *p, uint8_t **low);
void stack_give(struct stack_pool *p, uint8_t *low);

#endif
