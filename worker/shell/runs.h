/* SPDX-License-Identifier: MIT */
/* runs - the attempts that a worker has started: each is a program, a coroutine
 * of the loop, or a call in a process for cpu calls. The acts of the core are
 * done here, and the core is told what comes of them.
 */
#ifndef RUNS_H
#define RUNS_H

#include "libcommon/rt/co/alarm.h"
#include "libcommon/rt/co/loop.h"
#include "worker/core/worker.h"
#include "worker/shell/call/modules.h"
#include "worker/shell/exec/forkserver.h"
#include "worker/shell/worker_config.h"

struct runs; /* opaque */

/* Borrowed for the life of the runs. */
struct runs_env {
    const struct config *config;
    const struct modules *modules;
    struct forkserver *forkserver;
    struct loop *loop;
    struct alarm_set *alarms;
    int note_fd; /* for said_note; -1: none */
    void (*step)(void *arg, struct worker_event e); /* for the core */
    void *arg;
};

/* ERR_SYSTEM: the kernel refuses what it needs; errmsg. */
enum err runs_new(const struct runs_env *env, struct runs **out, char *errmsg);
/* When nothing runs any more. The loop must run once more, for handles that
 * close. NULL is fine. */
void runs_free(struct runs *rs);

/* Do a WORKER_DO_START, STOP, TAIL, FOLLOW, UNTAIL, KILL, READ_PIECE or
 * FORGET. */
void runs_act(struct runs *rs, const struct worker_act *act);

#endif
