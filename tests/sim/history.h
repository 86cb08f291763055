/* SPDX-License-Identifier: MIT */
/* history - the attempts that failed or were lost, and the rules that policies,
 * retries and blame must keep to after them. */
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
    bool told;     /* its worker reported the end */
    bool durable;  /* false: handed over in `life` */
    unsigned life; /* of the coordinator */
    bool budgeted; /* the start after it is counted in the budget */
    int64_t at_ms, delay_ms;
};

struct history { /* of a task, in the order of handing over */
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
/* An outcome of the task is handed over. */
void history_check_outcome(struct world *w, const struct job_fact *j,
                           const struct task_fact *r, const struct outcome *o);
/* Whether this attempt is on record as failed or lost. */
bool history_knows(const struct world *w, const struct outcome *o);
/* A worker is told to drop this attempt. */
void history_check_drop(struct world *w, struct task_id task,
                        struct attempt_id attempt);
/* Whether the coordinator may cancel of its own will. */
bool history_may_cancel(const struct world *w, const struct job_fact *j);

#endif
