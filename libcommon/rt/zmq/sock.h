/* SPDX-License-Identifier: MIT */
/* sock - one ZeroMQ socket on a libuv loop: ROUTER when bound, DEALER when
 * connected.
 *
 * One body frame per message. ZMQ_FD is edge-triggered: one pump per socket,
 * also after sends, with a budget per loop turn. All functions belong to the
 * loop's thread. `errmsg` is a char[ERRMSG_LEN] or NULL.
 */
#ifndef SOCK_H
#define SOCK_H

#include <uv.h>

#include "libcommon/buf.h"
#include "libcommon/ids.h"
#include "libcommon/key_text.h"

/* Bytes of a message; larger ones end the connection they come on. */
#define SOCK_MSG_MAX (32u << 20)

#define SOCK_ENDPOINTS_MAX 8

struct sock; /* opaque */

/* A message. `from` is {0} on a DEALER. `bytes` is borrowed for the call. The
 * callee may send and may close. Messages of more than one body frame are
 * dropped. */
typedef void sock_recv_fn(void *arg, conn_id from, struct view bytes);

/* For CURVE, which every tcp endpoint speaks. */
struct sock_keys {
    struct curve_key own;    /* secret */
    struct curve_key server; /* public; to connect */
};

/* Bind "ipc://PATH" or "tcp://HOST:PORT" (endpoint.h). A tcp endpoint wants
 * keys, and zap_open before: only the keys that it allows may connect. An ipc
 * endpoint is for this user, who needs none.
 * ERR_REFUSED  tcp without keys;
 * ERR_RANGE    an ipc path too long for a socket (107 bytes);
 * ERR_FORMAT   not an endpoint;  ERR_EXISTS  address in use;
 * ERR_LIMIT    no descriptors are left;  ERR_SYSTEM. */
enum err sock_bind(uv_loop_t *loop, const char *endpoint,
                   const struct sock_keys *keys, sock_recv_fn *recv, void *arg,
                   struct sock **out, char *errmsg);
/* Connect; never waits, reconnects for ever. `keys` are copied; NULL: ipc, or a
 * tcp endpoint that is no coordinator's. ERR_FORMAT, ERR_RANGE, ERR_LIMIT,
 * ERR_SYSTEM. */
enum err sock_connect(uv_loop_t *loop, const char *endpoint,
                      const struct sock_keys *keys, sock_recv_fn *recv,
                      void *arg, struct sock **out, char *errmsg);

/* Of a ROUTER, while a message is handed over: the number that zap_allow_fn
 * gave to its key; 0: it came without a key, by ipc. */
uint32_t sock_sender(const struct sock *s);
/* Whether a connection is one of this ROUTER's: their ids differ. */
bool sock_owns(const struct sock *s, conn_id conn);
/* Of a DEALER with keys: why it is not connected, as far as is known; static.
 * NULL: it is, or nothing has failed yet, or it has no keys. `lasts`: waiting
 * does not help, for the keys are wrong, and there is no other endpoint. */
const char *sock_trouble(const struct sock *s, bool *lasts);
bool sock_is_keyed(const struct sock *s);

/* The endpoint bound, with the port that was chosen. */
const char *sock_endpoint(const struct sock *s);

/* Send; copies; never blocks. Success does not mean delivery.
 * ERR_BUSY         no room or no connection now: the message is dropped;
 * ERR_UNREACHABLE  a ROUTER no longer knows that peer. */
enum err sock_send(struct sock *s, conn_id to, struct view bytes);

/* For a DEALER: another place of the same peer, for sock_reconnect. At most
 * SOCK_ENDPOINTS_MAX in all. ERR_FORMAT, ERR_RANGE, ERR_LIMIT. */
enum err sock_add_endpoint(struct sock *s, const char *endpoint, char *errmsg);

/* For a DEALER: drop the connection, with all that is under way on it, and make
 * a new one, to its next endpoint. */
void sock_reconnect(struct sock *s);

/* Whether waiting for messages keeps the loop running; it does, until this says
 * otherwise. */
void sock_keep_loop(struct sock *s, bool keeps);

/* Close: no callback comes afterwards; the memory goes with the next turns of
 * the loop. Messages under way get `linger_ms`. The path of an ipc endpoint
 * stays: ZeroMQ does not unlink it. NULL is fine. */
void sock_close(struct sock *s, int linger_ms);

#endif
