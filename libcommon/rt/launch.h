/* SPDX-License-Identifier: MIT */
/* launch - start a program as a process.
 *
 * posix_spawn does not copy the tables of our address space, as fork would. The
 * program gets no other descriptor of ours than named, no blocked and no
 * ignored signal.
 */
#ifndef LAUNCH_H
#define LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "err.h"

struct launch {
    const char *const *argv; /* ended by NULL; [0] is looked up in its PATH */
    const char *const *envp; /* ended by NULL */
    const char *cwd;         /* NULL: ours */
    int fds[3];      /* its stdin, stdout, stderr; -1: ours; from launch_pipe or
                        launch_null, that is above 2 */
    const int *more; /* its descriptors from 3 on, ... */
    size_t n_more;   /* ... each above 2 + n_more here; NULL, 0: none */
    bool own_session; /* and a group of its own */
};

/* The caller waits for *pid. ERR_ABSENT: no such program; ERR_SYSTEM: it cannot
 * be started. errmsg says what to do. */
enum err launch(const struct launch *what, pid_t *pid, char *errmsg);

/* A pipe, and /dev/null to read: closed by exec, above 2. 0 or errno. */
int launch_pipe(int fds[2]);
int launch_null(int *fd);

#endif
