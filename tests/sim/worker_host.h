/* SPDX-License-Identifier: MIT */
/* worker_host - a worker's process: its core, and what it runs. */
#ifndef WORKER_HOST_H
#define WORKER_HOST_H

#include "libcommon/list.h"
#include "tests/sim/host.h"
#include "tests/sim/net.h"
#include "tests/sim/vclock.h"
#include "worker/core/worker.h"

#define WORKER_HOST_ENDS_MAX 16
#define WORKER_HOST_GRACE_MS 800 /* what does not end when asked is killed */

struct worker_host {
    struct host host;
    unsigned index; /* 0-based */
    struct dealer dealer;
    struct worker *core; /* NULL while it is down */
    boot_id boot;
    struct worker_actions actions;
    struct view functions[8], cpu[1];
    struct label label;
    struct timer wake;
    boot_id former; /* of the process before, whose end was seen */
    struct attempt_key
        note;           /* what that one has crashed in; attempt 0: nothing */
    struct timer exit;  /* it has drained */
    struct timer lapse; /* its lease is over */
    struct timer too_late; /* it is drained for too long: kill */
    struct timer
        lease_guard; /* its supervisor looks whether the lease is over */
    struct timer probe, answer; /* a probe arrives; its answer does */
    int64_t probed_ms;          /* when it began, on the worker's clock */
    bool asleep;                /* while paused: so is its whole machine */
    int64_t heard_ms; /* when the coordinator last read a frame of this life */
    int64_t lost_ms;  /* when it last gave this life up */
    int64_t stepped_ms; /* its last step */
    int64_t awake_ms;   /* its first one since it was paused last */
    /* How attempts ended that took the process before along. */
    struct outcome ends[WORKER_HOST_ENDS_MAX];
    unsigned n_ends;
    struct list runs;  /* struct run: attempts that were started */
    struct list tails; /* struct tail: open ones */
};

void worker_host_init(struct worker_host *h, struct world *w, unsigned index);
void worker_host_fini(struct worker_host *h);

void worker_host_start(struct worker_host *h);
/* kill -9 of all of it, with its supervisor; starts again after `down_ms`. */
void worker_host_kill(struct worker_host *h, int64_t down_ms);
/* Its process ends, which may leave a note; its supervisor starts another. */
void worker_host_crash(struct worker_host *h);
/* ... because of this call. */
void worker_host_crash_in(struct worker_host *h, struct attempt_key key);
/* SIGTERM: it drains, stops, and starts again. */
void worker_host_drain(struct worker_host *h);
/* SIGSTOP of the process; or the machine sleeps, with its guard and all. */
void worker_host_pause(struct worker_host *h, int64_t ms, bool asleep);
void worker_host_resume(struct worker_host *h);
/* Something runs there now, and the machine is awake. */
bool worker_host_is_busy(const struct worker_host *h);
/* ... some attempt of the task. */
bool worker_host_runs(const struct worker_host *h, struct task_id task);
/* It has drained, and said goodbye. */
bool worker_host_is_over(const struct worker_host *h);

#endif
