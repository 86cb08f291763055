/* SPDX-License-Identifier: MIT */
/* record - the rows that the coordinator keeps: one struct for writing, reading
 * and loading. Pure.
 *
 * The core lists records to be persisted; the store writes them in order,
 * returns them for queries, and plays back unfinished jobs at start.
 */
#ifndef RECORD_H
#define RECORD_H

#include "libcommon/buf.h"
#include "libcommon/ids.h"
#include "proto/op.h"

/* Why an attempt did not end its element; stored. */
enum blame {
    BLAME_FAILED = 1, /* the job's: it failed, and is to be retried */
    BLAME_CRASHED,    /* the job's: it took its process down */
    BLAME_SUSPECT,    /* unknown: its worker was lost with others on it */
    BLAME_LOST,       /* not the job's */
    BLAME_STARTED, /* it has not ended: written before an at-most-once element
                      is started */
    BLAME_COUNT
};

enum record_type {
    RECORD_JOB = 1, /* a submit */
    RECORD_OUTCOME, /* a task ended */
    RECORD_ATTEMPT, /* an attempt ended without ending its task; replaces
                     * the record of the same task and tries */
    RECORD_PIECE,   /* part of an output of an attempt that has not ended its
                     * task yet; replaces the one of the same task, stream and
                     * offset */
    RECORD_CANCEL,  /* elements first..last shall end, or, when they expired,
                     * have all ended; in an array it is the only record of
                     * those that had not started */
    RECORD_END,     /* all elements of an array have ended */
    RECORD_IDS, /* job ids below `upto` may be given out; a clean end lowers it
                   to the next id */
    RECORD_LOW_WATER,   /* jobs below `upto` have all ended */
    RECORD_WORKER_UP,   /* a worker may hold attempts from now on */
    RECORD_WORKER_GONE, /* ... and no more */
    RECORD_EPOCH,       /* played back only: the epoch of this life */
    RECORD_CLOCK,       /* played back only: how ages count in it */
};

#define RECORD_BLOBS_MAX 5 /* of one record */

struct record {
    enum record_type type;
    union {
        struct {
            job_id id;
            job_key key;
            uint64_t hash;    /* of the content, for conflicts of keys */
            int64_t at_ms;    /* wall clock */
            int64_t lived_ms; /* by the clock of ages (store/lived.h) */
            uint8_t kind;     /* enum job_kind */
            bool array;
            uint32_t n;          /* elements, 1 for a single job */
            int64_t first, step; /* items of a range */
            struct blob *name, *fn, *spec, *items; /* NULL: empty or not read */
            struct blob *policy; /* policy_encode(); NULL: all zero */
        } job;
        struct {
            struct task_id task;
            uint8_t state;             /* terminal */
            int64_t at_ms, started_ms; /* started_ms 0: never, or unknown */
            bool gap;                  /* some of its output was dropped */
            int64_t lived_ms;
            struct blob *body; /* outcome_encode(); NULL: not read */
        } outcome;
        struct {
            struct task_id task;
            uint32_t tries; /* 1 for the first start; grows */
            uint8_t blame;  /* enum blame */
            int64_t at_ms;
            int64_t again_ms; /* wall clock: not started again before */
            struct attempt_id attempt; /* whose end was reported; 0: lost */
            struct blob *body; /* as of an outcome, without result and output;
                                * NULL: it has not ended */
        } attempt;
        struct {
            struct task_id task;
            struct attempt_id attempt;
            uint8_t stream;
            uint64_t offset;
            uint32_t len;
            uint8_t packing;
            struct blob *bytes;
        } piece; /* as in the record of op.h */
        struct {
            job_id id;
            uint32_t first, last;
            uint8_t state; /* CANCELLED or EXPIRED: how they end */
            int64_t at_ms;
            struct blob *reason;
        } cancel;
        struct {
            job_id id;
            int64_t at_ms, lived_ms;
            struct counts counts;
        } end;
        struct {
            uint64_t upto;
        } mark; /* IDS, LOW_WATER, EPOCH */
        struct {
            int64_t ahead_ms;     /* time lived, less the clock of steps */
            int64_t uncounted_ms; /* passed by the wall clock only */
        } clock;
        struct {
            boot_id boot;
            int64_t at_ms;
            struct blob *name;
        } worker;
    } u;
};

/* A list of records; owns them and one user of each of their blobs. Zeroed
 * memory is an empty list. */
struct records {
    struct record *at;
    size_t n, cap;
};

void records_fini(struct records *r);
void records_clear(struct records *r);
void records_add(struct records *r, struct record rec); /* takes its blobs */
/* Move all of `from` to the end of `to`; `from` is empty afterwards. */
void records_move(struct records *to, struct records *from);
void record_fini(struct record *rec);
/* The same again, with one user more of each blob. */
struct record record_copy(const struct record *rec);
/* Of spec and items, or body. */
size_t record_bytes(const struct record *rec);
/* Release spec and items, or body: as lists give it. */
void record_drop_long(struct record *rec);
/* Where its blobs are. Returns how many it can have. */
size_t record_blobs(struct record *rec, struct blob **out[RECORD_BLOBS_MAX]);
/* The job it is about; 0 for records about none. */
job_id record_job(const struct record *rec);

/* Why one submit of a batch was not recorded. */
struct record_refusal {
    job_id id;       /* as submitted */
    enum err why;    /* ERR_EXISTS: same key and hash; ERR_CONFLICT: same key,
                      * other hash; ERR_FULL: no space */
    job_id existing; /* of the first two: the job that has the key */
};

/* Queries of a reader to the store. */
enum query_type {
    QUERY_JOBS =
        1, /* jobs with `lowest` <= id < `below`, and called `name` if that is
            * not NULL: newest first, at most `max`, and not more than
            * max_bytes of spec and items (but one job). Each is RECORD_JOB,
            * followed, where they exist, by its RECORD_CANCELs, and its
            * RECORD_END (array) or RECORD_OUTCOME (single; without body) */
    QUERY_OUTCOMES, /* RECORD_OUTCOMEs of job `id`, elements first..last in
                     * order, at most `max`, until their bodies have
                     * max_bytes: the last one may go beyond, so that fewer
                     * bytes mean that there are no more. The job itself comes
                     * first as RECORD_JOB without spec and items, then its
                     * RECORD_CANCELs and RECORD_END; nothing at all: no such
                     * job. */
    QUERY_ATTEMPTS, /* RECORD_ATTEMPTs of job `id`, elements first..last, by
                     * element and tries, at most `max`, until their bodies
                     * have max_bytes. The job itself comes first, as in
                     * QUERY_OUTCOMES; nothing at all: no such job. */
    QUERY_PIECES,   /* RECORD_PIECEs of the output `stream` of the attempt of
                     * element `first` of job `id` that end behind `offset`, in
                     * order, at most `max`, until they have max_bytes. The job
                     * itself comes first, as in
                     * QUERY_OUTCOMES; nothing at all: no such job. */
};

struct query {
    enum query_type type;
    job_id id, lowest, below;
    struct blob *name;
    uint32_t first, last, max;
    size_t max_bytes;          /* 0: no limit */
    bool full;                 /* QUERY_JOBS: with spec and items */
    struct attempt_id attempt; /* QUERY_PIECES */
    uint8_t stream;
    uint64_t offset;
};

#endif
