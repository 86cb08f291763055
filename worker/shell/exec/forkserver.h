/* SPDX-License-Identifier: MIT */
/* forkserver - the process that forks the shims of one loop of a worker.
 *
 * It is forked while the worker is small and has one thread, so that shims are
 * cheap. It is a subreaper: when a shim was killed (a program may kill its
 * parent), all that this shim leaves behind becomes the fork server's child,
 * and is killed.
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

/* Fork it, before any thread and with the limits that programs shall get. It
 * owns the root from now on. argv: of main(), overwritten in the new process so
 * that its command line does not look like a worker's; NULL: not. False: it
 * cannot be forked (errno). */
bool forkserver_start(struct forkserver *out, struct cgroup_root *root,
                      char **argv);

/* Ask for a shim that takes orders from `sock`, which stays the caller's.
 * number: one that was never used. When the fork fails, REPORT_FAILED with
 * `last` comes back on the socket. Returns 0 or an errno; EPIPE: the fork
 * server is gone. */
int forkserver_make(const struct forkserver *n, unsigned number, int sock);
/* SIGKILL to that shim, and then to all that it leaves behind. */
void forkserver_end(const struct forkserver *n, unsigned number);
/* The next shim that has ended and has left nothing; `sock` is readable when
 * there is one. Does not block. ERR_BUSY: none now; ERR_CLOSED: the fork server
 * is gone. A reader that is too slow misses some. */
enum err forkserver_next_gone(const struct forkserver *n, unsigned *number);

/* End it, and wait until shims and programs are gone, some SHIM_PATIENCE_MS at
 * most. Harmless twice. */
void forkserver_stop(struct forkserver *n);

#endif
