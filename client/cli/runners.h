/* SPDX-License-Identifier: MIT */
/* runners - the processes that run for a directory of `yon up`: the one that
 * holds its lock, and those that outlive a `yon up` that was killed.
 */
#ifndef RUNNERS_H
#define RUNNERS_H

#include <stdbool.h>
#include <sys/types.h>

#define RUNNERS_MAX 2048

struct runners {
    pid_t workers[RUNNERS_MAX];
    size_t n_workers;
    pid_t yond; /* 0: none */
};

/* Our processes that serve the endpoint `server`, as their command lines say.
 */
void runners_find(const char *server, struct runners *out);
bool runners_are_none(const struct runners *r);
/* Whether a `yon up` holds the lock of the directory of this socket. */
bool runners_hold_lock(const char *socket_path);

#endif
