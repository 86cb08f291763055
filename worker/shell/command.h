/* SPDX-License-Identifier: MIT */
/* command - a job that is a program: its process, its output, its end.
 *
 * It ends when its main process has exited. Its group is killed then, so that
 * nothing of it is left, as soon as its output has ended, or COMMAND_GRACE_MS
 * later: whoever inherited the pipes cannot hold the job. The process is reaped
 * last, so that its number, which is the group's, is nobody else's until then.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <sys/resource.h>

#include <uv.h>

#include "alarm.h"
#include "assignment.h"
#include "err.h"

#define COMMAND_GRACE_MS 200
#define COMMAND_STOP_MS 10000 /* between SIGTERM and SIGKILL */

struct command; /* opaque; frees itself after `ended` */

/* Borrowed for the life of the commands. */
struct command_env {
    uv_loop_t *loop;
    struct alarm_set *alarms;
    rlim_t n_files;  /* soft limit of open files for programs; 0: ours */
    int64_t stop_ms; /* 0: COMMAND_STOP_MS */
    bool no_pidfd;   /* do without, as on old kernels */
};

struct command_events {
    /* Once, not within command_start. All but the identity, the worker and the
     * times is filled in; borrowed for the call. Then the command is gone. */
    void (*ended)(void *arg, const struct outcome *outcome);
    void (*tail)(void *arg, uint64_t tail, uint64_t offset, struct view bytes,
                 bool ended);
};

/* Start it. Any error means that it was not started, and errmsg says why and
 * what to do. ERR_ABSENT: there is no such program. */
enum err command_start(const struct command_env *env,
                       const struct assignment *from,
                       const struct command_events *events, void *arg,
                       struct command **out, char *errmsg);

/* SIGTERM to its group, SIGKILL later; it ends as cancelled. Nothing when it
 * has exited already. */
void command_stop(struct command *c, struct view reason);
/* SIGKILL to its group. */
void command_kill(struct command *c);

/* Bytes that it has written so far. */
uint64_t command_n_written(const struct command *c);

/* As output_ask and output_forget_tails. which: STREAM_OUT or STREAM_ERR; any
 * other ends at once. */
void command_tail(struct command *c, uint8_t which, uint64_t tail,
                  uint64_t offset, uint32_t max);
void command_untail(struct command *c);

#endif
