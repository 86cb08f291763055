/* SPDX-License-Identifier: MIT */
/* post - frames on their way to the peers.
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

struct post; /* opaque */

/* A peer of whom the socket knows no more. Called in the flush; may post. */
typedef void post_gone_fn(void *arg, conn_id conn);

struct post *post_new(uv_loop_t *loop, struct sock *sock, post_gone_fn *gone,
                      void *arg);
/* Takes the frame. */
void post_send(struct post *p, conn_id to, struct buf *frame);
/* Send all that the socket takes now; comes by itself before the loop sleeps.
 */
void post_flush(struct post *p);
/* Forget what is left. The memory goes on a later turn of the loop. NULL is
 * fine. */
void post_close(struct post *p);

#endif
