/* SPDX-License-Identifier: MIT */
/* monitor - why a socket that connects is not connected, as libzmq tells it.
 *
 * Only for sockets that connect: an unread monitor of a bound one stops all
 * accepting.
 */
#ifndef MONITOR_H
#define MONITOR_H

#include <stdbool.h>

#include <uv.h>

struct monitor; /* opaque */

/* A try to connect has failed. */
typedef void monitor_failed_fn(void *arg);

/* Watch a ZeroMQ socket, before it connects. NULL: nothing will be known. */
struct monitor *monitor_open(uv_loop_t *loop, void *zmq,
                             monitor_failed_fn *failed, void *arg);
/* What went wrong last; static. NULL: nothing, or it is connected. `lasts`:
 * trying again does not help. */
const char *monitor_trouble(const struct monitor *m, bool *lasts);
/* Before the socket is closed, on the thread of its loop. The memory goes in a
 * later turn. NULL is fine. */
void monitor_close(struct monitor *m);

#endif
