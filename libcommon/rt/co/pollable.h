/* SPDX-License-Identifier: MIT */
/* pollable - one descriptor through which any other loop can drive ours:
 * readable as long as there is something to do. */
#ifndef POLLABLE_H
#define POLLABLE_H

#include "libcommon/rt/co/loop.h"

/* The descriptor; made at the first call, closed with the loop.
 * Level-triggered. ERR_STATE: the loop is the user's. ERR_LIMIT: no descriptors
 * are left; ERR_SYSTEM. */
enum err pollable_fd(struct loop *l, int *fd);
/* Do what is due now; never waits. ERR_STATE: the loop runs already, or is the
 * user's; ERR_CLOSED: it was freed meanwhile, and is gone. */
enum err pollable_dispatch(struct loop *l);

#endif
