/* SPDX-License-Identifier: MIT */
/* fork_in_cgroup - fork a child right into a cgroup. */
#include "worker/shell/exec/fork_in_cgroup.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
/* The sanitizers do not know the child's stack. */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) &&              \
    !defined(__SANITIZE_THREAD__) && !__has_feature(address_sanitizer) && \
    !__has_feature(thread_sanitizer)
#define SHARES_MEMORY 1
#else
#define SHARES_MEMORY 0
#endif

#if SHARES_MEMORY
/* A child on the stack of its parent would overwrite where that returns to. The
 * kernel changes only rax, rcx and r11. */
static long clone_to(struct clone_args *how, void (*fn)(void *arg), void *arg)
{
    register void (*r8)(void *) __asm__("r8") = fn;
    register void *r9 __asm__("r9") = arg;
    long ret = SYS_clone3;

    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "mov %%r9, %%rdi\n\t"
                     "call *%%r8\n\t"
                     "ud2\n"
                     "1:"
                     : "+a"(ret)
                     : "D"(how), "S"(sizeof *how), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory", "cc");
    return ret;
}
#endif

pid_t fork_in_cgroup(int cgroup, void (*fn)(void *arg), void *arg)
{
    struct clone_args how = { .flags = CLONE_VFORK | CLONE_INTO_CGROUP,
                              .exit_signal = SIGCHLD,
                              .cgroup = (unsigned)cgroup };
#if SHARES_MEMORY
    static _Alignas(16) char stack[32 << 10]; /* one child at a time */
    long pid;

    how.flags |= CLONE_VM;
    how.stack = (uintptr_t)stack;
    how.stack_size = sizeof stack;
    pid = clone_to(&how, fn, arg);
    if (pid < 0)
        errno = (int)-pid;
    return pid < 0 ? -1 : (pid_t)pid;
#else
    long pid = syscall(SYS_clone3, &how, sizeof how);

    if (pid == 0)
        fn(arg);
    return (pid_t)pid;
#endif
}
