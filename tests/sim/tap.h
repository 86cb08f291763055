/* SPDX-License-Identifier: MIT */
/* tap - reads each frame that passes between two processes, and compares it
 * with the ledger. */
#ifndef TAP_H
#define TAP_H

#include "libcommon/buf.h"
#include "libcommon/ids.h"
#include "tests/sim/host.h"

/* A frame leaves. Both return its operations: bit n is set for operation n. */
uint64_t tap_from_coord(struct world *w, conn_id to, struct view frame);
uint64_t tap_from_peer(struct world *w, struct host *from, struct view frame);
/* The frame reaches a peer, and then has been read; `was`: the session that the
 * peer had until then. */
void tap_reaches_peer(struct world *w, const struct host *to, uint64_t ops,
                      struct view frame);
void tap_was_read(struct world *w, const struct host *by, uint64_t was,
                  uint64_t ops, struct view frame);
/* A frame with these operations arrives. */
void tap_arrived(struct world *w, uint64_t ops);
/* The coordinator is about to read a frame. */
void tap_reaches_coord(struct world *w, uint64_t ops, struct view frame);

#endif
