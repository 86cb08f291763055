/* SPDX-License-Identifier: MIT */
/* follow - workers are told what clients follow of the outputs there. */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "coordinator/core/model/follower.h"

/* The request awaits this element (0: the job, whose output is followed when it
 * is a single one), and may name streams that it follows. */
void follow_begin(struct coord *c, struct open_request *request, struct job *j,
                  uint32_t elem);
/* A client asks for bytes from the offset on: it has those before. Returns from
 * where on all are needed. */
uint64_t follow_tail(const struct session *s, struct attempt *a, uint8_t stream,
                     uint64_t offset);
/* Its ASSIGN is about to be sent. Returns the streams that are followed. */
uint8_t follow_assign(struct attempt *a);
/* Its worker has named it: what it knows of followers may be old. */
void follow_renew(struct coord *c, struct attempt *a);
/* The peer lives. No digest reveals a lost FOLLOW, nor a lost RECEIPT of a
 * submit that follows, without which nobody would tail what is held for it:
 * they are said again. */
void follow_beat(struct coord *c, const struct session *s);
/* Once a step: let go what has parted for good. */
void follow_tick(struct coord *c);

#endif
