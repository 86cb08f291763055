/* SPDX-License-Identifier: MIT */
/* inherit - what a process of a worker gets from the one that starts it: a
 * struct in memory behind one descriptor, which is named by --inherit FD.
 */
#ifndef INHERIT_H
#define INHERIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "libcommon/err.h"

/* Its value on the command line is a descriptor, said by the worker itself. */
#define INHERIT_OPTION "--inherit"

/* Grows with each change of the struct. Both processes run the same file, so
 * another version only shows that somebody else wrote it. */
#define INHERIT_VERSION 1

enum inherit_kind {
    INHERIT_NOTHING, /* started by a user */
    INHERIT_LOOP,    /* started by a supervisor, life/procs.c */
    INHERIT_CPU      /* started by a loop, cpu/cpu.c */
};

struct inherit {
    uint32_t version;
    uint32_t kind; /* enum inherit_kind */
    /* LOOP: its number at its supervisor, from 1, and the process that is. */
    uint32_t number;
    int32_t supervisor;
    int32_t note_fd;  /* of crash_note_open; LOOP: or -1 */
    int32_t guard_fd; /* LOOP: of lease_guard_open; else -1 */
    int32_t cpu_fd; /* CPU: a socket to the process that started it; else -1 */
};

/* Of a process that a user has started. */
struct inherit inherit_nothing(void);

/* Put it into memory, whatever its version says. Returns the descriptor, closed
 * by exec, which is the caller's; -1: there is none (errno). */
int inherit_give(const struct inherit *what);

/* Take it from `fd`, which is closed then. The descriptors in it are ours from
 * now on, and closed by exec. On error nothing is taken:
 * ERR_FORMAT   the descriptor holds no such struct, or one that makes no sense;
 * ERR_VERSION  it is of another version.
 * errmsg says so. */
enum err inherit_take(int fd, struct inherit *out, char *errmsg);

#endif
