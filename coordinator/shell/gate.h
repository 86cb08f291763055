/* SPDX-License-Identifier: MIT */
/* gate - lets keys in, and shuts them out: the keyring on the loop.
 *
 * The list is read again when the file is replaced, and on SIGHUP. One a
 * process.
 */
#ifndef GATE_H
#define GATE_H

#include <uv.h>

#include "coordinator/core/model/principal.h"
#include "libcommon/rt/zmq/sock.h"

struct gate; /* opaque */

/* A principal has no rights any more: no message of it follows. Not called from
 * a function of the gate but gate_look. */
typedef void gate_revoked_fn(void *arg, uint32_t number);

/* Before sockets with keys are bound. Errors of keyring_open and zap_open. */
enum err gate_open(uv_loop_t *loop, const char *dir, gate_revoked_fn *revoked,
                   void *arg, struct gate **out, char *errmsg);
/* After the sockets. The memory goes with the next turns of the loop. NULL is
 * fine. */
void gate_close(struct gate *g);

/* The coordinator's own key, for sock_bind: the caller wipes it. */
struct sock_keys gate_keys(const struct gate *g);
/* Who sends under this number, which is not 0. False: it has no rights. */
bool gate_look(struct gate *g, uint32_t number, struct principal *out);

#endif
