/* SPDX-License-Identifier: MIT */
/* random_program - the model of test_programs.c: what its coroutines have done,
 * and what must hold of every await. program.c judges; ops_*.c do.
 *
 * A node is one coroutine as the model sees it. It knows who may have cancelled
 * it, which limits it is under and how deep its shields are, and from that what
 * an await may say.
 */
#ifndef RANDOM_PROGRAM_H
#define RANDOM_PROGRAM_H

#include <stdbool.h>
#include <stdio.h>

#include <yon/co.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rng.h"

enum {
    N_SLOTS = 4,
    N_LIMITS = 6,
    N_DEFERRED = 8,
    N_CHANNELS = 3,
    N_LOCKS = 3, /* two semaphores and a mutex, taken in this order */
    N_PROMISES = 12,
    N_VALUES = 512, /* put into one channel */
    LONG_MS = 100000000,
};

struct node;

/* Those who are cancelled together: a group, or what yon_each_of has started.
 */
struct crowd {
    struct node *owner;
    yon_group *group;    /* NULL: of yon_each_of */
    struct crowd *outer; /* group of the owner */
    unsigned shield;     /* depth when it was entered, as of a limit */
    bool leaving;
    bool bad;  /* one has failed, or is about to end so, or `ends` */
    bool ends; /* all of them are cancelled */
};

struct limit_model {
    struct yon_limit limit;
    int64_t at_ms;
    unsigned shield; /* depth when it began: it acts from there inwards */
    bool struck;     /* for sure */
};

struct deferral {
    struct node *node;
    unsigned index;
    bool pauses;
};

struct node {
    struct program *p;
    struct node *older;
    struct node *parent; /* waits for it; NULL: nobody does */
    struct crowd *crowd; /* NULL: in none */
    struct rng rng;
    unsigned id, depth;
    struct coro *co;    /* when it has begun */
    yon_future *future; /* while somebody has it */
    struct node *slots[N_SLOTS];

    bool begun, returned;
    bool prompt;        /* what it awaits needs nobody */
    bool patient;       /* it waits for others whatever happens to it */
    int outcome;        /* when it has returned */
    bool cancel_issued; /* somebody called yon_cancel in time */
    bool was_cancelled; /* it has seen so itself */
    struct limit_model limits[N_LIMITS];
    unsigned n_limits, shield;
    struct crowd *groups; /* it is in and does not leave, innermost first */
    struct deferral deferred[N_DEFERRED];
    unsigned n_deferred;
    unsigned locks; /* it holds those below this index */
    intptr_t last_got[N_CHANNELS];

    /* generators */
    yon_gen *gen;       /* whose body it is; NULL: of none */
    bool closing, told; /* told: the consumer knows how it ended */
    bool interrupted;   /* the consumer has not got what it asked for */
    intptr_t n_given;
    void *sent;
};

enum value_state { VALUE_ON_ITS_WAY = 1, VALUE_PUT, VALUE_WITHDRAWN };

struct channel_model {
    yon_channel *ch;
    bool closed;
    intptr_t n_values;
    enum value_state state[N_VALUES];
    bool received[N_VALUES];
    size_t capacity, n_putting, n_getting; /* awaits under way */
};

struct lock_model {
    yon_sem *semaphore; /* NULL: it is the mutex */
    yon_mutex *mutex;
    unsigned n, n_held;
};

struct promise_model {
    yon_promise *promise; /* NULL: kept, or about to be */
    yon_promise *taken;   /* by a thread that keeps it */
    int code;
};

struct program {
    uint64_t seed;
    bool has_timers;
    bool over; /* the janitor opens everything */
    struct node *newest;
    unsigned n_nodes, n_nodes_max;
    uint64_t n_steps; /* awaits that have begun */
    struct channel_model channels[N_CHANNELS];
    struct lock_model locks[N_LOCKS];
    yon_event *event;
    size_t n_in_event; /* awaits under way */
    struct promise_model promises[N_PROMISES];
    size_t n_promises;
    struct yon_once once;
    int once_code;
    unsigned n_once;
    char failure[256]; /* the first */
};

/* Inside a coroutine nothing may jump: the first failure is noted. */
#define MUST(p, condition)                                            \
    do {                                                              \
        if (!(condition) && (p)->failure[0] == '\0')                  \
            snprintf((p)->failure, sizeof(p)->failure, "line %d: %s", \
                     __LINE__, #condition);                           \
    } while (0)

/* ---- program.c: nodes ---- */

struct node *node_new(struct program *p, struct node *parent);
/* The body of a node: runs random operations. */
int node_main(void *arg);
/* Start a child, in a crowd or not (NULL). */
struct node *node_spawn(struct node *parent, struct crowd *crowd);
bool may_spawn(const struct node *n);
void node_free_future(struct node *n);
/* To be cancelled is no error of a member. */
bool is_error(int outcome);
void node_free_slots(struct node *n);
/* All that its future waits for. */
bool node_has_ended(const struct node *n);
/* Random numbers of a node. */
uint64_t pick(struct node *n, uint64_t limit);
bool chance(struct node *n, unsigned percent);

/* ---- program.c: awaits ---- */

/* What is known before an await. */
struct sight {
    bool cancelled; /* itself, or a group that it is in */
    bool late;
    bool was_refused; /* an await, in this turn: the next one lets others go on
                         before it is refused */
    uint64_t n_steps;
};

struct sight look(struct node *n);
/* Judge what an await said. natural: it may say so whatever happens to the
 * coroutine. Returns the code if the coroutine is to stop, else 0. */
int judge(struct node *n, struct sight s, int code, bool natural);
/* The same for an await that does not wait when the coroutine is stopped. */
int judge_quick(struct node *n, struct sight s, int code, bool natural);
/* The coroutine is under one more limit. */
void limit_note(struct node *n, int64_t at_ms, unsigned shield);

/* Nobody goes on by itself: whoever waits must have a reason. */
void check_rest(struct program *p);

/* ---- ops_*.c ---- */

/* Returns the code that stops the coroutine. Most stop at once. */
int run_ops(struct node *n, unsigned n_ops);

/* Those of one file; each may run more of them. */
typedef int op_fn(struct node *n);
op_fn op_pause, op_sleep, op_limit, op_shield, op_scope;
op_fn op_spawn, op_await, op_all, op_any, op_cancel, op_let_go;
op_fn op_group, op_each_of;
op_fn op_put, op_get, op_lock, op_event, op_once, op_keep, op_promise;
op_fn op_thread, op_gen;
void promise_model_keep(struct promise_model *m);

#endif
