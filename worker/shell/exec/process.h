/* SPDX-License-Identifier: MIT */
/* process - a program that a shim runs, as the loop sees it: in a session and a
 * group of its own, its stdin (program_input.h), stdout and stderr into pipes.
 *
 *      start --> failed
 *            --> exited, cleared          nothing of it is left
 *            --> exited; process_clear --> cleared
 *            process_clear --> exited, cleared
 *
 * After `failed` and `cleared` the process is gone. A shim that is killed takes
 * its program along: that looks as if the program was killed.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>

#include <uv.h>

#include "worker/shell/exec/forkserver.h"
#include "worker/shell/exec/order.h"
#include "worker/shell/exec/program.h"

/* Exit codes of a shell for a program that could not be started; the first one
 * is ours, for one whose stdin, or file for its output, cannot be had. */
#define PROCESS_CODE_NO_STREAM 125
#define PROCESS_CODE_CANNOT 126
#define PROCESS_CODE_ABSENT 127

/* All processes of a loop, and the shims that wait for the next one. */
struct processes;

/* ERR_SYSTEM: the fork server cannot be watched; errmsg. */
enum err processes_new(uv_loop_t *loop, struct forkserver *forkserver,
                       struct processes **out, char *errmsg);
/* Kill what runs, without events, and wait until it is gone. The loop must run
 * once more to free the memory. NULL is fine. */
void processes_free(struct processes *ps);

struct process; /* opaque */

struct process_exit {
    int code;   /* exit code, when signo is 0 */
    int signo;  /* the signal that killed it, or 0 */
    bool asked; /* process_signal reached it while it ran */
    bool left;  /* something that it started still runs: call process_clear;
                   else `cleared` is the next event */
};

/* None of them is called within process_start. */
struct process_events {
    /* ERR_ABSENT: no such program; ERR_BUSY: it cannot be started now, for
     * there is a shortage (spawn_error); ERR_CLOSED: its stdin cannot be had;
     * ERR_SYSTEM: it cannot be started. errmsg says what to do. */
    void (*failed)(void *arg, enum err err, const char *errmsg);
    void (*started)(void *arg, pid_t pid);
    void (*exited)(void *arg, const struct process_exit *how);
    void (*cleared)(void *arg);
};

/* Start a program. fds: its stdout and stderr, which stay the caller's.
 * ERR_BUSY, ERR_SYSTEM: no shim can be had, now or at all; errmsg. Ends this
 * process when the fork server is gone, because nothing can be started any
 * more. */
enum err process_start(struct processes *ps, const struct program *program,
                       const int fds[ORDER_FDS],
                       const struct process_events *events, void *arg,
                       struct process **out, char *errmsg);
/* Send a signal to its group. */
void process_signal(struct process *p, int signo);
/* SIGKILL to it and to all that it has started, whatever the session. */
void process_clear(struct process *p);
/* Stop waiting for `cleared`: the process is gone for the caller, its shim is
 * killed, and the fork server goes on killing what is left. */
void process_leave(struct process *p);

#endif
