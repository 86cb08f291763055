/* SPDX-License-Identifier: MIT */
/* codec - a struct and the msgpack array of its fields, by layout. Private to
 * proto. Pure.
 */
#ifndef CODEC_H
#define CODEC_H

#include "libcommon/buf.h"
#include "proto/arena.h"
#include "proto/bounds.h"
#include "proto/layout.h"
#include "proto/mp.h"

/* Append. Asserts that the fields keep the limits. */
void encode_op(struct buf *out, const struct op *op);
void encode_record(struct buf *out, const struct layout *layout,
                   const void *from);
/* Whether a record says nothing: it is the array of no fields. */
bool encode_is_empty(const struct layout *layout, const void *from);

/* What decoded lists live in, what is left to read, and what was wrong. */
struct decoder {
    struct arena arena; /* unused for a record without lists */
    struct view in;
    uint64_t values_left; /* of OP_VALUES_MAX */
    unsigned depth;       /* containers that are open */
    char error[ERRMSG_LEN];
};

/* Decode the operation at the front of `in`, and tell how many bytes it has.
 * Each begins with an empty arena: what was decoded before is gone.
 * ERR_SHORT, ERR_FORMAT, ERR_RANGE, ERR_TYPE, ERR_MEMORY: d->error says what.
 * ERR_ABSENT: of unknown type, and without a text; *len is told. */
enum err decode_op(struct decoder *d, struct view in, struct op *op,
                   size_t *len);
/* Decode the one record that `in` is. The same errors but for ERR_ABSENT. */
enum err decode_record(struct decoder *d, const struct layout *layout,
                       struct view in, void *to);

#endif
