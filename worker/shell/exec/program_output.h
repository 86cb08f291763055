/* SPDX-License-Identifier: MIT */
/* program_output - one output of a program: its pipe, what is kept of it, and
 * the readers that tail it.
 *
 * A tail has no gaps as long as its reader asks again within
 * PROGRAM_OUTPUT_TAIL_PATIENCE_MS: bytes that it has not got are not dropped,
 * and the program waits when there is no room for more. That holds for the
 * reader that asked last; several readers at once may each see gaps. An output
 * that is followed has none at all for its followers, whatever their speed.
 */
#ifndef PROGRAM_OUTPUT_H
#define PROGRAM_OUTPUT_H

#include <uv.h>

#include "libcommon/list.h"
#include "libcommon/rt/co/alarm.h"
#include "worker/shell/exec/capture.h"
#include "worker/shell/exec/spool.h"

#define PROGRAM_OUTPUT_TAIL_PATIENCE_MS 5000
/* Longer than a client waits for a coordinator that is away. */
#define PROGRAM_OUTPUT_FOLLOW_PATIENCE_MS 75000
/* Longer than a client needs to come back to one that is there again
 * (SILENCE_MAX_MS, and its pause). */
#define PROGRAM_OUTPUT_REJOIN_PATIENCE_MS 20000

struct program_output;

/* The answer to a tail, which is over. `bytes` is borrowed. The callee may call
 * program_output_tail and program_output_session_over. */
typedef void program_output_tail_fn(void *arg, uint64_t tail, uint64_t offset,
                                    struct view bytes, bool ended);
/* The end of the pipe was reached. Not called within program_output_open; may
 * call program_output_fini. */
typedef void program_output_end_fn(void *arg, struct program_output *s);

struct program_output_events {
    program_output_tail_fn *tail;
    program_output_end_fn *end;
    uv_close_cb closed; /* of `poll`, after its end or program_output_fini */
    void *arg;
};

struct program_output {
    uv_poll_t poll;
    struct alarm_set *alarms;
    struct alarm patience, again, let_go;
    const struct program_output_events *events;
    int fd; /* -1: not open yet, or the end was reached */
    bool reading;
    bool hurried;        /* the writers are gone or do not count any more */
    size_t hurried_left; /* bytes that are still read then */
    struct capture capture;
    struct spool spool; /* what capture has dropped */
    const char *spool_dir;
    struct list requests; /* struct tail_request */
    bool tailed;          /* a reader is there, until `patience` rings */
    uint64_t tailed_at;   /* it has got everything before this offset */
    bool followed;        /* what stands behind ... */
    uint64_t keep;        /* ... this is not dropped, */
    bool parting;         /* ... until let_go rings */
    uint64_t taken;       /* a follower has received everything before this */
    uint64_t dropped;     /* bytes behind that which were dropped, and are not
                             spooled */
};

/* It has no pipe yet. The alarms and events are borrowed. */
void program_output_init(struct program_output *s, struct alarm_set *alarms,
                         const struct program_output_events *events);
/* Keep up to so many bytes, those that memory has no room for in a file in this
 * folder, which is borrowed; NULL: as spool_add. Without this there is none. */
void program_output_limit(struct program_output *s, uint64_t max,
                          const char *spool_dir);
/* Close the pipe if it is open, and free what was kept. */
void program_output_fini(struct program_output *s);

/* Open a pipe and read it on this loop. *write_end is blocking, above 2, closed
 * by exec, and the caller's. ERR_SYSTEM: no pipe can be had; errmsg. */
enum err program_output_open(struct program_output *s, uv_loop_t *loop,
                             int *write_end, char *errmsg);

/* Read what the pipe holds now. May call `end`. */
void program_output_read(struct program_output *s);
/* From now on an empty pipe is the end: its writers do not count any more. */
void program_output_hurry(struct program_output *s);
bool program_output_has_ended(const struct program_output *s);

/* Call tail() with 1 to max bytes at or behind the offset, or with the end, as
 * soon as there are any; perhaps within this call. */
void program_output_tail(struct program_output *s, uint64_t tail,
                         uint64_t offset, uint32_t max);
/* Nothing at or behind `keep` is dropped while it is followed: when there is no
 * room, the program waits. */
void program_output_follow(struct program_output *s, bool followed,
                           uint64_t keep);
/* It is followed, and all before this was received. */
void program_output_keep(struct program_output *s, uint64_t keep);
/* The session is over: tails are forgotten; a follower is waited for, for
 * PROGRAM_OUTPUT_FOLLOW_PATIENCE_MS. */
void program_output_session_over(struct program_output *s);
/* There is a new one: it is waited for no longer than
 * PROGRAM_OUTPUT_REJOIN_PATIENCE_MS from now on. */
void program_output_rejoin(struct program_output *s);

#endif
