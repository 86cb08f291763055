/* SPDX-License-Identifier: MIT */
/* worker_parts - what the files of a simulated worker share.
 *
 * worker_host.c has the process and what it runs, worker_tails.c answers
 * questions about output, worker_limits.c is about what takes too long,
 * worker_lease_guard.c ends it when its lease is over.
 */
#ifndef WORKER_PARTS_H
#define WORKER_PARTS_H

#include "tests/sim/content.h"
#include "tests/sim/worker_host.h"

#define STUBBORN_MS 3000 /* some things take so long at most */

struct run {
    struct list node;
    struct worker_host *worker;
    struct attempt_key key;
    uint8_t kind;
    bool on_loop; /* a call that cannot be killed */
    bool stopped;
    uint8_t state; /* as it will end */
    bool own;      /* it has a process of its own */
    bool crashes;  /* it takes the process down instead */
    uint8_t retry; /* what it says of another try */
    uint32_t retry_ms;
    int64_t code; /* of a command that fails */
    uint8_t result[CONTENT_RESULT_LEN];
    int64_t started_ms;
    int64_t end_by_ms;     /* its run limit and the grace; INT64_MAX: none */
    int64_t sign_ms;       /* between two signs of life; 0: it gives none */
    struct timer timer;    /* its end */
    struct timer progress; /* on how far it is */
    struct timer sign;
};

void worker_host_step(struct worker_host *h, struct worker_event *e);
struct run *worker_run_find(struct worker_host *h, struct attempt_key key);
/* Bytes of its output so far. */
size_t worker_run_written(const struct run *r, uint8_t stream);

/* ---- worker_tails.c ---- */

void worker_tail_open(struct worker_host *h, const struct worker_act *act);
void worker_tails_forget(struct worker_host *h);

/* ---- worker_limits.c ---- */

/* Nothing runs too long. */
void worker_runs_check(struct worker_host *h);
/* It starts. */
void worker_run_limits(struct run *r, int64_t idle_ms);
void worker_run_kill(struct worker_host *h, const struct worker_act *act);
/* What is noted before its process is replaced. */
void worker_end_note(struct worker_host *h, const struct worker_act *act);
void worker_replace(struct worker_host *h);
/* What the process before has noted is reported by this one. */
void worker_ends_take(struct worker_host *h);

/* ---- worker_lease_guard.c ---- */

void worker_lease_guard_init(struct worker_host *h);
/* After each step: what the process publishes to its guard, and whether it has
 * to end by itself. */
void worker_lease_guard_set(struct worker_host *h);
/* Whether there is a coordinator at all. */
void worker_probe(struct worker_host *h);
/* What the process before has left is reported by this one. */
void worker_note_take(struct worker_host *h);

#endif
