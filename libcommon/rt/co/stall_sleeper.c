/* SPDX-License-Identifier: MIT */
/* stall_sleeper - where a thread sleeps in the kernel, seen from another
 * thread. */
#include "libcommon/rt/co/stall_sleeper.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* Of the stack: in what the C library needs for a system call. */
#define SEARCH_WORDS 128
#define FRAME_LEN_MAX (1u << 20)

/* What a function with a frame pointer leaves on the stack. */
struct frame {
    uintptr_t outer;
    uintptr_t address;
};

bool stall_sleeper_peek(const void *from, void *to, size_t len)
{
    struct iovec here = { to, len };
    struct iovec there = { (void *)(uintptr_t)from, len };

    return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == (ssize_t)len;
}

/* "number, six arguments, stack, address", or "running". */
bool stall_sleeper_find(pid_t thread, struct stall_sleeper *out)
{
    char path[64], text[256] = "";
    unsigned long stack, address;
    uintptr_t word;
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/self/task/%d/syscall", (int)thread);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0 || sscanf(text, "%*u %*x %*x %*x %*x %*x %*x %lx %lx", &stack,
                         &address) != 2)
        return false;
    *out = (struct stall_sleeper){ stack, address };
    return stall_sleeper_peek((void *)out->stack, &word, sizeof word);
}

static bool read_frame(uintptr_t at, const struct image_list *images,
                       struct frame *out)
{
    return stall_sleeper_peek((void *)at, out, sizeof *out) &&
           out->outer > at && out->outer - at < FRAME_LEN_MAX &&
           out->outer % sizeof(uintptr_t) == 0 &&
           image_find(images, out->address) != NULL;
}

int stall_sleeper_frames(const struct stall_sleeper *s,
                         const struct image_list *images, void **frames,
                         int max)
{
    uintptr_t at = s->stack, end = at + SEARCH_WORDS * sizeof at;
    struct frame frame;
    int n = 0;

    if (n < max)
        frames[n++] = (void *)s->address;
    while (at < end && !read_frame(at, images, &frame))
        at += sizeof at;
    for (; n < max && read_frame(at, images, &frame); at = frame.outer)
        frames[n++] = (void *)frame.address;
    return n;
}
