/* SPDX-License-Identifier: MIT */
/* runs - the attempts that a worker has started, whatever runs them: a program,
 * a coroutine of its loop, or a process for cpu calls. It does what acts say of
 * them, and tells the core what comes of it.
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
    void (*step)(void *arg, struct worker_event e); /* for the core */
    void *arg;
};

/* ERR_SYSTEM: the kernel refuses what it needs; errmsg. */
enum err runs_new(const struct runs_env *env, struct runs **out, char *errmsg);
/* Nothing runs any more. Its handles close; the loop must run once more. NULL
 * is fine. */
void runs_free(struct runs *rs);

/* WORKER_DO_START, STOP, TAIL, UNTAIL, KILL. */
void runs_act(struct runs *rs, const struct worker_act *act);

#endif
