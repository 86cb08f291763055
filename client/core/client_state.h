/* SPDX-License-Identifier: MIT */
/* client_state - what a client knows, as the files of its core see it. Pure. */
#ifndef CLIENT_STATE_H
#define CLIENT_STATE_H

#include "client/core/client.h"
#include "client/core/requests.h"
#include "proto/peer.h"

/* One beat whose answer is compared, until it comes: what we hold counts at the
 * moment of the beat, less what was answered since. Answers and BEAT_ACK come
 * in one stream, so the coordinator closed those before it counted. */
struct checked_beat {
    uint64_t seq; /* 0: none under way */
    struct tally expected;
};

struct client {
    client_answer_fn *answer;
    void *arg;
    struct frame_reader *reader;
    int64_t now_ms;

    struct peer_session peer;
    char put_off[ERRMSG_LEN]; /* what was said last to have to wait for */
    struct checked_beat checked;
    bool differed; /* the last BEAT_ACK that was compared */

    struct requests requests;
};

/* What is sent now will be read in this session. */
static inline bool client_is_ready(const struct client *c)
{
    return peer_is_up(&c->peer) && c->peer.is_settled;
}

#endif
