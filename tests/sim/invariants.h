/* SPDX-License-Identifier: MIT */
/* invariants - the sentences that must hold after each step. */
#ifndef INVARIANTS_H
#define INVARIANTS_H

#include "libcommon/ids.h"
#include "proto/op.h"

/* X(NAME, sentence) */
#define INVARIANT_LIST(X)                                                     \
    X(RECEIPT_DURABLE, "A receipt leaves only once its job is durable.")      \
    X(OUTCOME_DURABLE,                                                        \
      "A client is told an outcome only once it is durable, and as "          \
      "it was recorded.")                                                     \
    X(ACK_DURABLE,                                                            \
      "A worker is told to drop a result only when an outcome of "            \
      "its task is durable, or the attempt is stale.")                        \
    X(CANCEL_DURABLE, "A cancel is answered only once it is durable.")        \
    X(ID_ONCE, "No job id is given twice over the life of the store.")        \
    X(ID_RESERVED, "A job id leaves the coordinator only once it is durably " \
                   "reserved.")                                               \
    X(KEY_ONCE, "One key is one job, as long as that job is kept.")           \
    X(FRESH_ONLY,                                                             \
      "A job is assigned before it is durable only when its key was "         \
      "made for this very submit.")                                           \
    X(SESSION_ONCE, "No session is given twice.")                             \
    X(EPOCH_GROWS, "No peer goes back to a former life of the coordinator.")  \
    X(ATTEMPT_ONCE, "No attempt is given twice.")                             \
    X(ASSIGN_OPEN,                                                            \
      "A task that has an outcome or is cancelled is not assigned "           \
      "again.")                                                               \
    X(GONE_REASON,                                                            \
      "A worker that lives is given up only when it was silent for "          \
      "a lease.")                                                             \
    X(RERUN_REASON,                                                           \
      "What a worker holds is given to another one only when that "           \
      "worker was given up.")                                                 \
    X(START_ASSIGNED,                                                         \
      "A worker starts only what was assigned to this very process, "         \
      "and each attempt once.")                                               \
    X(START_SETTLED,                                                          \
      "A suspect is started only when its worker was told to keep "           \
      "it.")                                                                  \
    X(GONE_IDLE, "A worker that is given up runs nothing any more, or its "   \
                 "process is dead, or its machine sleeps.")                   \
    X(START_ALONE,                                                            \
      "When an attempt starts, each former attempt of its task has "          \
      "been stopped, or its process is dead, or its machine sleeps.")         \
    X(START_IN_TIME,                                                          \
      "Nothing is given to a worker after its deadline, or, the "             \
      "first time, after its queue limit.")                                   \
    X(RUN_IN_TIME,                                                            \
      "On a worker that is awake, nothing runs longer than its run "          \
      "limit and the grace.")                                                 \
    X(EXPIRED_WAITING, "Only elements that do not run expire in a range.")    \
    X(EXPIRED_REASON,                                                         \
      "An expired task names a limit of its job that has passed.")            \
    X(INPUT_RIGHT, "A worker is given what was submitted.")                   \
    X(VERDICT_TRUE,                                                           \
      "A worker keeps the current attempt, and is told to kill only "         \
      "others.")                                                              \
    X(RESULT_KEPT, "A worker keeps a result until it is told to drop it.")    \
    X(CURRENT_ONCE,                                                           \
      "The current attempt of a task is held by one worker at most.")         \
    X(OUTCOME_ONCE, "A task gets at most one outcome, and it never changes.") \
    X(CURRENT_ONLY,                                                           \
      "Only what the current attempt of a task reports is recorded, "         \
      "and as it reported it.")                                               \
    X(OUTCOME_TRUE,                                                           \
      "A recorded outcome is what a worker reported of an attempt "           \
      "it had started; only cancelled and lost come without one.")            \
    X(VALUE_RIGHT,                                                            \
      "A recorded result is the right one for its job, element and "          \
      "input.")                                                               \
    X(OUTPUT_WHOLE,                                                           \
      "What a recorded outcome counts as stored of an output is in the "      \
      "store, and the rest is told as dropped.")                              \
    X(CANCEL_ASKED, "Only what somebody asked to cancel is cancelled.")       \
    X(END_TRUE, "A job is marked as ended only when all its elements have.")  \
    X(CONTENT_KEPT, "A receipt names a job with the key and content of its "  \
                    "submit.")                                                \
    X(ANSWER_FITS,                                                            \
      "Each answer belongs to an open request and is of its kind.")           \
    X(ANSWER_TRUE, "What an answer says of a job is what is true of it.")     \
    X(FETCH_WHOLE,                                                            \
      "No outcome that was durable before a FETCH, and is kept, is "          \
      "left out of its answer.")                                              \
    X(REFUSAL_TRUE,                                                           \
      "A conflict is told only where there is one, an unknown job "           \
      "only where it is unknown.")                                            \
    X(PEER_TAKEN, "No proper peer is refused for ever.")                      \
    X(STORE_TRUE, "The store gives back what was committed, and at a start "  \
                  "plays back what has not ended.")                           \
    X(KEPT_OPEN, "What has not ended is not removed.")                        \
    X(KEPT_LONG, "Nothing is removed before it was kept as long as the rule " \
                 "says, whatever the wall clock did.")                        \
    X(DRAINED_EMPTY, "A drained process holds nothing and owes nothing.")     \
    X(RETRY_ALLOWED,                                                          \
      "A failure is tried again only when its policy allows that, "           \
      "over all lives of the coordinator.")                                   \
    X(RETRY_DUE,                                                              \
      "No failure or loss is final while the policy allows another "          \
      "start.")                                                               \
    X(RETRY_DURABLE,                                                          \
      "A task starts again only once its failure is durable; a task "         \
      "that starts at most once, only once that is durable.")                 \
    X(RETRY_TIME, "Nothing is started again before its time.")                \
    X(BUDGET_KEPT, "All retries together keep to their budget.")              \
    X(TRIES_GROW,                                                             \
      "The number of a start is higher than all that were recorded "          \
      "before.")                                                              \
    X(TOLD_ONCE, "The end of an attempt counts once.")                        \
    X(BLAME_PROVEN,                                                           \
      "A crash is charged only to an attempt that is named, or that "         \
      "ran there alone and had begun or was about to; never for the end "     \
      "of a worker that was asked to end; nothing is poisoned by fewer than " \
      "three.")                                                               \
    X(BLAME_DUE,                                                              \
      "A suspect that had begun when its worker was lost is charged "         \
      "with the loss, in the life that started it.")                          \
    X(SUSPECT_ALONE,                                                          \
      "A suspect has its worker for itself, and waits for a verdict "         \
      "there.")                                                               \
    X(FAILS_END, "No element of an array starts once as many have failed as " \
                 "its policy allows.")                                        \
    X(ONCE_ONLY, "A task that is to start at most once starts at most once.") \
    X(READ_FAIR, "No session has two turns at the store while another one "   \
                 "waits.")                                                    \
    X(BELIEFS_AGREE, "In quiet times, what a worker holds is current at the " \
                     "coordinator.")                                          \
    X(FOLLOWED_BY_SOMEBODY,                                                   \
      "In quiet times, an output is held only for a client that follows "     \
      "it.")                                                                  \
    X(FOLLOWED_IS_HELD,                                                       \
      "In quiet times, an output that a client follows is held.")             \
    X(ALL_ENDS, "When faults end, every accepted job ends, and every client " \
                "gets its answers.")                                          \
    X(NOTHING_LEFT, "In the end nothing is queued, held or open anywhere.")

enum invariant {
#define INVARIANT_ENUM(name, sentence) name,
    INVARIANT_LIST(INVARIANT_ENUM)
#undef INVARIANT_ENUM
        INVARIANT_COUNT
};

struct world;

const char *invariant_sentence(enum invariant i);

/* An invariant does not hold: leave that in the report and end the process. */
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
/* The store has removed this job. */
void invariants_check_removed(struct world *w, const struct job_fact *j);
void invariants_check_expired(struct world *w, const struct job_fact *j,
                              const struct outcome *o);
/* Called now and then in quiet times: soon the coordinator believes what the
 * workers hold. */
void invariants_check_beliefs(struct world *w);
/* Called then for each command that runs: these of its streams are held. */
void invariants_check_followed(struct world *w, struct attempt_key key,
                               uint8_t streams);
/* At the end, when all is quiet. */
void invariants_check_end(struct world *w);

#endif
