/* SPDX-License-Identifier: MIT */
/* process - a program that runs in the hands of a shim, as the loop sees it:
 * in a session and a group of its own, stdin from /dev/null, stdout and stderr
 * into pipes.
 *
 *      start --> failed
 *            --> exited, cleared          nothing of it is left
 *            --> exited; process_clear --> cleared
 *            process_clear --> exited, cleared
 *
 * With `failed` and `cleared` it is gone. A shim that was killed took its
 * program along: that is as if the program was.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>

#include <uv.h>

#include "worker/shell/exec/forkserver.h"
#include "worker/shell/exec/order.h"
#include "worker/shell/exec/program.h"

/* Exit codes of a shell for a program that could not be started. */
#define PROCESS_CODE_CANNOT 126
#define PROCESS_CODE_ABSENT 127

/* All of a loop, and the shims that wait for the next one. */
struct processes;

/* ERR_SYSTEM: the fork server cannot be watched; errmsg. */
enum err processes_new(uv_loop_t *loop, struct forkserver *forkserver,
                       struct processes **out, char *errmsg);
/* What runs is killed, and nothing is told of it any more. Returns when it has
 * gone; the memory goes when the loop has closed its handles. NULL is fine. */
void processes_free(struct processes *ps);

struct process; /* opaque */

struct process_exit {
    int code, signo; /* signo 0: by itself */
    bool asked;      /* process_signal has reached it while it ran */
    bool left;       /* something that it has started still runs, so that
                        process_clear is to be called; else `cleared` comes now
                      */
};

/* None of them within process_start. */
struct process_events {
    /* ERR_ABSENT: no such program; ERR_SYSTEM: it cannot be started. errmsg
     * says what to do. */
    void (*failed)(void *arg, enum err err, const char *errmsg);
    void (*exited)(void *arg, const struct process_exit *how);
    void (*cleared)(void *arg);
};

/* Start it. fds: its stdout and stderr, which stay the caller's. ERR_SYSTEM: no
 * shim can be had; errmsg. When the fork server is gone, this process ends: it
 * can start nothing any more. */
enum err process_start(struct processes *ps, const struct program *program,
                       const int fds[ORDER_FDS],
                       const struct process_events *events, void *arg,
                       struct process **out, char *errmsg);
/* For its group. */
void process_signal(struct process *p, int signo);
/* SIGKILL to it and to all that it has started, wherever that is now. */
void process_clear(struct process *p);
/* It is not cleared and nobody waits any longer: it is gone, and its shim is
 * killed. The fork server goes on with what is left. */
void process_leave(struct process *p);

#endif
