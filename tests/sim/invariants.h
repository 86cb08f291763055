/* SPDX-License-Identifier: MIT */
/* invariants - what must hold after each step; the sentences stand in
 * invariants.c. */
#ifndef INVARIANTS_H
#define INVARIANTS_H

#include "libcommon/ids.h"
#include "proto/op.h"

enum invariant {
    RECEIPT_DURABLE,
    OUTCOME_DURABLE,
    ACK_DURABLE,
    CANCEL_DURABLE,
    ID_ONCE,
    ID_RESERVED,
    KEY_ONCE,
    FRESH_ONLY,
    SESSION_ONCE,
    EPOCH_GROWS,
    ATTEMPT_ONCE,
    ASSIGN_OPEN,
    GONE_REASON,
    RERUN_REASON,
    START_ASSIGNED,
    START_SETTLED,
    GONE_IDLE,
    START_ALONE,
    START_IN_TIME,
    RUN_IN_TIME,
    EXPIRED_WAITING,
    EXPIRED_REASON,
    INPUT_RIGHT,
    VERDICT_TRUE,
    RESULT_KEPT,
    CURRENT_ONCE,
    OUTCOME_ONCE,
    CURRENT_ONLY,
    OUTCOME_TRUE,
    VALUE_RIGHT,
    CANCEL_ASKED,
    END_TRUE,
    CONTENT_KEPT,
    ANSWER_FITS,
    ANSWER_TRUE,
    FETCH_WHOLE,
    REFUSAL_TRUE,
    PEER_TAKEN,
    STORE_TRUE,
    KEPT_OPEN,
    DRAINED_EMPTY,
    RETRY_ALLOWED,
    RETRY_DUE,
    RETRY_DURABLE,
    RETRY_TIME,
    BUDGET_KEPT,
    TRIES_GROW,
    TOLD_ONCE,
    BLAME_PROVEN,
    BLAME_DUE,
    SUSPECT_ALONE,
    FAILS_END,
    ONCE_ONLY,
    READ_FAIR,
    BELIEFS_AGREE,
    ALL_ENDS,
    NOTHING_LEFT,
    INVARIANT_COUNT
};

struct world;

const char *invariant_sentence(enum invariant i);

/* It does not hold: leave the finding in the report and end the process. */
_Noreturn void broken(struct world *w, enum invariant i, const char *format,
                      ...) __attribute__((format(printf, 3, 4)));

/* After each step. */
void invariants_check(struct world *w);
/* The coordinator gives up a worker. */
void invariants_check_gone(struct world *w, boot_id boot);
struct attempt_fact;
/* The task of the attempt is about to be given again. */
void invariants_check_rerun(struct world *w, const struct attempt_fact *last);
/* A worker is about to start this attempt. */
void invariants_check_alone(struct world *w, struct attempt_key key);
struct task_fact;
struct job_fact;
/* The task is about to be given; an attempt of it has expired for this reason.
 */
void invariants_check_in_time(struct world *w, const struct job_fact *j,
                              const struct task_fact *r);
void invariants_check_expired(struct world *w, const struct job_fact *j,
                              const struct outcome *o);
/* In quiet times, now and then: what workers hold is soon what the coordinator
 * believes. */
void invariants_check_beliefs(struct world *w);
/* At the end, when all is quiet. */
void invariants_check_end(struct world *w);

#endif
