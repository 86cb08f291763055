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
/* Whether the encoded record would be an empty array. */
bool encode_is_empty(const struct layout *layout, const void *from);

/* The state of one reading, and the memory of its lists. */
struct decoder {
    struct arena arena;     /* unused for a record without lists */
    struct view in;         /* not read yet */
    uint64_t values_left;   /* of OP_VALUES_MAX */
    unsigned depth;         /* containers that are open */
    char error[ERRMSG_LEN]; /* with the place: "SUBMIT.policy.retry_on: ..." */
};

/* Decode the operation at the front of `in`; *len: its bytes. The arena is
 * cleared first: lists that were decoded before are gone.
 * ERR_SHORT, ERR_FORMAT, ERR_RANGE, ERR_TYPE, ERR_MEMORY: d->error says what.
 * ERR_ABSENT: unknown type; no text, but *len is set. */
enum err decode_op(struct decoder *d, struct view in, struct op *op,
                   size_t *len);
/* Decode the record that is all of `in`. The same errors, but not ERR_ABSENT.
 */
enum err decode_record(struct decoder *d, const struct layout *layout,
                       struct view in, void *to);

#endif
