/* SPDX-License-Identifier: MIT */
/* call_lines - what a running call has printed, and the readers that tail it:
 * one stream, which is kept as the stdout of a program is.
 */
#ifndef CALL_LINES_H
#define CALL_LINES_H

#include "libcommon/rt/co/alarm.h"
#include "worker/core/tails.h"
#include "worker/shell/exec/capture.h"

/* The answer to a tail, which is over. `bytes` is borrowed. */
typedef void call_lines_tail_fn(void *arg, uint64_t tail, uint64_t offset,
                                struct view bytes, bool ended);

struct call_lines {
    struct alarm_set *alarms;
    struct alarm news;
    struct capture kept;
    struct list tails; /* struct tail_wait */
    call_lines_tail_fn *tail;
    void *arg;
};

/* The arguments are borrowed. */
void call_lines_init(struct call_lines *l, struct alarm_set *alarms,
                     call_lines_tail_fn *tail, void *arg);
/* Readers that wait get no answer. */
void call_lines_fini(struct call_lines *l);

/* The call has printed this. Does not call tail(): the call is in the middle of
 * it. */
void call_lines_add(struct call_lines *l, struct view text);
/* Call tail() as soon as something stands at or behind the offset; perhaps
 * within this call. */
void call_lines_tail(struct call_lines *l, const struct tail_wait *query);
/* The session is over: forget the tails. */
void call_lines_untail(struct call_lines *l);
/* Add what is kept to the body of an outcome; `room` holds it. */
void call_lines_fill(const struct call_lines *l, struct body *body,
                     struct buf *room);

#endif
