/* SPDX-License-Identifier: MIT */
/* sendq - frames on their way to the peers.
 *
 * Frames added for one peer within one turn of the loop leave as one message,
 * so the cost of a message is paid once a turn. Frames that the socket has no
 * room for wait here, within limits; beyond these they are dropped, as any
 * message may be, and the next beat heals it.
 */
#ifndef SENDQ_H
#define SENDQ_H

#include <uv.h>

#include "libcommon/rt/zmq/sock.h"

struct sendq; /* opaque */

/* The socket has forgotten this peer. Called in a flush; may add frames. */
typedef void sendq_gone_fn(void *arg, conn_id conn);

/* slow_max: bytes that may wait for all slow peers together. */
struct sendq *sendq_new(uv_loop_t *loop, struct sock *sock, uint64_t slow_max,
                        sendq_gone_fn *gone, void *arg);
/* Takes the frame. */
void sendq_add(struct sendq *q, conn_id to, struct buf *frame);
/* Send all that the socket takes now; happens by itself before the loop sleeps.
 */
void sendq_flush(struct sendq *q);
/* Drop the frames that are left. The memory is freed in a later turn of the
 * loop. NULL is fine. */
void sendq_close(struct sendq *q);

#endif
