/* SPDX-License-Identifier: MIT */
/* actions - what a step asks of its shell: records to persist, frames to send,
 * a time to be woken. */
#ifndef ACTIONS_H
#define ACTIONS_H

#include "coordinator/core/model/record.h"
#include "libcommon/ids.h"

struct coord;
struct session;

/* Hand a record over; it is durable when c->durable reaches c->n_records. */
void actions_persist(struct coord *c, struct record rec);
/* Add to the frame that is being filled for this peer. */
void actions_send(struct coord *c, struct session *s, const struct op *op);
/* To a peer without a session. */
void actions_send_to(struct coord *c, conn_id to, const struct op *op);
/* Send the frames that are being filled. */
void actions_flush(struct coord *c);
/* The 1st, 2nd, 4th ...: a peer that repeats itself cannot fill the log. */
bool actions_is_rare(uint64_t n);
/* A peer sent nonsense: a line in the trace. */
void actions_nonsense(struct coord *c, const struct session *s,
                      const char *what);
/* Be woken at this time, or before. */
void actions_wake(struct coord *c, int64_t at_ms);

#endif
