/* SPDX-License-Identifier: MIT */
/* shipment - what an attempt has written and its outcome does not carry: the
 * pieces of it go to the coordinator before its RESULT does.
 *
 * The shell has the bytes, and reads a piece when it may leave. A few pieces of
 * a session are under way at a time, so that no beat waits behind them. Pure.
 */
#ifndef SHIPMENT_H
#define SHIPMENT_H

#include "libcommon/list.h"
#include "proto/op.h"

#define SHIPMENT_STREAMS 2 /* stdout, stderr */

/* A part of a stream that the shell has. */
struct spooled {
    uint64_t from, end; /* offsets in the stream; the same: nothing */
    uint64_t taken;     /* a follower has received everything before this */
};

/* Of an attempt. */
struct shipment {
    struct list place; /* worker.shipments, until all is stored or refused */
    struct shipment_stream {
        struct spooled what;
        uint64_t stored; /* everything before this is, */
        uint64_t asked;  /* ... and was asked of the shell */
    } streams[SHIPMENT_STREAMS];
    uint32_t n_ahead; /* pieces that were asked for and are not stored */
};

struct worker;
struct worker_attempt;
struct worker_event;

/* No piece of it is to come (any more). */
bool shipment_is_over(const struct worker_attempt *a);
/* Its outcome has not all of its output. */
bool shipment_was_any(const struct worker_attempt *a);
/* It has ended, with this in the hands of the shell. */
void shipment_begin(struct worker *w, struct worker_attempt *a,
                    const struct spooled *spooled);
/* It is dropped, or everything has arrived. */
void shipment_end(struct worker *w, struct worker_attempt *a);

/* Ask the shell for as many pieces as may be under way. */
void shipment_go_on(struct worker *w);
/* The shell has read one. */
void shipment_read(struct worker *w, const struct worker_event *e);
/* PIECE_KEPT. The RESULT leaves after the last. */
void shipment_kept(struct worker *w, const struct op *op);
/* What is under way may be lost: begin with the first that is not stored. */
void shipment_go_back(struct worker *w);
/* At a beat: the same, when nothing has come back since the last: an answer may
 * have found no room. */
void shipment_beat(struct worker *w);

#endif
