/* SPDX-License-Identifier: MIT */
/* attempts - what a worker was given, from ASSIGN until its result is acked.
 *
 * An attempt is queued, running, then ended until its result is acked. If the
 * coordinator disowns it while it runs, it is dying: it is not held any more,
 * but takes its slot until the shell has reported its end.
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
#include "worker/core/shipment.h"

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
    uint32_t tries;
    uint8_t follow; /* streams that are followed, as was said last */
    bool confirmed; /* the coordinator knows in this session that we hold it */

    /* A suspect starts only when HELD has named it as about to start, and the
     * verdict on that very HELD is keep: until then it is alone. From then on
     * it is about to start, or runs, until its end: it is not handed back. */
    bool suspect, alone;
    bool named;        /* the last HELD named it so */
    uint32_t n_asked;  /* HELDs of this session without a verdict */
    uint32_t n_before; /* of these, said before it was named so */

    /* While queued; of a suspect until its end, for its start may be refused.
     */
    struct blob *fn, *spec, *item, *number;
    struct list tails; /* struct tail_wait */

    /* Its time limits, and its end before it is due. */
    struct limits limits;
    bool stopping;       /* it was asked to end (WORKER_DO_STOP) */
    bool killed;         /* the grace is over; it was ended by force, if it
                            could be */
    enum limit limit;    /* why it was asked; LIMIT_NONE: somebody wanted it */
    struct blob *asked;  /* why, for people */
    int64_t stopping_ms; /* when it was asked */
    int64_t due_ms; /* when a limit or the grace passes; INT64_MAX: never */
    struct heap_node due; /* in attempts.due while due_ms is set */

    /* Its progress. */
    int64_t started_ms; /* wall clock; 0: never */
    uint64_t done, total;
    struct blob *doing; /* NULL: it has reported no progress */
    uint32_t pid;       /* the process in which it runs; 0: not known */

    /* When ended. */
    struct outcome outcome; /* borrows from outcome_room */
    void *outcome_room;
    size_t outcome_bytes;
    int64_t sent_ms; /* when its RESULT left last */
    struct shipment shipment;

    struct list all;    /* attempts.all */
    struct list queued; /* attempts.queue of its place, or attempts.ended */
    struct worker_attempt *older; /* of the same task; dying */
};

struct attempts {
    struct trace *trace;         /* set by the owner; NULL: none */
    uint32_t limit[PLACE_COUNT]; /* of used; less in a shortage */
    int64_t grace_ms;   /* from asking an attempt to end until force is used */
    struct map by_task; /* the newest attempt of each task */
    struct list all;    /* in the order of ASSIGN */
    struct list queue[PLACE_COUNT]; /* oldest first */
    struct list ended;
    struct heap due; /* by due_ms */
    size_t n[PHASE_COUNT];
    uint32_t used[PLACE_COUNT]; /* running or dying */
    uint64_t digest;            /* of those held: all but the dying */
    uint64_t ended_bytes;       /* of all outcomes */
};

/* How lines of a trace name an attempt. */
#define ATTEMPT_FORMAT "task=%" PRIu64 ".%u attempt=%" PRIu64 ".%" PRIu64
#define ATTEMPT_ARGS(key) (key).job, (key).elem, (key).epoch, (key).attempt

/* Empty; limit and grace_ms are for the caller to fill in. */
void attempts_init(struct attempts *ts);
void attempts_fini(struct attempts *ts);

/* How many are held: queued, running or ended. */
size_t attempts_n_held(const struct attempts *ts);

/* A new attempt, last in its queue. Other attempts of its task are dying. The
 * caller fills in what is needed to start it: kind, fn, spec, item, array,
 * tries. */
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
/* Replace it; `outcome` may borrow from what it replaces. */
void attempts_change_outcome(struct attempts *ts, struct worker_attempt *a,
                             const struct outcome *outcome);
/* Compute due_ms from its phase and limits: call this after each change of
 * these, except when it has ended. */
void attempts_set_due(struct attempts *ts, struct worker_attempt *a);
/* The attempt with the smallest due_ms; NULL: none has one. */
struct worker_attempt *attempts_first_due(const struct attempts *ts);
/* Free it. */
void attempts_drop(struct attempts *ts, struct worker_attempt *a);

void attempts_check(const struct attempts *ts);

#endif
