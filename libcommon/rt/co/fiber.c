/* SPDX-License-Identifier: MIT */
/* fiber - the switch, and what sanitizers and valgrind must know of it. */
#include "libcommon/rt/co/fiber.h"

#include <stdbool.h>
#include <string.h>

#include "libcommon/check.h"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define FIBER_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define FIBER_TSAN 1
#endif
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define FIBER_VALGRIND 1
#endif

/* Between telling TSan and switching no function may be entered or left: each
 * is noted on the stack that TSan believes in. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* ---- tools ---- */

static void tools_init_here(struct fiber *f)
{
    (void)f;
#ifdef FIBER_TSAN
    f->tsan = __tsan_get_current_fiber();
#endif
}

static void tools_init(struct fiber *f, uint8_t *low, size_t size)
{
    (void)f, (void)low, (void)size;
#ifdef FIBER_ASAN
    /* The fiber that had this stack before may have left it poisoned. */
    ASAN_UNPOISON_MEMORY_REGION(low, size);
#endif
#ifdef FIBER_TSAN
    f->tsan = __tsan_create_fiber(0);
#endif
#ifdef FIBER_VALGRIND
    f->valgrind_stack_id = VALGRIND_STACK_REGISTER(low, low + size);
    VALGRIND_MAKE_MEM_UNDEFINED(low, size);
#endif
}

static void tools_fini(struct fiber *f)
{
    (void)f;
#ifdef FIBER_TSAN
    __tsan_destroy_fiber(f->tsan);
#endif
#ifdef FIBER_VALGRIND
    VALGRIND_STACK_DEREGISTER(f->valgrind_stack_id);
#endif
}

/* `for_ever`: ASan frees the fake stack of `from`. */
ALWAYS_INLINE void tools_before(struct fiber *from, struct fiber *to,
                                bool for_ever)
{
    (void)from, (void)to, (void)for_ever;
#ifdef FIBER_ASAN
    __sanitizer_start_switch_fiber(for_ever ? NULL : &from->asan_frames,
                                   to->stack_low, to->stack_size);
#endif
#ifdef FIBER_TSAN
    __tsan_switch_to_fiber(to->tsan, 0);
#endif
}

/* On the new stack. A thread's own stack becomes known here, when it is left
 * for the first time. */
ALWAYS_INLINE void tools_after(struct fiber *now)
{
    (void)now;
#ifdef FIBER_ASAN
    __sanitizer_finish_switch_fiber(now->asan_frames, &now->from->stack_low,
                                    &now->from->stack_size);
#endif
}

/* ---- switch ---- */

/* What a new fiber does first; it lies on its stack at the start. */
struct start {
    _Alignas(16) struct fiber *fiber; /* the frame below must be aligned */
    void (*entry)(void *arg);
    void *arg;
};

static void fiber_main(struct start *start)
{
    tools_after(start->fiber);
    start->entry(start->arg);
    UNREACHABLE("the entry of a fiber returned");
}

#ifdef YON_UCONTEXT

/* makecontext passes ints only. */
static void context_main(unsigned high, unsigned low)
{
    fiber_main((struct start *)((uintptr_t)((uint64_t)high << 32 | low)));
}

static void context_init(struct fiber *f, uint8_t *low, uint8_t *top,
                         struct start *start)
{
    uint64_t address = (uintptr_t)start;
    int failed = getcontext(&f->context);

    ASSERT(failed == 0); /* it only copies registers */
    f->context.uc_stack.ss_sp = low;
    f->context.uc_stack.ss_size = (size_t)(top - low);
    f->context.uc_link = NULL;
    makecontext(&f->context, (void (*)(void))(void *)context_main, 2,
                (unsigned)(address >> 32), (unsigned)address);
}

ALWAYS_INLINE void context_switch(struct fiber *from, struct fiber *to)
{
    swapcontext(&from->context, &to->context);
}

#else

/* coro_switch_*.S: push the registers, store the stack pointer in *save, take
 * `sp` as the stack pointer and pop what was pushed there. */
void coro_switch(void **save, void *sp);
/* Where a new fiber starts; it calls fiber_main with what it finds in its
 * registers. */
void coro_start(void);

/* The frame that coro_switch pops; the same order as there. */
#ifdef __x86_64__
struct fiber_frame {
    uint32_t mxcsr;
    uint32_t x87_control;
    void *r15, *r14, *r13, *r12, *rbx, *rbp;
    void *rip;
};

static void frame_init(struct fiber_frame *frame, struct start *start)
{
    __asm__("stmxcsr %0" : "=m"(frame->mxcsr));
    __asm__("fnstcw %0" : "=m"(frame->x87_control));
    frame->r12 = (void *)fiber_main;
    frame->r13 = start;
    frame->rip = (void *)coro_start;
}
#else
struct fiber_frame {
    uint64_t d[8]; /* d8 .. d15 */
    void *x[10];   /* x19 .. x28 */
    void *fp, *lr;
    uint64_t fpcr;
    uint64_t unused; /* sp stays a multiple of 16 */
};

static void frame_init(struct fiber_frame *frame, struct start *start)
{
    __asm__("mrs %0, fpcr" : "=r"(frame->fpcr));
    frame->x[0] = (void *)fiber_main;
    frame->x[1] = start;
    frame->lr = (void *)coro_start;
}
#endif

static void context_init(struct fiber *f, uint8_t *low, uint8_t *top,
                         struct start *start)
{
    struct fiber_frame *frame = (struct fiber_frame *)(void *)top - 1;

    (void)low;
    memset(frame, 0, sizeof *frame);
    frame_init(frame, start);
    f->sp = frame;
}

ALWAYS_INLINE void context_switch(struct fiber *from, struct fiber *to)
{
    coro_switch(&from->sp, to->sp);
}

#endif

void fiber_init_here(struct fiber *f)
{
    memset(f, 0, sizeof *f);
    tools_init_here(f);
}

void fiber_init(struct fiber *f, uint8_t *stack_low, size_t stack_size,
                void (*entry)(void *arg), void *arg)
{
    uint8_t *top = stack_low + stack_size;
    struct start *start = (struct start *)(void *)top - 1;

    ASSERT((uintptr_t)top % _Alignof(struct start) == 0);
    memset(f, 0, sizeof *f);
    f->stack_low = stack_low;
    f->stack_size = stack_size;
    tools_init(f, stack_low, stack_size);
    *start = (struct start){ f, entry, arg };
    context_init(f, stack_low, (uint8_t *)start, start);
}

void fiber_fini(struct fiber *f)
{
    tools_fini(f);
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
    /* Without tools coro_switch is a tail call, so that no return is
     * mispredicted on the other stack. */
    to->from = from;
    tools_before(from, to, false);
    context_switch(from, to);
    tools_after(from);
}

_Noreturn void fiber_leave(struct fiber *from, struct fiber *to)
{
    to->from = from;
    tools_before(from, to, true);
    context_switch(from, to);
    UNREACHABLE("a fiber that was left for ever went on");
}
