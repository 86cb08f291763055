/* SPDX-License-Identifier: MIT */
/* spawn - start a program as a process.
 *
 * posix_spawn does not copy the tables of our address space, as fork would. The
 * program gets only the descriptors that are named, and no signal that is
 * blocked or ignored.
 */
#ifndef SPAWN_H
#define SPAWN_H

#include <stddef.h>
#include <sys/types.h>

#include "libcommon/err.h"

struct spawn {
    const char *const *argv; /* ended by NULL; [0] is looked up in its PATH */
    const char *const *envp; /* ended by NULL */
    const char *cwd;         /* NULL: ours */
    int fds[3];      /* its stdin, stdout, stderr; -1: ours; from spawn_pipe or
                        spawn_null, that is above 2 */
    const int *more; /* its descriptors from 3 on, ... */
    size_t n_more;   /* ... each above 2 + n_more here; NULL, 0: none */
};

/* What the errno of a start means: ERR_BUSY when the machine, or a limit of
 * this process or user, is short of processes, descriptors or memory, so that
 * the same start can work later; else ERR_SYSTEM. */
enum err spawn_error(int error);

/* The caller waits for *pid. ERR_ABSENT: no such program; ERR_BUSY, ERR_SYSTEM:
 * it cannot be started now, or at all. errmsg says what to do. */
enum err spawn_plain(const struct spawn *what, pid_t *pid, char *errmsg);

/* For starting it in another way: find the program. The caller frees *out.
 * ERR_ABSENT. */
enum err spawn_find(const struct spawn *what, char **out, char *errmsg);
/* Explain why it did not start: `error` is the errno of execve, or of a step
 * before it. ERR_ABSENT, ERR_BUSY, ERR_SYSTEM. */
enum err spawn_explain(const struct spawn *what, const char *path, int error,
                       char *errmsg);

/* Open a pipe, or /dev/null to read: closed by exec, above 2. 0 or errno. */
int spawn_pipe(int fds[2]);
int spawn_null(int *fd);
/* Give a descriptor of ours a number above 2, and close the old one. */
int spawn_raise_fd(int *fd);

#endif
