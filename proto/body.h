/* SPDX-License-Identifier: MIT */
/* body - what an attempt has produced: its result and its output, as the bytes
 * of OUTCOME.body. The worker writes them once and a client reads them once;
 * the coordinator and its store pass them on as they came, and know their
 * number only. Pure.
 */
#ifndef BODY_H
#define BODY_H

#include "proto/kept.h"
#include "proto/op.h"

/* Append; nothing when all of it is empty. Asserts BODY_LEN_MAX. */
void body_encode(struct buf *out, const struct body *b);
/* The views of *out look into `bytes`; no bytes are an empty body.
 * ERR_SHORT, ERR_FORMAT, ERR_RANGE, ERR_TYPE: errmsg (of ERRMSG_LEN, or NULL)
 * says what; *out is then empty. Its worker may have lied. */
enum err body_decode(struct view bytes, struct body *out, char *errmsg);

/* What it has of a stream; nothing of one that is none. */
struct kept body_kept(const struct body *b, unsigned stream);

#endif
