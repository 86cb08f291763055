/* SPDX-License-Identifier: MIT */
/* stall_sleeper - where a thread sleeps in the kernel, seen from another
 * thread.
 *
 * A signal would cut sleep(2), select() or connect() of that thread short. What
 * is read may change meanwhile, so the reader checks afterwards that the thread
 * has not gone on.
 */
#ifndef STALL_SLEEPER_H
#define STALL_SLEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "libcommon/rt/os/symbol.h"

struct stall_sleeper {
    uintptr_t stack;   /* its pointer there */
    uintptr_t address; /* where it goes on */
};

/* False: it does not sleep in a system call, or this kernel does not say, or
 * memory cannot be read from outside (stall_sleeper_peek). */
bool stall_sleeper_find(pid_t thread, struct stall_sleeper *out);

/* Copy memory of this process. False: it is not there any more. */
bool stall_sleeper_peek(const void *from, void *to, size_t len);

/* Where its functions go on, the innermost first. Returns how many; a function
 * without a frame, as in the C library, is left out. */
int stall_sleeper_frames(const struct stall_sleeper *s,
                         const struct image_list *images, void **frames,
                         int max);

#endif
