/* SPDX-License-Identifier: MIT */
/* dispatch - frames from peers: each operation meets its rule. */
#ifndef DISPATCH_H
#define DISPATCH_H

#include "libcommon/buf.h"
#include "libcommon/ids.h"

struct coord;

/* A frame from the peer at this connection, which may be unknown. */
void dispatch_message(struct coord *c, conn_id from, struct view frame);

#endif
