/* SPDX-License-Identifier: MIT */
/* remainder - the output of an attempt that did not settle its element, for a
 * client that follows it and may not have read all. It lies in memory until the
 * client says that it has, or its session is over. Pure.
 */
#ifndef REMAINDER_H
#define REMAINDER_H

#include "coordinator/core/model/session.h"

/* Bytes of one session; what would be more is not kept, and the client tells
 * that the attempt was cut short. */
#define REMAINDERS_LEN_MAX (16u << 20)

struct remainder {
    struct list in_session; /* session->remainders, oldest first */
    struct task_id task;
    struct attempt_id of;
    uint8_t streams;   /* STREAM_BITs of those that are not read */
    struct blob *body; /* as in its outcome; NULL: it has written nothing */
};

/* Takes a user of the body. */
void remainder_keep(struct session *s, struct task_id task,
                    struct attempt_id of, uint8_t streams, struct blob *body);
/* The oldest of this stream that is not read; NULL: there is none. */
const struct remainder *remainder_find(const struct session *s,
                                       struct task_id task, uint8_t stream);
/* This stream of the attempt is read. */
void remainder_read(struct session *s, struct task_id task,
                    struct attempt_id of, uint8_t stream);
void remainders_free(struct session *s);

#endif
