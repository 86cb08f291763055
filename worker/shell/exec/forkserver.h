/* SPDX-License-Identifier: MIT */
/* forkserver - the process that makes the shims of a worker's loop.
 *
 * It is forked while the worker is small and has one thread, so that shims
 * are cheap. When a shim was killed (a program may do that to its parent),
 * what that one has left comes to the fork server, which kills it.
 */
#ifndef FORKSERVER_H
#define FORKSERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "worker/shell/exec/cgroup.h"

struct forkserver {
    int sock;
    pid_t pid;
};

/* Fork it, before any thread and with the limits that programs shall get. The
 * leaves are its own from now on. argv: of main(), overwritten in the new
 * process, so that its command line is not taken for a worker's; NULL is fine.
 * False: it cannot be forked (errno). */
bool forkserver_start(struct forkserver *out, struct cgroup_root *root,
                      char **argv);

/* Ask for a shim; number: never used before. Orders come to it from `sock`,
 * which stays the caller's. One that cannot be forked reports REPORT_FAILED
 * there, and its end. 0 or an errno; EPIPE: the fork server is gone. */
int forkserver_make(const struct forkserver *n, unsigned number, int sock);
/* End that one by SIGKILL, and then what it has left. */
void forkserver_end(const struct forkserver *n, unsigned number);
/* Without blocking: a shim that has ended, and of which nothing is left, as
 * `sock` being readable tells. ERR_BUSY: none for now; ERR_CLOSED: the fork
 * server is gone. When the reader is behind some are not told. */
enum err forkserver_next_gone(const struct forkserver *n, unsigned *number);

/* Wait until shims and programs have gone, for SHIM_PATIENCE_MS at most.
 * Harmless twice. */
void forkserver_stop(struct forkserver *n);

#endif
