/* SPDX-License-Identifier: MIT */
/* sendq - frames on their way to the peers.
 *
 * Frames for one peer that come within one turn of the loop leave as one
 * message, so that the price of a message is paid per turn. What the socket has
 * no room for waits here, within limits: beyond them it is dropped, as any
 * message may be, and the next beat heals it.
 */
#ifndef SENDQ_H
#define SENDQ_H

#include <uv.h>

#include "libcommon/rt/zmq/sock.h"

struct sendq; /* opaque */

/* The socket has forgotten this peer. Called in a flush; may add frames. */
typedef void sendq_gone_fn(void *arg, conn_id conn);

struct sendq *sendq_new(uv_loop_t *loop, struct sock *sock, sendq_gone_fn *gone,
                        void *arg);
/* Takes the frame. */
void sendq_add(struct sendq *q, conn_id to, struct buf *frame);
/* Send all that the socket takes now; comes by itself before the loop sleeps.
 */
void sendq_flush(struct sendq *q);
/* Forget what is left. The memory goes on a later turn of the loop. NULL is
 * fine. */
void sendq_close(struct sendq *q);

#endif
