/* SPDX-License-Identifier: MIT */
/* call - a job that is a function of a module: a coroutine of the worker's
 * loop.
 */
#ifndef CALL_H
#define CALL_H

#include <yon/job.h>

#include "libcommon/err.h"
#include "libcommon/list.h"
#include "libcommon/rt/co/loop.h"
#include "worker/core/assignment.h"
#include "worker/shell/call/stalls.h"

/* The loop was held for so long. */
typedef void call_held_fn(void *arg, int64_t ms);

/* How far the call of this `arg` is: done, total and doing count. Within the
 * coroutine. */
typedef void call_advanced_fn(void *arg, const struct advance *a);

/* For all calls of a worker, which must be over before call_env_fini. */
struct call_env {
    struct loop *loop;
    const char *server;    /* borrowed */
    yon_client *client;    /* shared by the jobs; NULL until one asks for it */
    struct stalls *stalls; /* NULL: nobody watches */
    struct list jobs;      /* those that run */
    call_held_fn *held;    /* told when one has held the loop; NULL: nobody */
    void *held_arg;
    call_advanced_fn *advanced; /* NULL: nobody */
};
/* slow_ms: a call that holds the loop so long is named; 0: none. */
void call_env_init(struct call_env *env, struct loop *loop, const char *server,
                   int64_t slow_ms);
void call_env_fini(struct call_env *env);

/* Once, not within call_start. All but the identity, the worker and the times
 * is filled in; borrowed for the call. Then the job is gone. */
typedef void call_ended_fn(void *arg, const struct outcome *outcome);

/* Any error means that it was not started; errmsg says why. ERR_LIMIT: there
 * are too many coroutines, or the arguments are too long. */
enum err call_start(struct call_env *env, yon_job_fn *fn,
                    const struct assignment *from, call_ended_fn *ended,
                    void *arg, yon_job **out, char *errmsg);

/* The outcome of a call that was not started; borrows the message. */
struct outcome call_not_started(enum err err, const char *errmsg);

/* Every await of it is cancelled from now on; when it fails then, it ends as
 * cancelled. */
void call_stop(yon_job *job, struct view reason);

/* Another number each time that it, or what it started, went on. */
uint64_t call_n_runs(const yon_job *job);

/* Who it is, and since when it runs, by clock_boot_ms. Async-signal-safe. */
struct attempt_key call_id(const yon_job *job);
int64_t call_started_ms(const yon_job *job);

#endif
