/* SPDX-License-Identifier: MIT */
/* said - what the core tells a peer, as a line of text: "7 STOP 1.1". */
#ifndef SAID_H
#define SAID_H

#include "libcommon/buf.h"
#include "proto/op.h"

/* WELCOME and BEAT_ACK are left out: they would be in every conversation. */
void said_add(struct buf *out, uint64_t conn, const struct op *op);

#endif
