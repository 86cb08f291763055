/* SPDX-License-Identifier: MIT */
/* stack - slabs of address space, cut into guarded stacks.
 *
 *     slab: | guard | stack | guard | stack | ... | rest
 *
 * A stack that was cut stays one until the pool ends: its guard too.
 */
#include "libcommon/rt/co/stack.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"

/* Bytes of address space mapped at once; memory comes by touch. */
#define SLAB_SIZE (64u << 20)

/* A frame must not be able to step over the guard. Our code is compiled with
 * probes at these distances; libc is not, and has frames of some KiB. */
#ifdef __aarch64__
#define GUARD_SIZE (64u << 10)
#else
#define GUARD_SIZE (16u << 10)
#endif

/* What Linux allows when it does not say. */
#define MAPS_DEFAULT 65530
/* A guard splits the map it lies in. */
#define MAPS_PER_GUARD 2

struct stack_slab {
    struct stack_slab *older;
    uint8_t *low;
    size_t size; /* bytes */
    size_t cut;  /* bytes given away, from low */
};

/* Maps spent on guards by all pools of the process: the limit is its. */
static atomic_size_t maps_spent;

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

static size_t maps_allowed(void)
{
    FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
    size_t n = MAPS_DEFAULT;

    if (file == NULL)
        return n;
    if (fscanf(file, "%zu", &n) != 1)
        n = MAPS_DEFAULT;
    fclose(file);
    return n;
}

static bool guard_advice_works(int advice)
{
    size_t len = page_size();
    void *page = mmap(NULL, len, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool works;

    if (page == MAP_FAILED)
        return false;
    works = madvise(page, len, advice) == 0;
    munmap(page, len);
    return works;
}

struct stack_guard stack_guard_probe(int advice)
{
    return (struct stack_guard){
        .advice = guard_advice_works(advice) ? advice : 0,
        .maps_max = maps_allowed() / 2,
    };
}

void stack_pool_init(struct stack_pool *p, size_t size,
                     struct stack_guard guard)
{
    size_t page = page_size();

    *p = (struct stack_pool){
        .guard = guard,
        .size = round_up(size, page),
        .guard_size = round_up(GUARD_SIZE, page),
    };
    ASSERT(p->size > 0 && p->size <= SLAB_SIZE - p->guard_size);
}

void stack_pool_fini(struct stack_pool *p)
{
    ASSERT(p->n_idle == p->n_made);
    while (p->slab != NULL) {
        struct stack_slab *older = p->slab->older;

        munmap(p->slab->low, p->slab->size);
        free(p->slab);
        p->slab = older;
    }
    atomic_fetch_sub(&maps_spent, p->n_maps);
    free(p->idle);
    *p = (struct stack_pool){ 0 };
}

static enum err slab_add(struct stack_pool *p)
{
    struct stack_slab *slab;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK;
    void *low = mmap(NULL, SLAB_SIZE, PROT_READ | PROT_WRITE, flags, -1, 0);

    if (low == MAP_FAILED)
        return ERR_LIMIT;
    /* One touched byte would cost a huge page of 2 MiB. */
    madvise(low, SLAB_SIZE, MADV_NOHUGEPAGE);
    slab = xcalloc(1, sizeof *slab);
    *slab =
        (struct stack_slab){ .older = p->slab, .low = low, .size = SLAB_SIZE };
    p->slab = slab;
    return ERR_NONE;
}

/* Take the maps of one guard from the budget of the process. */
static bool maps_spend(struct stack_pool *p)
{
    size_t before = atomic_fetch_add(&maps_spent, MAPS_PER_GUARD);

    if (before + MAPS_PER_GUARD > p->guard.maps_max) {
        atomic_fetch_sub(&maps_spent, MAPS_PER_GUARD);
        return false;
    }
    p->n_maps += MAPS_PER_GUARD;
    return true;
}

static enum err guard_install(struct stack_pool *p, uint8_t *low)
{
    /* Memory locked by mlockall takes no such guards. */
    if (p->guard.advice != 0 &&
        madvise(low, p->guard_size, p->guard.advice) == 0)
        return ERR_NONE;
    if (!maps_spend(p) || mprotect(low, p->guard_size, PROT_NONE) != 0)
        return ERR_LIMIT;
    return ERR_NONE;
}

/* Cut one more stack from the newest slab. */
static enum err stack_cut(struct stack_pool *p, uint8_t **low)
{
    size_t len = p->guard_size + p->size;
    struct stack_slab *slab = p->slab;
    enum err err;

    if (slab == NULL || slab->size - slab->cut < len) {
        err = slab_add(p);
        if (err != ERR_NONE)
            return err;
        slab = p->slab;
    }
    err = guard_install(p, slab->low + slab->cut);
    if (err != ERR_NONE)
        return err;
    *low = slab->low + slab->cut + p->guard_size;
    slab->cut += len;
    p->n_made++;
    return ERR_NONE;
}

enum err stack_take(struct stack_pool *p, uint8_t **low)
{
    if (p->n_idle == 0)
        return stack_cut(p, low);
    *low = p->idle[--p->n_idle];
    if (p->n_cold > p->n_idle)
        p->n_cold = p->n_idle;
    return ERR_NONE;
}

void stack_give(struct stack_pool *p, uint8_t *low)
{
    if (p->n_idle == p->idle_cap) {
        p->idle_cap = p->idle_cap > 0 ? p->idle_cap * 2 : 64;
        p->idle = xrealloc(p->idle, p->idle_cap * sizeof *p->idle);
    }
    p->idle[p->n_idle++] = low;
    ASSERT(p->n_idle <= p->n_made);
    if (p->n_idle - p->n_cold > STACK_IDLE_MAX) {
        madvise(p->idle[p->n_cold], p->size, MADV_DONTNEED);
        p->n_cold++;
    }
}
