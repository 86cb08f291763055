/* SPDX-License-Identifier: MIT */
/* ledger - what is true: all that was ever handed to the store, what of it is
 * durable, and all attempts. Kept beside the store and the cores, by watching;
 * the invariants compare with it.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "coordinator/core/model/record.h"
#include "coordinator/store/store.h"
#include "libcommon/ids.h"
#include "libcommon/map.h"
#include "proto/frame.h"
#include "proto/op.h"
#include "tests/sim/content.h"
#include "tests/sim/history.h"

struct world;

/* What was handed over in a life that ended before it was durable is gone:
 * `life` fields tell in which life of the coordinator it was. */
struct task_fact {
    uint8_t state;       /* durable; 0: has not ended */
    struct blob *body;   /* of the durable outcome; NULL: an element that was
                          * cancelled while it waited has no row of its own */
    uint64_t order;      /* the n-th durable outcome of all */
    unsigned ended_life; /* an outcome was handed over; 0: never */
    uint8_t ended_state; /* ... with this state */
    struct attempt_id ended_by; /* its attempt */
    bool expired_alone;         /* in a range: it has no row of its own */
    unsigned cancel_life;       /* a cancel was handed over; 0: never */
    bool cancelled;             /* a cancel is durable */
    struct attempt_id last;     /* given; n 0: none */
    bool told_cancelled; /* somebody heard so, though no outcome is recorded */
    bool cancel_asked;   /* some client asked for it, or too many failed */
    struct history history;
    unsigned n_started; /* by workers */
};

struct job_fact {
    job_id id;
    job_key key;
    uint64_t digest; /* see content.h */
    uint8_t kind;
    bool array;
    uint32_t n;
    int64_t first, step;
    struct blob *name, *fn, *spec, *items;
    struct policy policy;
    struct blob *policy_bytes; /* it looks into these */
    int64_t handed_ms;
    struct view *item_at;    /* one per element; NULL: a range, or single */
    bool fresh;              /* its key was made for the submit that came */
    unsigned life;           /* when it was handed over */
    bool durable, refused;   /* by the store */
    bool dropped;            /* ... and the coordinator knows it */
    bool left;               /* its id left the coordinator */
    bool removed;            /* it has ended, and is not kept any more */
    bool successor;          /* of a removed one with the same key */
    uint32_t n_ended;        /* durable outcomes */
    struct task_fact *tasks; /* n of them */
};

struct attempt_fact {
    struct task_id task;
    struct attempt_id id;
    const struct host *worker;
    unsigned worker_life;
    int64_t given_ms, started_ms; /* started_ms: once it has started */
    uint64_t run_ms;              /* its limit; 0: none */
    uint64_t reported_step; /* when the coordinator last read its RESULT */
    bool started, ended;
    bool crashed;       /* it took its process down */
    bool recorded;      /* its end, or that it did not settle its task */
    uint32_t again_row; /* ... in the history, 1-based; 0: not there */
    bool dismissed;     /* the worker was told to drop it */
    bool overtaken;     /* it came when a later epoch was heard already */
    bool inherited;     /* it ended with its process; the next one tells it */
    bool alone;         /* not to be started before a verdict keep, */
    bool kept;          /* ... which has reached its process */
    bool named; /* its process has said that it runs, or starts with a keep, */
    uint32_t n_before, n_asked; /* ... as struct holding has them */
    bool went;     /* ... which it has taken, so that it must have started */
    bool over;     /* its process has said how it ended */
    uint8_t state; /* as the worker reported it */
    int64_t doubted_ms; /* held, though not current, since then; 0: not so */
};

struct ledger {
    struct map jobs;     /* struct job_fact by id */
    struct map keys;     /* durable jobs, by the hash of their key */
    struct map attempts; /* struct attempt_fact */
    struct map fresh;    /* what SUBMITs of a key said last, by its hash */
    struct map sessions; /* given, by epoch and number */
    struct spending spending;
    struct running running;
    uint64_t ids_durable;
    uint64_t n_outcomes; /* durable */
    uint64_t n_jobs;     /* durable, and kept */
    uint64_t n_open;     /* elements of durable jobs without an outcome */
    /* Ids that receipts told: what people can talk about. */
    job_id *told;
    size_t n_told, cap_told;
};

void ledger_init(struct ledger *l);
void ledger_fini(struct ledger *l);

/* The coordinator hands a record over / a batch is on the disk. */
void ledger_handed(struct world *w, const struct record *rec);
void ledger_committed(struct world *w, const struct records *batch,
                      const struct store_report *report);
/* ... and the coordinator hears of it. */
void ledger_reported(struct world *w, const struct store_report *report);
/* The disk has removed what it keeps no longer. */
void ledger_tidied(struct world *w);

/* NULL: unknown, or not any more: handed over in a former life and lost. */
struct job_fact *ledger_job(const struct world *w, job_id id);
/* The same, and the element; NULL also when the job has no such element. */
struct task_fact *ledger_task(const struct world *w, struct task_id task);
struct job_fact *ledger_job_of_key(const struct world *w, job_key key);
/* Its outcome was handed over, or is durable. */
bool ledger_has_ended(const struct world *w, const struct task_fact *r);
bool ledger_is_cancelled(const struct world *w, const struct task_fact *r);

/* Item of element k (1-based); `room` may hold it. */
#define LEDGER_ITEM_LEN 32
struct view ledger_item(const struct job_fact *j, uint32_t k,
                        char room[LEDGER_ITEM_LEN]);

/* What this element is given; `room` may hold its item. */
struct input ledger_input(const struct job_fact *j, uint32_t k,
                          char room[LEDGER_ITEM_LEN]);

struct attempt_fact *ledger_attempt(const struct world *w,
                                    struct attempt_id id);
void ledger_add_attempt(struct world *w, struct attempt_fact fact);

void ledger_tell(struct world *w, job_id id); /* a receipt told it */
void ledger_ask_cancel(struct world *w, job_id id, uint32_t first,
                       uint32_t last);
void ledger_submitted(struct world *w, job_key key, bool fresh);

uint64_t key_number(job_key key); /* its hash, for maps */
/* Names a session over all lives of the coordinator. */
uint64_t session_number(const struct frame_head *head);

#endif
