/* SPDX-License-Identifier: MIT */
/* frame - one message: a head, then operations until its end.
 *
 *   offset 0   2  'y' 'n'
 *          2   1  protocol version
 *          3   1  0
 *          4   8  epoch, big endian; 0 from a peer that knows none yet
 *         12   8  session, big endian; 0 before WELCOME
 *         20   .  operations: each a msgpack array [type, field, ...]
 *
 * Operations are read by a reader of our own (mp.h, decode.c), which compares
 * each count and length with the bytes that are there, and which a fuzz target
 * compares with msgpack-c. Pure.
 */
#ifndef FRAME_H
#define FRAME_H

#include "libcommon/buf.h"
#include "proto/bounds.h"
#include "proto/op.h"

struct frame_head {
    uint8_t version;
    uint64_t epoch;
    session_id session;
};

/* ---- writing ---- */

/* Start a frame in `out`, which must be empty. */
void frame_begin(struct buf *out, struct frame_head head);
/* Add one operation; not to what has FRAME_LEN_GOOD bytes already. Asserts that
 * the sizes keep the limits: check what comes from outside before. */
void frame_add(struct buf *out, const struct op *op);

/* ---- reading ---- */

struct frame_reader; /* opaque; keeps its memory between frames */

struct frame_reader *frame_reader_new(void);
void frame_reader_free(struct frame_reader *r);

/* Look at a frame, which must stay while it is read.
 * ERR_SHORT, ERR_FORMAT  it has no proper head;
 * ERR_VERSION            it speaks a version that we do not (head is filled).
 */
enum err frame_read(struct frame_reader *r, struct view frame,
                    struct frame_head *head);
/* The next operation; what *op points to lives until the next call. Operations
 * of unknown type are skipped: a newer peer may send them.
 *
 * ERR_EXHAUSTED  none is left: all was well;
 * ERR_SHORT, ERR_FORMAT, ERR_RANGE, ERR_TYPE, ERR_MEMORY
 *                the rest of the frame is refused; frame_reader_error() says
 *                why. */
enum err frame_next(struct frame_reader *r, struct op *op);
const char *frame_reader_error(const struct frame_reader *r);

/* One record alone, as it is kept in the store (an outcome: the same bytes as
 * in FETCH_REPLY). Decoded views point into `bytes` and live as long: one
 * reader can decode many. */
void outcome_encode(struct buf *out, const struct outcome *o);
enum err outcome_decode(struct frame_reader *r, struct view bytes,
                        struct outcome *out);
void policy_encode(struct buf *out, const struct policy *p);
enum err policy_decode(struct frame_reader *r, struct view bytes,
                       struct policy *out);

#endif
