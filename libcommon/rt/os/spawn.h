/* SPDX-License-Identifier: MIT */
/* spawn - start a program as a process.
 *
 * posix_spawn does not copy the tables of our address space, as fork would. The
 * program gets no other descriptor of ours than named, no blocked and no
 * ignored signal.
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

/* The caller waits for *pid. ERR_ABSENT: no such program; ERR_SYSTEM: it cannot
 * be started. errmsg says what to do. */
enum err spawn_plain(const struct spawn *what, pid_t *pid, char *errmsg);

/* For who starts it in another way. Where it is, for the caller to free:
 * ERR_ABSENT. Why that did not start: `error` is the errno of execve, or of
 * what was done before; ERR_ABSENT, ERR_SYSTEM. */
enum err spawn_find(const struct spawn *what, char **out, char *errmsg);
enum err spawn_explain(const struct spawn *what, const char *path, int error,
                       char *errmsg);

/* A pipe, and /dev/null to read: closed by exec, above 2. 0 or errno. */
int spawn_pipe(int fds[2]);
int spawn_null(int *fd);

#endif
