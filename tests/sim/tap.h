/* SPDX-License-Identifier: MIT */
/* tap - looks into each frame that leaves a process, and compares what it says
 * with the ledger. */
#ifndef TAP_H
#define TAP_H

#include "libcommon/buf.h"
#include "libcommon/ids.h"
#include "tests/sim/host.h"

/* Both return which operations are inside: bit n is set for operation n. */
uint64_t tap_from_coord(struct world *w, conn_id to, struct view frame);
uint64_t tap_from_peer(struct world *w, struct host *from, struct view frame);
/* It reaches a peer; the peer, which had spoken in session `was`, has read it.
 */
void tap_reaches_peer(struct world *w, const struct host *to, uint64_t ops,
                      struct view frame);
void tap_was_read(struct world *w, const struct host *by, uint64_t was,
                  uint64_t ops, struct view frame);
/* Such a frame arrives. */
void tap_arrived(struct world *w, uint64_t ops);
/* ... and the coordinator is about to read it. */
void tap_reaches_coord(struct world *w, uint64_t ops, struct view frame);

#endif
