/* SPDX-License-Identifier: MIT */
/* worker_parts - what the files of a simulated worker share.
 *
 * worker_host.c     the process and its runs
 * worker_tails.c    its answers about output
 * worker_pieces.c   large outputs
 * worker_limits.c   attempts that take too long
 * worker_lease_guard.c   its end when the lease is over
 */
#ifndef WORKER_PARTS_H
#define WORKER_PARTS_H

#include "tests/sim/content.h"
#include "tests/sim/worker_host.h"

#define STUBBORN_MS 3000 /* the longest that something takes */

struct run {
    struct list node;
    struct worker_host *worker;
    struct attempt_key key;
    uint8_t kind;
    bool on_loop; /* a call */
    bool forced;  /* ... that was ended by force */
    bool stuck;   /* ... that cannot be, which is about to be said */
    bool stopped;
    uint8_t state;  /* as it will end */
    bool own;       /* it runs in a process of its own */
    bool crashes;   /* it takes the process down */
    bool refused;   /* the machine has nothing left for it: it does not begin */
    uint8_t retry;  /* enum retry */
    uint8_t follow; /* streams of which nothing is dropped */
    bool unrenewed; /* ... but for a while, since the session has ended */
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
void worker_follow(struct worker_host *h, const struct worker_act *act);

/* ---- worker_pieces.c ---- */

/* Tell the core, with what is kept until it is to be forgotten. */
void worker_run_ended(struct run *r, const struct outcome *o);
void worker_piece_read(struct worker_host *h, const struct worker_act *act);
void worker_piece_forget(struct worker_host *h);
/* The process is dead. */
void worker_pieces_drop(struct worker_host *h);

/* ---- worker_limits.c ---- */

/* Check that nothing runs too long. */
void worker_runs_check(struct worker_host *h);
/* An attempt starts. */
void worker_run_limits(struct run *r, int64_t idle_ms);
void worker_run_kill(struct worker_host *h, const struct worker_act *act);
/* Note the end of an attempt before its process is replaced. */
void worker_end_note(struct worker_host *h, const struct worker_act *act);
void worker_replace(struct worker_host *h);
/* Report what the process before has noted. */
void worker_ends_take(struct worker_host *h);

/* ---- worker_lease_guard.c ---- */

void worker_lease_guard_init(struct worker_host *h);
/* After each step: publish the lease to the guard; end when it is over. */
void worker_lease_guard_set(struct worker_host *h);
/* Ask the address whether there is a coordinator at all. */
void worker_probe(struct worker_host *h);
/* Report the call that the process before crashed in. */
void worker_note_take(struct worker_host *h);

#endif
