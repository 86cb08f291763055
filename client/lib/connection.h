/* SPDX-License-Identifier: MIT */
/* connection - the client of a coordinator: the core with a socket and a timer,
 * on a loop.
 *
 * Whatever steps the core leaves frames behind; they go out together in the
 * next turn of the loop.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <uv.h>

#include "client/core/client.h"
#include "client/lib/handle.h"
#include "client/lib/patience.h"
#include "libcommon/rt/zmq/outbox.h"
#include "libcommon/rt/zmq/sock.h"

/* Default of yon_set_patience. */
#define CONNECTION_PATIENCE_MS (60 * 1000)

struct connection {
    yon_client client; /* first */
    struct client *core;
    struct client_actions actions;
    struct sock *sock;
    struct outbox outbox;
    uv_timer_t timer;
    int64_t armed_ms; /* what the timer is set to; INT64_MAX: nothing */
    int64_t retry_ms; /* when to try again what the socket did not take */
    int64_t retry_step_ms;
    struct patience patience;
    uint8_t key_base[16]; /* random; see connection_key */
    uint64_t n_keys;
};

/* The same as yon_connect; `loop` must outlive the client, NULL: its own. */
enum err connection_open(struct loop *loop, const char *server,
                         yon_client **out, char *errmsg);

/* The client, which is of this kind. */
struct connection *connection_of(yon_client *client);
/* A key that no submit ever had. */
job_key connection_key(struct connection *c);

#endif
