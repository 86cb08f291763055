/* SPDX-License-Identifier: MIT */
/* state - the coordinator as a whole. Structs only: the functions are declared
 * beside what they do. A comment over each group of fields names the file that
 * writes them. Private to coordinator/core.
 */
#ifndef STATE_H
#define STATE_H

#include "coordinator/core/model/on_commit.h"
#include "coordinator/core/model/step.h"
#include "libcommon/heap.h"
#include "libcommon/list.h"
#include "libcommon/map.h"

#define BANNED_MAX 64
#define BLAMED_MAX 64

struct coord {
    /* coord.c; each life has one */
    struct coord_config config;
    struct frame_reader *reader; /* of the frame under way */
    struct frame_reader *bodies; /* of outcomes from the store */
    int64_t since_ms;            /* wall clock of the start */
    bool started, draining, drained;

    /* coord.c; the step that runs */
    int64_t now_ms, wall_ms;
    int64_t lived_ms; /* ages are differences of it: store/lived.h */
    struct coord_actions *out;
    struct trace *trace; /* in out; NULL between steps */
    int64_t stepped_ms;  /* when the last step began */
    int64_t awake_ms;    /* since then without a pause of our own */

    /* rules/restore.c; it also sets the ids and the low water it finds */
    uint64_t epoch;
    int64_t ahead_ms;     /* of lived_ms before now_ms */
    int64_t uncounted_ms; /* before this life; for the trace */

    /* coord.c */
    uint64_t low_water; /* jobs below it have all ended */

    /* rules/recover.c */
    bool recovering;
    int64_t recover_until_ms;

    /* rules/commit.c */
    uint64_t durable;      /* records */
    bool pieces_left_out;  /* of the batch that has become durable */
    bool full;             /* the disk is, at this moment */
    bool full_told;        /* the trace says that submits are refused */
    int64_t full_until_ms; /* no submits before */
    uint64_t ids_durable;  /* job ids below it are reserved on disk */
    uint64_t n_ended;      /* jobs, in this life */

    /* rules/submit.c */
    uint64_t next_job, ids_reserved;
    struct buf no_policy; /* one that says nothing, encoded */

    /* rules/element.c */
    uint64_t n_unended; /* elements */

    /* rules/sessions.c */
    uint64_t last_session;
    uint64_t n_hellos_refused;
    struct map conns;    /* session by conn */
    struct map sessions; /* session by id */
    struct list session_list;
    boot_id banned[BANNED_MAX]; /* another process has their name */
    size_t n_banned;
    int64_t next_scan_ms;

    /* rules/schedule.c */
    session_id emptying; /* the worker that runs empty for a suspect */

    /* rules/reconcile.c */
    uint64_t last_mark;

    /* rules/blame.c */
    boot_id blamed[BLAMED_MAX]; /* workers whose loss was blamed on their
                                   attempts */
    size_t n_blamed;

    /* rules/retry.c */
    struct budget retries;

    /* ask/reads.c */
    uint64_t last_read;
    struct map reads;    /* struct pending_read by id: the store has them */
    struct list readers; /* sessions with pending reads; next turn first */
    size_t read_len;     /* bytes of an answer, of late */

    /* ask/await.c */
    struct list watchers; /* struct open_request with progress */

    /* model/follower.c */
    struct list parted; /* struct follower without a request */

    /* ask/log_tail.c */
    uint64_t last_tail;

    /* model/open_request.c, ask/log_tail.c */
    struct map tails; /* struct open_request by tail */

    /* model/actions.c */
    uint64_t n_records;  /* handed over to be persisted */
    uint64_t n_nonsense; /* frames and operations that made no sense */
    struct list dirty;   /* sessions with a frame being filled */
    int64_t wake_ms;

    /* model/attempt.c */
    uint64_t last_attempt; /* begins at 1, so that `upto` is never 0 */
    struct map attempts;   /* by packed task */

    /* model/known_worker.c */
    struct list known;

    /* model/on_commit.c */
    struct on_commits on_commits;

    /* model/queue.c */
    struct list queues;
    struct map queue_map; /* by hash of fn */

    /* model/requeue.c */
    struct heap delayed; /* struct requeued by due_ms */

    /* model/tables.c */
    struct map jobs;   /* by id */
    struct map keys;   /* by the first 8 bytes of the key; see key_slot */
    struct list by_id; /* struct job, lowest first */
    uint64_t n_bytes;  /* that jobs take in memory */

    /* model/timing.c */
    struct heap deadlines; /* struct timing, by when something expires */
};

#endif
