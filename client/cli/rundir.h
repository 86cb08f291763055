/* SPDX-License-Identifier: MIT */
/* rundir - the directory of one `yon up`: socket, database, logs, lock. */
#ifndef RUNDIR_H
#define RUNDIR_H

#include <sys/types.h>

#include "client/cli/cli.h"

/* Zeroed memory but lock_fd = -1 is an empty one; freed by rundir_fini. */
struct rundir {
    char *dir;    /* absolute */
    char *server; /* "ipc://DIR/yond.sock" */
    char *db;
    char *log_dir;
    char *legacy; /* a file: what the last worker left (legacy.h) */
    int lock_fd;  /* DIR/yon.pid; -1: not open */
};

void rundir_fini(struct rundir *r);

/* The directory that --dir, YON_DIR or the default names, made when it does not
 * exist. Returns 0 or an exit code. */
int rundir_make(const struct cli *c, struct rundir *r);
/* The same for a directory that must exist: EXITS_ABSENT. */
int rundir_find(const struct cli *c, struct rundir *r);

/* Take the lock, which this process and its forks hold until they end. Somebody
 * else has it, or what a killed one started still runs: EXITS_FAILED. */
int rundir_lock(const struct cli *c, struct rundir *r);
/* Write that this process is the one that runs. */
void rundir_sign(const struct rundir *r);
/* Take away the socket, so that commands see at once that nothing runs. */
void rundir_remove_socket(const struct rundir *r);
/* The process that runs there; 0: none. Returns 0 or an exit code, told. */
int rundir_runner(const struct cli *c, struct rundir *r, pid_t *pid);

/* "nothing runs in DIR" */
int rundir_fail_nothing(const struct cli *c, const char *dir);
/* Whether commands find it without being told. */
bool rundir_is_default(const struct rundir *r);

#endif
