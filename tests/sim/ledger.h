/* SPDX-License-Identifier: MIT */
/* ledger - the truth that the invariants compare with: all records that were
 * ever handed to the store, whether each is durable, and all attempts. It is
 * made by watching the cores and the store, not by asking them.
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

/* A record that was not durable when its life of the coordinator ended is gone:
 * fields `life` name the life that handed it over. */
struct task_fact {
    uint8_t state;       /* durable; 0: has not ended */
    struct blob *body;   /* of the durable outcome; NULL: an element that was
                          * cancelled while it waited has no row of its own */
    uint64_t order;      /* the n-th durable outcome of all */
    unsigned ended_life; /* handed an outcome over; 0: none has */
    uint8_t ended_state; /* the state in that outcome */
    struct attempt_id ended_by; /* the attempt in that outcome */
    bool expired_alone;         /* in a range, without a row of its own */
    unsigned cancel_life;       /* handed a cancel over; 0: none has */
    bool cancelled;             /* durably */
    struct attempt_id last;     /* the newest; n 0: none */
    bool gap;                   /* its durable outcome has dropped output */
    bool told_cancelled; /* a client was told, without a recorded outcome */
    bool cancel_asked;   /* by a client, or because too many failed */
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
    struct blob *policy_bytes; /* what `policy` points into */
    int64_t handed_ms;
    int64_t ended_ms;        /* its last outcome, or its end, was handed over */
    struct view *item_at;    /* one per element; NULL: a range or single */
    int64_t *number_at;      /* that people know it by; NULL as item_at */
    bool fresh;              /* its key was made for the submit that came */
    unsigned life;           /* handed it over */
    bool durable, refused;   /* by the store */
    bool dropped;            /* refused, and the coordinator knows */
    bool left;               /* its id left the coordinator */
    bool removed;            /* ended, and not kept any more */
    bool successor;          /* of a removed job with the same key */
    uint32_t n_ended;        /* durable outcomes */
    struct task_fact *tasks; /* n of them */
};

struct attempt_fact {
    struct task_id task;
    struct attempt_id id;
    const struct host *worker;
    unsigned worker_life;
    int64_t given_ms, started_ms; /* started_ms: once it has started */
    uint64_t run_ms;              /* the limit; 0: none */
    uint64_t reported_step;       /* the coordinator read its RESULT last */
    bool started, ended;
    bool crashed;       /* and took its process down */
    bool recorded;      /* its end, or its failure */
    uint32_t again_row; /* in the history, 1-based; 0: not there */
    bool dismissed;     /* its worker was told to drop it */
    bool overtaken;     /* its worker had heard of a later epoch */
    bool inherited;     /* it ended with its process; the next reports it */
    bool alone;         /* it must not start before a verdict keep */
    bool kept;          /* that verdict has reached its process */
    bool named;         /* its process has said: it runs, or will with a keep */
    uint32_t n_before, n_asked; /* as in struct attempt of the worker */
    bool went;          /* its process has taken the keep: it has started, */
    bool refused;       /* or the machine would not have it, for now */
    bool over;          /* its process has reported the end */
    uint8_t state;      /* as the worker reported it */
    int64_t doubted_ms; /* since then held, but not current; 0: not so */
    int64_t misled_ms; /* since then its outputs are held for nobody, or not for
                        * a follower; 0: not so */
};

struct ledger {
    struct map jobs;     /* struct job_fact by id */
    struct map keys;     /* durable jobs, by the hash of their key */
    struct map attempts; /* struct attempt_fact */
    struct map fresh;    /* `fresh` of the last SUBMIT, by hash of its key */
    struct map sessions; /* by epoch and number */
    struct spending spending;
    struct running running;
    uint64_t ids_durable;
    uint64_t n_outcomes; /* durable */
    uint64_t n_jobs;     /* durable, and kept */
    uint64_t n_open;     /* elements of durable jobs without an outcome */
    /* Ids from receipts: those that clients can name. */
    job_id *told;
    size_t n_told, cap_told;
};

void ledger_init(struct ledger *l);
void ledger_fini(struct ledger *l);

/* The coordinator hands a record over. */
void ledger_handed(struct world *w, const struct record *rec);
/* A batch is on the disk. */
void ledger_committed(struct world *w, const struct records *batch,
                      const struct store_report *report);
/* The coordinator hears of a batch. */
void ledger_reported(struct world *w, const struct store_report *report);
/* The disk has removed what it need not keep. */
void ledger_tidied(struct world *w);

/* NULL: unknown, or lost with a life of the coordinator. */
struct job_fact *ledger_job(const struct world *w, job_id id);
/* NULL also when the job has no such element. */
struct task_fact *ledger_task(const struct world *w, struct task_id task);
struct job_fact *ledger_job_of_key(const struct world *w, job_key key);
/* Whether its outcome was handed over, durable or not. */
bool ledger_has_ended(const struct world *w, const struct task_fact *r);
bool ledger_is_cancelled(const struct world *w, const struct task_fact *r);

/* Item of element k (1-based); `room` may hold it. */
#define LEDGER_ITEM_LEN 32
struct view ledger_item(const struct job_fact *j, uint32_t k,
                        char room[LEDGER_ITEM_LEN]);

/* Its number for people; empty when it is k. */
struct view ledger_number(const struct job_fact *j, uint32_t k,
                          char room[LEDGER_ITEM_LEN]);

/* What this element is given; `room` may hold its item, `number` its number. */
struct input ledger_input(const struct job_fact *j, uint32_t k,
                          char room[LEDGER_ITEM_LEN],
                          char number[LEDGER_ITEM_LEN]);

struct attempt_fact *ledger_attempt(const struct world *w,
                                    struct attempt_id id);
void ledger_add_attempt(struct world *w, struct attempt_fact fact);

void ledger_tell(struct world *w, job_id id); /* a receipt named it */
void ledger_ask_cancel(struct world *w, job_id id, uint32_t first,
                       uint32_t last);
void ledger_submitted(struct world *w, job_key key, bool fresh);

uint64_t key_number(job_key key); /* a hash, for maps */
/* Names a session over all lives of the coordinator. */
uint64_t session_number(const struct frame_head *head);

#endif
