/* SPDX-License-Identifier: MIT */
/* attempts - what a worker was given, from ASSIGN until the coordinator acked
 * its result.
 *
 * An attempt is queued, then running, then ended until its result is acked. One
 * that was running when the coordinator disowned it is dying: it is not held
 * any more, but uses its slot until its end was reported.
 *
 *      assigned -> QUEUED -> RUNNING -> ENDED -> dropped
 *                     |         |         ^
 *                     |         +-> DYING -> dropped
 *                     +-------------------+    (cancelled, handed back)
 *
 * Pure.
 */
#ifndef ATTEMPTS_H
#define ATTEMPTS_H

#include <inttypes.h>

#include "libcommon/buf.h"
#include "libcommon/heap.h"
#include "libcommon/list.h"
#include "libcommon/map.h"
#include "libcommon/trace.h"
#include "proto/op.h"
#include "worker/core/limit.h"

enum attempt_phase {
    PHASE_QUEUED,
    PHASE_RUNNING,
    PHASE_ENDED,
    PHASE_DYING,
    PHASE_COUNT
};

/* What an attempt takes while it runs. */
enum attempt_place { PLACE_CALL, PLACE_SLOT, PLACE_COUNT };

/* The worker's side of an attempt; the coordinator has a struct attempt. */
struct worker_attempt {
    struct attempt_key id;
    enum attempt_phase phase;
    uint8_t kind;
    enum attempt_place place;
    bool array;
    bool confirmed;    /* the session of today knows that we hold it */
    bool alone;        /* not to be started before a verdict: it is ... */
    bool named;        /* ... named as what the verdict keep starts, */
    uint32_t n_before; /* ... after so many that answer what was said before */
    uint32_t n_asked;  /* HELDs of this session that are not answered yet */
    bool stopping;     /* WORKER_DO_STOP was said */
    bool killed;       /* ... and did not help */
    struct limits limits;
    enum limit limit;     /* why it is stopping; LIMIT_NONE: it was asked to */
    struct blob *asked;   /* why, for people */
    int64_t stopping_ms;  /* since when */
    int64_t due_ms;       /* a limit or the grace may pass then ... */
    struct heap_node due; /* ... in struct attempts.due; 0: nothing will */
    uint32_t tries;
    struct blob *fn, *spec, *item; /* while queued */
    struct list tails;             /* struct tail_wait, while queued */
    int64_t started_ms;            /* wall clock; 0: never */
    uint64_t done, total;          /* as its call said last, ... */
    struct blob *doing;            /* ... NULL: it said nothing */
    int64_t sent_ms;               /* when its RESULT went out last */
    struct outcome outcome;        /* when ended; what it borrows is in ... */
    void *outcome_room;            /* ... here */
    struct list all;    /* struct attempts.all: in the order of ASSIGN */
    struct list queued; /* in the queue of its place, or among the ended */
    struct worker_attempt *older; /* another attempt of the same task: dying */
};

struct attempts {
    struct trace *trace;         /* set by the owner; NULL: none */
    uint32_t limit[PLACE_COUNT]; /* how many may have such a place at once */
    int64_t grace_ms;            /* from asking one to end to making it */
    struct map by_task;          /* the newest attempt of each task */
    struct list all;
    struct list queue[PLACE_COUNT]; /* oldest first */
    struct list ended;
    struct heap due; /* by due_ms */
    size_t n[PHASE_COUNT];
    uint32_t used[PLACE_COUNT]; /* running or dying */
    uint64_t digest;            /* of all that are held: all but the dying */
};

/* How lines of a trace name an attempt. */
#define ATTEMPT_FORMAT "task=%" PRIu64 ".%u attempt=%" PRIu64 ".%" PRIu64
#define ATTEMPT_ARGS(key) (key).job, (key).elem, (key).epoch, (key).attempt

/* Empty; limit and grace_ms are for the caller to fill in. */
void attempts_init(struct attempts *ts);
void attempts_fini(struct attempts *ts);

/* How many are held: queued, running or ended. */
size_t attempts_n_held(const struct attempts *ts);

/* A new attempt, queued last. Its task has no attempt, or only dying ones. What
 * the act needs (kind, fn, spec, item, array, tries) is for the caller to fill
 * in. */
struct worker_attempt *attempts_add(struct attempts *ts, struct attempt_key id,
                                    enum attempt_place place);

/* This very attempt, held or dying; NULL when absent. */
struct worker_attempt *attempts_find(const struct attempts *ts,
                                     struct attempt_key id);
/* The newest attempt of the task, held or dying; NULL when there is none. */
struct worker_attempt *attempts_newest(const struct attempts *ts,
                                       struct task_id task);

/* To RUNNING or DYING. */
void attempts_move(struct attempts *ts, struct worker_attempt *a,
                   enum attempt_phase to);
/* To ENDED, with a copy of the outcome. */
void attempts_end(struct attempts *ts, struct worker_attempt *a,
                  const struct outcome *outcome);
/* When it is to be looked at next follows from its phase and its limits: call
 * it after each change of these. Not for one that has ended. */
void attempts_set_due(struct attempts *ts, struct worker_attempt *a);
/* The first that is to be looked at; NULL: none. */
struct worker_attempt *attempts_first_due(const struct attempts *ts);
/* Forget it: freed. */
void attempts_drop(struct attempts *ts, struct worker_attempt *a);

void attempts_check(const struct attempts *ts);

#endif
