/* SPDX-License-Identifier: MIT */
/* job - a job or an array that has not ended, and where each element stands.
 *
 * A single job is an array of one. An element is
 *   waiting   never started, or to be started again;
 *   running   an attempt of it exists (attempt.h), ended or not;
 *   finished  it has its terminal state, durable or about to be.
 * Two bits per element; elements are taken in order, requeued ones first. A
 * requeued one that may not be taken yet is held back. Pure.
 */
#ifndef JOB_H
#define JOB_H

#include "coordinator/core/model/record.h"
#include "libcommon/heap.h"
#include "libcommon/list.h"

struct frame_reader;
struct queue;
struct timing;

struct past {       /* the attempts of an element so far */
    uint32_t tries; /* starts */
    uint32_t n_failed;
    uint32_t n_crashed;         /* of its own */
    bool suspect;               /* to be run alone on a worker */
    struct attempt_id reported; /* the last one whose end was reported */
    /* The last loss of a worker that it was blamed for. */
    uint8_t blame; /* BLAME_CRASHED: counted in n_crashed; SUSPECT; 0: none */
    boot_id blamed_on;
    uint32_t blamed_tries; /* the start that was lost */
};

/* How a requeued element waits. */
enum requeued_state {
    REQUEUED_READY,        /* it may be taken */
    REQUEUED_DELAYED,      /* not before its time */
    REQUEUED_EXCLUSIVE,    /* by a worker that runs nothing else */
    REQUEUED_AT_MOST_ONCE, /* it may be running, and must not run twice */
    REQUEUED_RESTORED,     /* until all is restored */
    REQUEUED_STATE_COUNT
};

/* An element that was started before and waits. */
struct requeued {
    struct job *job;
    uint32_t elem;
    struct past past;
    enum requeued_state state; /* job_move_requeued */
    enum blame last;           /* RESTORED: of its last attempt */
    struct list in_job;        /* job->requeued when READY, else held_back */
    struct list in_exclusive;  /* queue->exclusive when EXCLUSIVE */
    struct heap_node delayed;  /* coord->delayed when DELAYED */
    int64_t since_ms, due_ms;  /* wall clock until all is restored */
    /* The session whose HELD named a newer attempt: nothing is started until it
     * ends, or names that attempt again. n 0: none has. */
    session_id claimed_by;
};

struct job_range {
    uint32_t first, last;
    uint8_t state; /* how they end: CANCELLED or EXPIRED */
    struct blob *reason;
};

struct job {
    job_id id;
    job_key key;
    uint64_t hash;
    struct blob *name, *fn, *spec, *items;
    struct blob *policy_bytes; /* for its record; NULL: all zero */
    struct policy *policy;     /* decoded; looks into policy_bytes */
    int64_t first, step;
    int64_t submitted_ms, started_ms, ended_ms; /* wall clock; 0: not yet */
    int64_t lived_ms; /* at its submit, by the clock of ages */
    uint8_t kind;
    bool array;
    bool restored; /* from the store: parts may run on workers not seen yet */
    bool needs_commit; /* not to be started before it is durable */
    bool told;         /* its end is durable: later requests read the store */
    bool refused;      /* the store did not take it, */
    enum err refused_why;
    job_id existing;      /* since this one has its key */
    uint64_t lsn;         /* durable when this many records are */
    struct counts counts; /* n and all terminal ones, and running */

    uint8_t *taken;    /* bit per element: all but those never started */
    uint8_t *finished; /* bit per element */
    uint32_t next;     /* no element below it is free to take */
    struct list requeued, held_back; /* struct requeued */
    uint32_t n_requeued, n_held_back;
    struct job_range *cancels;
    uint32_t n_cancels;
    uint32_t *item_at; /* offset of each ITEM_STRIDEth item; NULL: no list */

    uint32_t elem_failed; /* the last failure; 0: none */
    char *failed_why;
    struct blob *failed_worker;
    uint64_t n_changes;  /* for progress */
    uint64_t n_advances; /* how often one of its attempts said how far it is */

    struct timing *timing; /* its time limits; NULL: none */
    struct queue *queue;
    struct heap_node queued; /* in the queue, while something waits */
    struct list by_id;       /* all jobs, lowest id first */
    struct list waiters;     /* requests that await it */
    struct list followers;   /* those who need all of its output */
    struct list tails;       /* requests that follow its output */
    uint32_t n_on_commit;    /* not to be freed before these are done */
};

/* From a submit or the store: takes the blobs out of the record. The spec's
 * items and the policy were checked. The reader decodes the policy, and is
 * needed no longer. */
struct job *job_new(struct record *rec, struct frame_reader *reader);
void job_free(struct job *j);
/* Limits and retries; never NULL. */
const struct policy *job_policy(const struct job *j);
/* The record that keeps it; shares the blobs. */
struct record job_record(const struct job *j);

/* What a job with so many elements, and bytes of texts, spec and items takes in
 * memory until it has ended, about. */
size_t job_cost(uint32_t n, size_t bytes);
size_t job_bytes(const struct job *j);

uint32_t job_n_waiting(const struct job *j);
uint32_t job_n_untaken(const struct job *j); /* of these: never started */
uint32_t job_n_ready(const struct job *j);   /* of these: can be taken now */
uint32_t job_n_unended(const struct job *j); /* waiting or running */
bool job_is_finished(const struct job *j, uint32_t elem);
/* It runs, or has run and waits again. */
bool job_is_started(const struct job *j, uint32_t elem);
/* With those that wait to be started again. */
struct counts job_counts(const struct job *j);
bool job_has_ended(const struct job *j);
/* Of the whole: waiting, running, or the worst of its elements. */
enum state job_state(const struct job *j);

/* Take the next waiting element; false: none. */
bool job_take(struct job *j, uint32_t *elem, struct past *past);
/* Take this element, which waits and is not held back; it runs already. False:
 * it does not wait. */
bool job_adopt(struct job *j, uint32_t elem, struct past *past);
/* A running element waits again. The job owns what is returned. */
struct requeued *job_give_back(struct job *j, uint32_t elem,
                               const struct past *past);
/* An element was started in a former life. The job owns what is returned. */
struct requeued *job_requeue_restored(struct job *j, uint32_t elem);
/* NULL: the element is not requeued. */
struct requeued *job_find_requeued(const struct job *j, uint32_t elem);
/* The only way into another state. The caller keeps the other lists
 * (requeue.h). */
void job_move_requeued(struct requeued *g, enum requeued_state to);
/* A running element gets its terminal state. */
void job_finish(struct job *j, uint32_t elem, enum state state);
/* From the store: an element that ended in a former life. */
void job_restore(struct job *j, uint32_t elem, enum state state);

/* Remember that first..last shall end; shares the reason. */
void job_add_cancel(struct job *j, struct job_range range);
/* The cancel that covers elem; NULL: none. */
const struct job_range *job_cancel_of(const struct job *j, uint32_t elem);
bool job_is_cancelled(const struct job *j); /* by one cancel, all of it */
/* End an element that was never started. False: it was. */
bool job_end_untaken(struct job *j, uint32_t elem, enum state state);
/* End the requeued elements of the range that are ready. Returns how many. */
uint32_t job_end_requeued(struct job *j, const struct job_range *range);
/* End elements that were never started, behind *range and up to the first one
 * that is running or requeued; *range becomes a range in which all have ended.
 * Returns how many; 0: there are no more. */
uint32_t job_end_untaken_range(struct job *j, struct job_range *range);
/* From the store: all elements of the range have ended. Those without an
 * outcome end in range->state, or as an earlier cancel says. Returns how many.
 */
uint32_t job_restore_range(struct job *j, const struct job_range *range);

/* The item of an element, into room[RANGE_TEXT_LEN] when it is a number. Empty
 * for a job that is no array. */
struct view job_item(const struct job *j, uint32_t elem, char *room);
/* The number that people know the element by, into room[RANGE_TEXT_LEN]. Empty
 * when it is elem. */
struct view job_number(const struct job *j, uint32_t elem, char *room);
/* Remember a failure for people. */
void job_note_failure(struct job *j, uint32_t elem, const char *why,
                      struct blob *worker);
void job_check(const struct job *j); /* recount */

#endif
