/* SPDX-License-Identifier: MIT */
/* inherit - what a process of a worker gets from the process that starts it: a
 * struct in memory behind a descriptor, which --inherit FD names.
 */
#ifndef INHERIT_H
#define INHERIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "libcommon/err.h"
#include "worker/shell/call/module_files.h"

/* Not for users: a worker says it to the processes that it starts. */
#define INHERIT_OPTION "--inherit"

/* Grows with each change of the struct. Both processes run the same file, so
 * another version means that the struct came from elsewhere. */
#define INHERIT_VERSION 2

enum inherit_kind {
    INHERIT_NOTHING, /* a user started this process */
    INHERIT_LOOP,    /* a supervisor did (life/procs.c) */
    INHERIT_CPU      /* a loop did (cpu/cpu.c) */
};

struct inherit {
    uint32_t version;
    uint32_t kind;      /* enum inherit_kind */
    uint32_t number;    /* LOOP: from 1, at its supervisor; else 0 */
    int32_t supervisor; /* LOOP: the process */
    int32_t note_fd;    /* of crash_note_open; LOOP: or -1 */
    int32_t guard_fd;   /* LOOP: of lease_guard_open; else -1 */
    int32_t cpu_fd; /* CPU: a socket to the process that started it; else -1 */
    uint32_t n_modules;                   /* in the order of the command line */
    int32_t module_fds[MODULE_FILES_MAX]; /* of struct module_file; else 0 */
};

/* For a process that a user has started. */
struct inherit inherit_nothing(void);

/* Name the copies of the modules in it. */
void inherit_put_modules(struct inherit *i, const struct module_files *f);

/* Put it into memory, with the current version. Returns a descriptor, which is
 * the caller's and closed by exec; -1: none can be had (errno). */
int inherit_give(const struct inherit *what);

/* Take it from `fd`, which is closed then. The caller owns the descriptors in
 * it, which are closed by exec from now on. On error nothing is taken, and
 * errmsg says why:
 *
 * ERR_FORMAT   `fd` has no such struct, or its fields contradict each other;
 * ERR_VERSION  it has another version. */
enum err inherit_take(int fd, struct inherit *out, char *errmsg);

#endif
