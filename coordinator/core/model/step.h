/* SPDX-License-Identifier: MIT */
/* step - what goes into a step of the coordinator's core and what comes out:
 * configuration, events, actions. Pure.
 */
#ifndef STEP_H
#define STEP_H

#include "coordinator/core/model/budget.h"
#include "coordinator/core/model/principal.h"
#include "coordinator/core/model/record.h"
#include "libcommon/trace.h"
#include "proto/frame.h"

struct coord_config {
    int64_t lease_ms;       /* silence after which a session ends */
    int64_t beat_ms;        /* how often peers shall beat */
    uint32_t submits_max;   /* submits without receipt, per client */
    uint64_t queue_max;     /* elements that have not ended, over all jobs */
    size_t queue_bytes_max; /* that unfinished jobs take */
    uint32_t sessions_max;  /* clients and workers at once */
    uint32_t reads_max;     /* that the store is given before it answers */
    struct budget_rules retries; /* of all jobs together */
    const char *software;        /* version for people; borrowed for ever */
    boot_id machine;             /* where we are; zeroed: unknown */
    const char *mark;            /* of our steps; as software; NULL: none */
    boot_id mark_key;
};

enum coord_event_type {
    COORD_START,   /* everything was restored: begin */
    COORD_MESSAGE, /* a frame arrived */
    COORD_GONE,    /* a connection is known to be dead */
    COORD_TICK,    /* the time that was asked for has come */
    COORD_DURABLE, /* a batch is on stable storage */
    COORD_READ,    /* a query has its answer */
    COORD_FULL,    /* the store could not write a batch and tries again: stop
                    * accepting; ends with the next COORD_DURABLE */
    COORD_REVOKED, /* this principal has no rights any more: no message of it
                      comes after this */
    COORD_DRAIN,   /* going down: say so to everyone, take nothing new */
};

struct coord_event {
    enum coord_event_type type;
    int64_t now_ms;  /* a clock that never jumps */
    int64_t wall_ms; /* ms since 1970, for display */
    union {
        struct {
            conn_id from;
            struct view frame; /* borrowed for the step */
            struct principal by;
        } message;
        struct {
            conn_id conn;
        } gone;
        struct {
            uint32_t principal; /* not 0 */
        } revoked;
        struct {
            uint64_t n_records; /* written, since the start of this life */
            const struct record_refusal *refused;
            size_t n_refused;
            bool full;            /* a submit was refused for want of space */
            bool pieces_left_out; /* all RECORD_PIECEs since the last, too */
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
    session_id session; /* of the request it is for */
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
    int64_t wake_ms;    /* on the clock of now_ms; INT64_MAX: not needed */
    bool drained;       /* after COORD_DRAIN: nothing is left to be said, or can
                         * be, since the disk is full */
    struct trace trace; /* what was decided; the caller sets the level */
};

#endif
