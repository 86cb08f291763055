/* SPDX-License-Identifier: MIT */
/* codec - a struct and the msgpack array of its fields, by layout. Private to
 * proto. Pure.
 */
#ifndef CODEC_H
#define CODEC_H

#include "libcommon/buf.h"
#include "proto/bounds.h"
#include "proto/layout.h"
#include "proto/mp.h"
#include "proto/scan.h"

/* Append. Asserts that the fields keep the limits. */
void encode_op(struct buf *out, const struct op *op);
void encode_record(struct buf *out, const struct layout *layout,
                   const void *from);
/* Whether a record says nothing: it is the array of no fields. */
bool encode_is_empty(const struct layout *layout, const void *from);

/* What an operation or a record may be at most. */
static const struct scan_limits codec_limits = { OP_DEPTH_MAX, OP_VALUES_MAX };

/* What decoded lists live in, what is left to read, and what was wrong. */
struct decoder {
    msgpack_zone *zone; /* NULL will do for a record without lists */
    struct view in;
    char error[ERRMSG_LEN];
};

/* Decode the one value that `in` is. Each starts with an empty zone: what was
 * decoded before is gone.
 * ERR_TYPE, ERR_RANGE, ERR_FORMAT, ERR_MEMORY: d->error says what.
 * decode_op: `in` was scanned; an operation of unknown type is ERR_ABSENT,
 * without a text. decode_record scans; ERR_SHORT as well. */
enum err decode_op(struct decoder *d, struct view in, struct op *op);
enum err decode_record(struct decoder *d, const struct layout *layout,
                       struct view in, void *to);

#endif
