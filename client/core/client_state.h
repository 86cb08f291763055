/* SPDX-License-Identifier: MIT */
/* client_state - what a client knows, for the files of its core. Pure. */
#ifndef CLIENT_STATE_H
#define CLIENT_STATE_H

#include "client/core/client.h"
#include "client/core/requests.h"
#include "proto/peer.h"

/* The beat whose ack will be compared. The coordinator should then hold what
 * was open when the beat left, less what it has answered since: answers and
 * BEAT_ACK come in one stream, so it closed those requests before it counted.
 */
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
    char put_off[ERRMSG_LEN]; /* why the coordinator put us off; "": it has not
                               */
    struct checked_beat checked;
    bool differed; /* the last comparison found a difference */

    struct requests requests;
};

/* A request that is sent now will be read in this session. */
static inline bool client_is_ready(const struct client *c)
{
    return peer_is_up(&c->peer) && c->peer.is_settled;
}

#endif
