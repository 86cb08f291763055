/* SPDX-License-Identifier: MIT */
/* worker - the heart of a worker: one step function.
 *
 * It keeps the session with the coordinator and every attempt it holds: queued,
 * running, or ended and not yet acked. A result is kept until the coordinator
 * acked it, over any number of reconnects. Pure.
 */
#ifndef WORKER_H
#define WORKER_H

#include "libcommon/ids.h"
#include "libcommon/trace.h"
#include "proto/frames.h"
#include "worker/core/shipment.h"

struct worker; /* opaque, see worker_state.h */

struct worker_config {
    const char *name; /* borrowed, as all below, for the worker's life */
    const char *host; /* of its machine; NULL: unknown */
    boot_id boot;
    boot_id former;  /* of the process that this one replaces, which is dead
                        with all it ran; zeroed: none */
    boot_id machine; /* of the kernel that runs here; zeroed: unknown */
    uint64_t seed;   /* for the jitter of reconnects */
    bool no_jitter;  /* pauses have their full length: for tests that expect
                        exact times */
    uint32_t slots;  /* commands and cpu calls that run at once */
    uint32_t calls;  /* other calls that run at once */
    uint64_t ended_bytes_max; /* nothing starts while outcomes that are not
                                 acked take more; 0: any */
    const struct view *functions;
    size_t n_functions;
    const struct view *cpu; /* functions that keep a core busy */
    size_t n_cpu;
    const struct label *labels;
    size_t n_labels;
    const struct module_build *modules; /* of the functions, in their order */
    size_t n_modules;
    const char *software;
    int64_t grace_ms; /* between asking an attempt to end and ending it by
                         force; 0: WORKER_GRACE_MS */
    bool replaceable; /* when this process ends at once, another one replaces it
                         and reports what was noted */
};

#define WORKER_GRACE_MS 10000

/* Reconnect: the first HELLO leaves at once; without an answer the next ones
 * after 200 ms, doubled up to 5 s, each with full jitter. */
#define WORKER_HELLO_MIN_MS 200
#define WORKER_HELLO_MAX_MS 5000

enum worker_event_type {
    WORKER_START,
    WORKER_MESSAGE, /* a frame from the coordinator */
    WORKER_TICK,
    WORKER_ENDED,  /* an attempt that was started has ended */
    WORKER_TAIL,   /* bytes for a tail that was asked for */
    WORKER_DRAIN,  /* take no new work, hand back what has not started, and let
                      the rest end */
    WORKER_HOLD,   /* a call held the loop for too long */
    WORKER_ABSENT, /* a probe has found that there is no coordinator, or that it
                      hangs */
    WORKER_ADVANCED, /* progress of attempts, a few times a second at most */
    WORKER_PIECE,    /* a piece, in the order in which they were asked for */
    WORKER_SIGN,     /* a sign of life of an attempt with an idle limit: its
                        program wrote something, or its call went on. At most
                        every quarter of the limit. Progress is a sign, too */
    WORKER_STUCK,    /* WORKER_DO_KILL cannot end this call but with the process
                      */
};

struct worker_event {
    enum worker_event_type type;
    int64_t now_ms;
    int64_t wall_ms;
    union {
        struct {
            struct view frame;
        } message;
        struct {
            /* Copied; the core fills in worker, started_ms and ended_ms.
             * STATE_HANDED_BACK: it did not begin, because of a shortage of
             * processes, descriptors or memory; message says of what. */
            const struct outcome *outcome;
            /* What the shell keeps of stdout and stderr until WORKER_DO_FORGET;
             * NULL: nothing. The body counts it as stored. */
            const struct spooled *spooled;
        } ended;
        struct {
            uint64_t tail;
            uint64_t offset;
            struct view bytes;
            bool ended;
        } tail;
        struct {
            int64_t ms;
        } hold;
        struct {
            struct advances advances; /* borrowed */
        } advanced;
        struct {
            int64_t began_ms; /* before the probe did anything */
            bool hangs;       /* there is one */
        } absent;
        struct {
            struct attempt_key id;
            struct piece piece; /* borrowed; no bytes: it cannot be read */
        } piece;
        struct {
            struct attempt_key id;
        } sign;
        struct {
            struct attempt_key id;
        } stuck;
    } u;
};

enum worker_act_type {
    WORKER_DO_START = 1,  /* start this attempt */
    WORKER_DO_STOP,       /* ask it to end; it reports ENDED when it has */
    WORKER_DO_TAIL,       /* answer with WORKER_TAIL when there is something */
    WORKER_DO_FOLLOW,     /* these outputs are followed, and no others */
    WORKER_DO_REJOIN,     /* in a new session: followers of this one that do not
                             come back soon never will */
    WORKER_DO_UNTAIL,     /* the session is over: forget all tails */
    WORKER_DO_KILL,       /* end it by force, now: ENDED, by ENDED_BY_KILL if it
                             is a call, or WORKER_STUCK */
    WORKER_DO_PROBE,      /* look at the mark of the coordinator (worker_mark),
                             then connect to its address, and forget earlier
                             probes: WORKER_ABSENT when it hangs, or all of its
                             address refuses */
    WORKER_DO_NOTE,       /* a call ends with this process: note its
                             outcome for the process that replaces this one
                             (worker_begin_ended) */
    WORKER_DO_READ_PIECE, /* answer with WORKER_PIECE */
    WORKER_DO_FORGET,     /* of an attempt that has ended: what is spooled */
    WORKER_DO_REPLACE,    /* all is noted: kill what runs, end this process */
};

struct worker_act {
    enum worker_act_type type;
    struct attempt_key id; /* all but UNTAIL, PROBE and REPLACE */
    union {
        struct {
            uint8_t kind;
            bool array;
            uint32_t tries;
            uint8_t follow;  /* streams, from the start on */
            int64_t idle_ms; /* > 0: WORKER_SIGN is wanted */
            struct blob *fn, *spec, *item, *number; /* owned by the act */
        } start;
        struct {
            struct blob *reason;
        } stop;
        struct {
            uint8_t state;
            const char *reason;
            struct blob *message;
            int64_t started_ms, ended_ms;
        } note;
        struct {
            uint64_t tail;
            uint8_t stream;
            uint64_t offset;
            uint32_t max;
            uint64_t keep; /* as in FOLLOW */
        } tail;
        struct {
            uint8_t stream;
            uint64_t offset;
            uint32_t len;
        } piece;
        struct {
            uint8_t streams;  /* as in FOLLOW */
            uint64_t keep[2]; /* of stdout and of stderr */
        } follow;
    } u;
};

/* What a step leaves behind. The caller owns it, acts on it and clears it. */
struct worker_actions {
    struct frames sends; /* for the coordinator, in order */
    struct worker_act *acts;
    size_t n_acts, cap_acts;
    int64_t wake_ms; /* INT64_MAX: not needed */
    bool reconnect;  /* the connection is dead: before the sends make a new one,
                        and drop what waits for the old one */
    bool drained;    /* after DRAIN: everything was acked or handed back */
    char refused[ERRMSG_LEN]; /* if not empty: the coordinator refuses this
                                 worker for good, and why */
    struct trace trace;       /* what was decided; the caller sets the level */
};
/* Zeroed again, except for the level of the trace. */
void worker_actions_clear(struct worker_actions *a);

struct worker *worker_new(const struct worker_config *config);
void worker_free(struct worker *w);
/* Before WORKER_START: a call of the process before this one has ended with
 * this outcome, including started_ms and ended_ms; its result is to be
 * reported. Copied. */
void worker_begin_ended(struct worker *w, const struct outcome *outcome);
void worker_step(struct worker *w, const struct worker_event *e,
                 struct worker_actions *out);

bool worker_is_connected(const struct worker *w);
/* The time at which this process and all its programs must be dead if anything
 * of them still runs; each step may change it. INT64_MAX: nothing can run. */
int64_t worker_over_ms(const struct worker *w);
/* As the coordinator said: where to see whether it hangs, and the step it must
 * not have begun for so long. */
struct worker_mark {
    const char *name; /* until the next step; empty: nowhere */
    boot_id key;
    int64_t away_ms;
};
struct worker_mark worker_mark(const struct worker *w);
/* Attempts that were started and have not ended. */
size_t worker_n_running(const struct worker *w);

#endif
