/* SPDX-License-Identifier: MIT */
/* body - the result and the output of an attempt, as the bytes of OUTCOME.body.
 * The worker encodes them once, and a client decodes them once. Coordinator and
 * store pass them on as they came and know only how many they are. Pure.
 */
#ifndef BODY_H
#define BODY_H

#include "proto/kept.h"
#include "proto/op.h"

/* Append; an empty body is no bytes. Asserts BODY_LEN_MAX. */
void body_encode(struct buf *out, const struct body *b);
/* The views of *out look into `bytes`; no bytes are an empty body.
 * ERR_SHORT, ERR_FORMAT, ERR_RANGE, ERR_TYPE: errmsg (of ERRMSG_LEN, or NULL)
 * says what, and *out is empty: a worker can have sent anything. */
enum err body_decode(struct view bytes, struct body *out, char *errmsg);

/* Its part of a stream; empty unless that is STREAM_OUT or STREAM_ERR. */
struct kept body_kept(const struct body *b, unsigned stream);

#endif
