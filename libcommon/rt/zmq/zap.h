/* SPDX-License-Identifier: MIT */
/* zap - decides which keys may connect to the CURVE sockets of this process
 * (RFC 27).
 *
 * One a process. Libzmq asks for each new connection; until there is an answer
 * the connection waits. A key that is refused does not try again by itself.
 */
#ifndef ZAP_H
#define ZAP_H

#include <uv.h>

#include "libcommon/key_text.h"

/* The domain that bound sockets name. */
#define ZAP_DOMAIN "yon"

struct zap; /* opaque */

/* Returns the number under which messages of this key will arrive, see
 * sock_sender; 0: it may not connect. */
typedef uint32_t zap_allow_fn(void *arg, const struct curve_key *client);

/* Before any CURVE socket is bound. ERR_EXISTS  there is one;  ERR_LIMIT,
 * ERR_SYSTEM. */
enum err zap_open(uv_loop_t *loop, zap_allow_fn *allow, void *arg,
                  struct zap **out, char *errmsg);
/* After the sockets. The memory goes in a later turn of the loop. NULL is fine.
 */
void zap_close(struct zap *z);

#endif
