/* SPDX-License-Identifier: MIT */
/* worker_host - a worker's process: its core, and its runs. */
#ifndef WORKER_HOST_H
#define WORKER_HOST_H

#include "libcommon/list.h"
#include "tests/sim/host.h"
#include "tests/sim/net.h"
#include "tests/sim/vclock.h"
#include "worker/core/worker.h"

#define WORKER_HOST_ENDS_MAX 16
#define WORKER_HOST_GRACE_MS \
    800 /* from asking an attempt to end until the kill */

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
    unsigned revoked_life;    /* the life that lost its key; 0: none */
    boot_id former;           /* of the process before, if its end was seen */
    struct attempt_key note;  /* what `former` crashed in; attempt 0: nothing */
    struct timer exit;        /* it has drained */
    struct timer lapse;       /* its lease is over */
    struct timer too_late;    /* a drain took too long: kill */
    struct timer lease_guard; /* the supervisor checks the lease */
    struct timer probe, answer; /* a probe, its answer arrive */
    int64_t probed_ms;          /* the probe began, on the worker's clock */
    bool hangs;                 /* it has seen that the coordinator does */
    bool asleep;                /* the machine sleeps, while paused */
    int64_t heard_ms;   /* the coordinator read a frame of this life last */
    int64_t lost_ms;    /* the coordinator gave this life up last */
    int64_t stepped_ms; /* the last step */
    int64_t awake_ms;   /* the first step since the last pause */
    /* Attempts that ended together with the process before. */
    struct outcome ends[WORKER_HOST_ENDS_MAX];
    unsigned n_ends;
    unsigned n_spooled; /* attempts that have ended, of which output is kept */
    struct list runs;   /* struct run: attempts that were started */
    struct list tails;  /* struct tail: open ones */
    struct list piece_reads; /* struct piece_read */
};

void worker_host_init(struct worker_host *h, struct world *w, unsigned index);
void worker_host_fini(struct worker_host *h);

void worker_host_start(struct worker_host *h);
/* kill -9 of all of it, with its supervisor; starts again after `down_ms`. */
void worker_host_kill(struct worker_host *h, int64_t down_ms);
/* The process ends, perhaps with a note; the supervisor starts another. */
void worker_host_crash(struct worker_host *h);
/* ... because of this call. */
void worker_host_crash_in(struct worker_host *h, struct attempt_key key);
/* SIGTERM: it drains, stops, and starts again. */
void worker_host_drain(struct worker_host *h);
/* SIGSTOP of the process; asleep: the machine sleeps, and the guard with it. */
void worker_host_pause(struct worker_host *h, int64_t ms, bool asleep);
void worker_host_resume(struct worker_host *h);
/* Whether something runs there now, on a machine that is awake. */
bool worker_host_is_busy(const struct worker_host *h);
/* Whether some attempt of the task does. */
bool worker_host_runs(const struct worker_host *h, struct task_id task);
/* Check, in quiet times, which of its outputs are held. */
void worker_host_check_followed(struct worker_host *h);
/* Whether it has drained and said goodbye. */
bool worker_host_is_over(const struct worker_host *h);

#endif
