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

/* Progress of the call with this `arg`, called within its coroutine. Only done,
 * total and doing are set. */
typedef void call_advanced_fn(void *arg, const struct advance *a);

/* The call with this `arg` has printed whole lines, each with time and job in
 * front. Called within its coroutine, or at its end. */
typedef void call_said_fn(void *arg, struct view lines);

/* Shared by all calls of a worker. */
struct call_env {
    struct loop *loop;
    const char *server;    /* borrowed */
    yon_client *client;    /* for all calls; NULL until one asks for it */
    yon_client *no_client; /* in its place, when there can be none */
    struct stalls *stalls; /* NULL: stalls are not seen */
    struct list jobs;      /* struct call, those that run */
    call_held_fn *held;    /* called after a stall; NULL: nothing is */
    void *held_arg;
    call_advanced_fn *advanced; /* NULL: nothing is called */
    call_said_fn *said;         /* NULL: nothing is called */
};
/* slow_ms: a call that holds the loop so long is a stall; 0: nothing is. */
void call_env_init(struct call_env *env, struct loop *loop, const char *server,
                   int64_t slow_ms);
/* When no call runs any more. */
void call_env_fini(struct call_env *env);

/* Called once, not within call_start; then the job is gone. The outcome is
 * borrowed, and complete but for the identity, the worker and the times. */
typedef void call_ended_fn(void *arg, const struct outcome *outcome);

/* Start it. On any error it was not started, and errmsg says why. ERR_LIMIT:
 * the arguments are too long; ERR_BUSY: no memory for a stack is left. */
enum err call_start(struct call_env *env, yon_job_fn *fn,
                    const struct assignment *from, call_ended_fn *ended,
                    void *arg, yon_job **out, char *errmsg);

/* The outcome of a call that was not started; borrows the message. After
 * ERR_BUSY it was no attempt: STATE_HANDED_BACK. */
struct outcome call_not_started(enum err err, const char *errmsg);

/* Cancel every await of it from now on. When the call fails then, it ends as
 * cancelled. */
void call_stop(yon_job *job, struct view reason);

/* As call_output.h wants it: a call in this process has printed lines. */
void call_heard(const char *label, struct view lines);

/* A number that changes whenever the call, or what it started, goes on. */
uint64_t call_n_runs(const yon_job *job);

/* It was asked to end and goes on: it never runs again, and has ended; what it
 * holds is not given back before this process ends. False: a thread works for
 * it, so that only the end of the process ends it. */
bool call_kill(yon_job *job);

/* Its attempt, and when that started (clock_boot_ms). Async-signal-safe. */
struct attempt_key call_id(const yon_job *job);
int64_t call_started_ms(const yon_job *job);

#endif
