/* SPDX-License-Identifier: MIT */
/* fiber - a place where a thread can be: a stack and the registers saved on it.
 *
 * The switch is assembly on x86-64 and aarch64 and ucontext elsewhere, or
 * everywhere with YON_UCONTEXT. It keeps the callee-saved registers and the
 * floating point control words; not errno (coro.c does) and not the signal mask
 * (ucontext does).
 * A fiber never leaves the thread that made it. ASan, TSan and valgrind are
 * told about every switch.
 */
#ifndef FIBER_H
#define FIBER_H

#include <stddef.h>
#include <stdint.h>

#if !defined(YON_UCONTEXT) && !defined(__x86_64__) && !defined(__aarch64__)
#define YON_UCONTEXT 1
#endif
#ifdef YON_UCONTEXT
#include <ucontext.h>
#endif

struct fiber {
#ifdef YON_UCONTEXT
    ucontext_t context;
#else
    void *sp; /* while it does not run */
#endif
    struct fiber *from;         /* the fiber that switched here last */
    const void *stack_low;      /* for ASan */
    size_t stack_size;          /* bytes */
    void *asan_frames;          /* its fake stack, while it does not run */
    void *tsan;                 /* what TSan calls a fiber */
    unsigned valgrind_stack_id; /* what valgrind calls its stack */
};

/* The stack that the thread runs on now. */
void fiber_init_here(struct fiber *f);
/* entry(arg) starts at the first switch to it and must never return. The stack
 * is borrowed until fiber_fini. */
void fiber_init(struct fiber *f, uint8_t *stack_low, size_t stack_size,
                void (*entry)(void *arg), void *arg);
void fiber_fini(struct fiber *f); /* not from itself */

/* Save what runs now in `from`, go on where `to` was left. */
void fiber_switch(struct fiber *from, struct fiber *to);
/* The last switch away from `from`: nothing comes back to it. */
_Noreturn void fiber_leave(struct fiber *from, struct fiber *to);

#endif
