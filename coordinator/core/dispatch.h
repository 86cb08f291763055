/* SPDX-License-Identifier: MIT */
/* dispatch - frames from peers: each operation meets its rule. */
#ifndef DISPATCH_H
#define DISPATCH_H

#include "coordinator/core/model/principal.h"
#include "libcommon/buf.h"
#include "libcommon/ids.h"

struct coord;

/* A frame from the peer at this connection, which may be unknown; `by`: whose
 * key it came with. */
void dispatch_message(struct coord *c, conn_id from, const struct principal *by,
                      struct view frame);

#endif
