/* SPDX-License-Identifier: MIT */
/* task - a call on libuv's pool of threads, for files.
 *
 * A thread cannot be stopped, so the task owns everything that the call works
 * with: when the coroutine goes away, the task goes on without it. Embed it as
 * the first member of memory of its own.
 */
#ifndef TASK_H
#define TASK_H

#include "libcommon/rt/io/iowait.h"

struct task {
    uv_work_t req;               /* private */
    struct loop *loop;           /* private */
    struct iowait *waiter;       /* private; NULL: nobody waits */
    void (*run)(struct task *t); /* on a thread */
    /* On the loop: free it and what it holds, whether it has run or not. */
    void (*drop)(struct task *t);
};

/* Run t->run, and wait for it. On error the task drops itself, when it has run
 * or will not any more. ERR_CANCELLED, ERR_TIMEOUT. */
enum err task_await(struct task *t);
/* Run t->run, then drop it; nobody waits. */
void task_start(struct task *t, struct loop *loop);

#endif
