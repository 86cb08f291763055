/* SPDX-License-Identifier: MIT */
/* coord - the heart of the coordinator: one step function.
 *
 * An event goes in; out comes a list of what to persist, to send, to read, and
 * when to be woken. coord_step never blocks, suspends or calls out. What may
 * only be said once it is durable (receipts, outcomes, acks) is kept inside
 * until COORD_DURABLE reports it. Assignments leave at once. Pure.
 */
#ifndef COORD_H
#define COORD_H

#include "coordinator/core/budget.h"
#include "coordinator/core/record.h"
#include "proto/frame.h"

struct coord; /* opaque, see coord.c */

struct coord_config {
    int64_t lease_ms;       /* silence after which a session ends */
    int64_t beat_ms;        /* how often peers shall beat */
    uint32_t submits_max;   /* submits without receipt, per client */
    uint64_t queue_max;     /* elements that have not ended, over all jobs */
    size_t queue_bytes_max; /* specs and items of unfinished jobs */
    uint32_t sessions_max;  /* clients and workers at once */
    uint32_t reads_max;     /* that the store is given before it answers */
    struct budget_rules retries; /* of all jobs together */
    const char *software;        /* version for people; borrowed for ever */
    boot_id machine;             /* where we are; zeroed: unknown */
};
extern const struct coord_config coord_config_default;

enum coord_event_type {
    COORD_START,   /* everything was restored: begin */
    COORD_MESSAGE, /* a frame arrived */
    COORD_GONE,    /* a connection is known to be dead */
    COORD_TICK,    /* the time that was asked for has come */
    COORD_DURABLE, /* a batch is on stable storage */
    COORD_READ,    /* a query has its answer */
    COORD_FULL,    /* the store could not write a batch and tries again: stop
                    * accepting; ends with the next COORD_DURABLE */
    COORD_DRAIN,   /* going down: say so to everyone, take nothing new */
};

struct coord_refusal { /* of a submit, see store.h */
    job_id id;
    enum err why;
    job_id existing;
};

struct coord_event {
    enum coord_event_type type;
    int64_t now_ms;  /* a clock that never jumps */
    int64_t wall_ms; /* ms since 1970, for display */
    union {
        struct {
            conn_id from;
            struct view frame; /* borrowed for the step */
        } message;
        struct {
            conn_id conn;
        } gone;
        struct {
            uint64_t n_records; /* written, since the start of this life */
            const struct coord_refusal *refused;
            size_t n_refused;
            bool full; /* a submit was refused for want of space */
        } durable;
        struct {
            uint64_t id;
            enum err err;
            struct records *records; /* the step may empty it */
        } read;
    } u;
};

struct coord_send {
    conn_id to;
    struct buf frame;
};

struct coord_read {
    uint64_t id;
    session_id session; /* whose request it is for */
    struct query query;
};

/* The caller owns it, zeroes it once, and between steps takes out what it acted
 * on (coord_actions_clear). Steps only add. */
struct coord_actions {
    struct records persist; /* in this order, all of one step in one batch */
    struct coord_send *sends;
    size_t n_sends, cap_sends;
    struct coord_read *reads;
    size_t n_reads, cap_reads;
    int64_t wake_ms; /* on the clock of now_ms; INT64_MAX: not needed */
    bool drained;    /* after COORD_DRAIN: nothing is left to be said, or can
                      * be, since the disk is full */
};
void coord_actions_clear(
    struct coord_actions *a); /* frees frames and records */

/* An empty coordinator. Free with coord_free. */
struct coord *coord_new(const struct coord_config *config);
void coord_free(struct coord *c);

/* Play back one record of store_load, before COORD_START. Takes blobs out of
 * it. */
void coord_restore(struct coord *c, struct record *rec);

/* Never fails on what comes from outside: bad peers are answered or dropped. */
void coord_step(struct coord *c, const struct coord_event *e,
                struct coord_actions *out);

/* Recount everything and compare with what is kept. For tests; O(state). */
void coord_check(const struct coord *c);

/* For the simulator's invariants. */
/* Sessions whose reads wait for a turn. Returns how many there are; fills in at
 * most `max`. */
size_t coord_list_askers(const struct coord *c, session_id *out, size_t max);
bool coord_is_current(const struct coord *c, struct task_id ref,
                      struct attempt_id attempt);

#endif
