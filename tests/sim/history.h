/* SPDX-License-Identifier: MIT */
/* history - what is true of the attempts that did not settle their task: kept
 * by watching, and what policies, retries and blame must then keep to. */
#ifndef HISTORY_H
#define HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "coordinator/core/model/record.h"
#include "libcommon/ids.h"
#include "proto/op.h"

struct world;
struct host;
struct job_fact;
struct task_fact;

struct tried { /* a RECORD_ATTEMPT */
    uint32_t tries;
    uint8_t blame;
    bool told;     /* its worker told the end */
    bool durable;  /* else: handed over in ... */
    unsigned life; /* ... this life of the coordinator */
    bool budgeted; /* it was started again, and that is counted */
    int64_t at_ms, delay_ms;
};

struct history { /* of a task; in the order in which they were handed over */
    struct tried *rows;
    uint32_t n, cap;
};
void history_fini(struct history *h);

/* Starts of one life of the coordinator, for the budget. */
struct spending {
    unsigned life;
    int64_t since_ms;
    uint64_t n_first, n_retries;
};

/* Attempts that may run, as far as the coordinator can know. */
struct attempt_fact;
struct running {
    struct attempt_fact **at;
    size_t n, cap;
};
void running_fini(struct running *r);
void running_add(struct running *r, struct attempt_fact *a);

void history_handed(struct world *w, const struct record *rec);
void history_committed(struct world *w, const struct record *rec);

/* The task is about to be given to a worker. */
void history_check_assign(struct world *w, const struct op *op,
                          const struct host *to, unsigned to_life);
/* An outcome of this task is handed over. */
void history_check_outcome(struct world *w, const struct job_fact *j,
                           const struct task_fact *r, const struct outcome *o);
/* This attempt is on record as one that did not settle its task. */
bool history_knows(const struct world *w, const struct outcome *o);
/* A worker is told to drop this attempt. */
void history_check_drop(struct world *w, struct task_id task,
                        struct attempt_id attempt);
/* The coordinator cancels of its own will: whether it may. */
bool history_may_cancel(const struct world *w, const struct job_fact *j);

#endif
