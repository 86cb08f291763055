/* SPDX-License-Identifier: MIT */
/* client_check - what must hold between two steps of a client. */
#include "client/core/client_check.h"

#include "client/core/client_state.h"
#include "libcommon/check.h"

void client_check(const struct client *c)
{
    requests_check(&c->requests);
    peer_check(&c->peer);
    ASSERT(c->checked.seq <= c->peer.beat_seq);
    ASSERT_IF(client_is_ready(c),
              requests_next(&c->requests, c->now_ms) == NULL);
    ASSERT_IF(peer_is_up(&c->peer) && !c->peer.is_settled,
              c->requests.sent.n == 0);
}

size_t client_n_open(const struct client *c)
{
    return c->requests.by_req.n;
}
