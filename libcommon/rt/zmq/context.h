/* SPDX-License-Identifier: MIT */
/* context - the ZeroMQ of this process: its threads, made with the first
 * socket.
 */
#ifndef CONTEXT_H
#define CONTEXT_H

/* A new socket of this ZeroMQ type, for zmq_close. A child of fork makes a
 * context of its own. NULL: errno says why. */
void *context_socket(int type);

/* End ZeroMQ in this process, after all sockets are closed and the loop has run
 * their closing. */
void context_end(void);

#endif
