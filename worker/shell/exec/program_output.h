/* SPDX-License-Identifier: MIT */
/* program_output - one output of a program: its pipe, what is kept of it, and
 * who reads along.
 *
 * Somebody who tails loses nothing: as long as he comes back within
 * PROGRAM_OUTPUT_TAIL_PATIENCE_MS, the pipe is not read further than what he
 * has not got fits beside, and the program waits. That holds for the one who
 * asked last; several at once may each see gaps.
 */
#ifndef PROGRAM_OUTPUT_H
#define PROGRAM_OUTPUT_H

#include <uv.h>

#include "libcommon/list.h"
#include "libcommon/rt/co/alarm.h"
#include "worker/shell/exec/capture.h"

#define PROGRAM_OUTPUT_TAIL_PATIENCE_MS 5000

struct program_output;

/* Bytes for a tail that asked: it is answered with that. `bytes` is borrowed.
 * The callee may call program_output_tail and program_output_forget_tails. */
typedef void program_output_tail_fn(void *arg, uint64_t tail, uint64_t offset,
                                    struct view bytes, bool ended);
/* Its end was reached, not within program_output_open; program_output_fini may
 * be called. */
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
    struct alarm patience, again;
    const struct program_output_events *events;
    int fd; /* -1: not open yet, or the end was reached */
    bool reading;
    bool hurried; /* the writers are gone or do not count any more */
    size_t hurried_left;
    struct capture capture;
    struct list requests; /* struct tail_request */
    bool tailed;          /* somebody reads along, until `patience` rings */
    uint64_t tailed_at;   /* what he has not got yet begins here */
};

/* Without a pipe. The alarms and events are borrowed. */
void program_output_init(struct program_output *s, struct alarm_set *alarms,
                         const struct program_output_events *events);
/* Frees what was kept, closes the pipe if it is not yet. */
void program_output_fini(struct program_output *s);

/* Open a pipe and read it on this loop. Its other end, which blocks, is the
 * caller's, above 2 and closed by exec. ERR_SYSTEM: there is none; errmsg. */
enum err program_output_open(struct program_output *s, uv_loop_t *loop,
                             int *write_end, char *errmsg);

/* Take what the pipe holds now. It may tell its end. */
void program_output_read(struct program_output *s);
/* Do not wait for the end of the pipe: when nothing more is in it, that is the
 * end. */
void program_output_hurry(struct program_output *s);
bool program_output_has_ended(const struct program_output *s);

/* Call tail() with at most max bytes as soon as there is one at or behind the
 * offset, or the end; that may be within this call. */
void program_output_tail(struct program_output *s, uint64_t tail,
                         uint64_t offset, uint32_t max);
void program_output_forget_tails(struct program_output *s);

#endif
