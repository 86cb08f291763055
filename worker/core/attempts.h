/* SPDX-License-Identifier: MIT */
/* attempts - the attempts that a worker holds.
 *
 * An attempt is queued, then running, then ended until the coordinator acked
 * its result. One that was running when the coordinator disowned it is dying:
 * it is held no more, but uses its slot until its end was reported.
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

#include "libcommon/buf.h"
#include "libcommon/heap.h"
#include "libcommon/list.h"
#include "libcommon/map.h"
#include "proto/op.h"
#include "worker/core/limit.h"

enum holding_state {
    HOLDING_QUEUED,
    HOLDING_RUNNING,
    HOLDING_ENDED,
    HOLDING_DYING,
    HOLDING_STATE_COUNT
};

/* What an attempt takes while it runs. */
enum holding_place { PLACE_CALL, PLACE_SLOT, PLACE_COUNT };

struct holding {
    struct attempt_key id;
    enum holding_state state;
    uint8_t kind;
    enum holding_place place;
    bool array;
    bool settled;      /* the session of today knows that we hold it */
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
    struct heap_node due; /* ... in struct holdings.due; 0: nothing will */
    uint32_t tries;
    struct blob *fn, *spec, *item; /* while queued */
    struct list tails;             /* struct tail_wait, while queued */
    int64_t started_ms;            /* wall clock; 0: never */
    uint64_t done, total;          /* as its call said last, ... */
    struct blob *doing;            /* ... NULL: it said nothing */
    int64_t sent_ms;               /* when its RESULT went out last */
    struct outcome outcome;        /* when ended; what it borrows is in ... */
    void *outcome_room;            /* ... here */
    struct list all;       /* struct holdings.all: in the order of ASSIGN */
    struct list queued;    /* in the queue of its place, or among the ended */
    struct holding *older; /* another attempt of the same ref: dying */
};

struct holdings {
    struct map by_ref; /* the newest attempt of each ref */
    struct list all;
    struct list queue[PLACE_COUNT]; /* oldest first */
    struct list ended;
    struct heap due; /* by due_ms */
    size_t n[HOLDING_STATE_COUNT];
    uint32_t used[PLACE_COUNT]; /* running or dying */
    uint64_t digest;            /* of all that are held: all but the dying */
};

void holdings_init(struct holdings *hs);
void holdings_fini(struct holdings *hs);

/* How many are held: queued, running or ended. */
size_t holdings_n_held(const struct holdings *hs);

/* A new attempt, queued last. Its ref has no attempt, or only dying ones. What
 * the act needs (kind, fn, spec, item, array, tries) is for the caller to fill
 * in. */
struct holding *holdings_add(struct holdings *hs, struct attempt_key id,
                             enum holding_place place);

/* This very attempt, held or dying; NULL when absent. */
struct holding *holdings_find(const struct holdings *hs, struct attempt_key id);
/* The newest attempt of the ref, held or dying; NULL when there is none. */
struct holding *holdings_newest(const struct holdings *hs, struct task_id ref);

/* To RUNNING or DYING. */
void holdings_move(struct holdings *hs, struct holding *h,
                   enum holding_state to);
/* To ENDED, with a copy of the outcome. */
void holdings_end(struct holdings *hs, struct holding *h,
                  const struct outcome *outcome);
/* Look at it again at due_ms; INT64_MAX: need not. */
void holdings_set_due(struct holdings *hs, struct holding *h, int64_t due_ms);
/* The first that is to be looked at; NULL: none. */
struct holding *holdings_first_due(const struct holdings *hs);
/* Forget it: freed. */
void holdings_drop(struct holdings *hs, struct holding *h);

void holdings_check(const struct holdings *hs);

#endif
