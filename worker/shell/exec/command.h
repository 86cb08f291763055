/* SPDX-License-Identifier: MIT */
/* command - a job that is a program: its process, its output, its end.
 *
 * It ends when its main process has exited. All that this process has started
 * is killed then: when the output has ended, or COMMAND_GRACE_MS after the
 * exit, so that a process that inherited the pipes cannot hold the job.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <uv.h>

#include "libcommon/err.h"
#include "libcommon/rt/co/alarm.h"
#include "worker/core/assignment.h"
#include "worker/shell/exec/process.h"
#include "worker/shell/exec/spool.h"

#define COMMAND_GRACE_MS 200
/* What is not gone so long after SIGKILL cannot be killed; the job ends. */
#define COMMAND_CLEAR_MS 5000
/* Kept of each output, unless the command says otherwise. */
#define COMMAND_OUTPUT_LIMIT (64u << 20)

struct command; /* opaque; frees itself after `ended` */

/* Borrowed for the life of the commands. */
struct command_env {
    uv_loop_t *loop;
    struct alarm_set *alarms;
    struct processes *processes;
    int64_t clear_ms;    /* 0: COMMAND_CLEAR_MS */
    uint64_t output_max; /* bytes kept of each output, whatever a command wants;
                            0: no more than memory has room for */
    const char *spool_dir; /* for what is more than that; NULL: as spool_add */
};

struct command_events {
    void (*started)(void *arg, pid_t pid); /* NULL: nobody asks */
    /* Once, not within command_start; then the command is gone. The outcome is
     * borrowed for the call and complete, but for the identity, the worker and
     * the times. spools: of stdout and stderr, what the outcome counts as
     * stored; closed afterwards, unless fd is set to -1. taken: what a follower
     * has of each. */
    void (*ended)(void *arg, const struct outcome *outcome,
                  struct spool spools[2], const uint64_t taken[2]);
    void (*tail)(void *arg, uint64_t tail, uint64_t offset, struct view bytes,
                 bool ended);
};

/* Start it. On any error it was not started, and errmsg says why. A program
 * that does not exist or cannot run is reported by `ended`. ERR_BUSY: there is
 * a shortage; `ended` reports one as STATE_HANDED_BACK. */
enum err command_start(const struct command_env *env,
                       const struct assignment *from,
                       const struct command_events *events, void *arg,
                       struct command **out, char *errmsg);

/* SIGTERM to its group. It ends as cancelled, unless it has exited already. */
void command_stop(struct command *c, struct view reason);
/* SIGKILL to all that it has started. */
void command_kill(struct command *c);

/* Bytes written so far, on stdout and stderr. */
uint64_t command_n_written(const struct command *c);

/* Drop nothing of these streams (STREAM_BITs) that stands at or behind keep (of
 * stdout, of stderr); of others anything. What was said before holds no more.
 */
void command_follow(struct command *c, uint8_t streams, const uint64_t keep[2]);
/* ... of one that is followed: behind this from now on. */
void command_keep(struct command *c, uint8_t which, uint64_t keep);
/* As program_output_tail, program_output_session_over and
 * program_output_rejoin. which: STREAM_OUT or
 * STREAM_ERR; any other ends at once. */
void command_tail(struct command *c, uint8_t which, uint64_t tail,
                  uint64_t offset, uint32_t max);
void command_untail(struct command *c);
void command_rejoin(struct command *c);

#endif
