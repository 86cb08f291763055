/* SPDX-License-Identifier: MIT */
/* home - the directory of one `yon up`: socket, database, logs, and who runs
 * there.
 */
#ifndef HOME_H
#define HOME_H

#include <sys/types.h>

#include "client/cli/cli.h"

/* Zeroed memory but lock_fd = -1 is an empty one; freed by home_fini. */
struct home {
    char *dir;    /* absolute */
    char *server; /* "ipc://DIR/yond.sock" */
    char *db;
    char *log_dir;
    int lock_fd; /* DIR/yon.pid; -1: not open */
};

void home_fini(struct home *h);

/* The directory that --dir, YON_DIR or the default names, made when it does not
 * exist. Returns 0 or an exit code. */
int home_make(const struct cli *c, struct home *h);
/* The same for a directory that must exist: EXITS_ABSENT. */
int home_find(const struct cli *c, struct home *h);

/* Take the lock, which this process and its forks hold until they end. Somebody
 * else has it, or what a killed one started still runs: EXITS_FAILED. */
int home_lock(const struct cli *c, struct home *h);
/* Whether a `yon up` runs in the folder of this socket. */
bool home_runs_beside(const char *socket_path);
/* Write that this process is the one that runs. */
void home_sign(const struct home *h);
/* Take away the socket, so that commands see at once that nothing runs. */
void home_remove_socket(const struct home *h);
/* The process that runs there; 0: none. Returns 0 or an exit code, told. */
int home_runner(const struct cli *c, struct home *h, pid_t *pid);

/* "nothing runs in DIR" */
int home_fail_nothing(const struct cli *c, const char *dir);
/* Whether commands find it without being told. */
bool home_is_default(const struct home *h);

#endif
