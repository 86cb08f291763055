/* SPDX-License-Identifier: MIT */
/* room - whether this process can have what the first ZeroMQ socket takes.
 *
 * libzmq starts its threads then, with a poller each, and ends the process when
 * it does not get them: a shortage would be a crash.
 */
#ifndef ROOM_H
#define ROOM_H

#include <stdbool.h>

/* Takes as many threads and descriptors as a context and its first socket, and
 * gives them back. False: they cannot be had (errno). */
bool room_for_context(void);

#endif
