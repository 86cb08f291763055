/* SPDX-License-Identifier: MIT */
/* dial - a socket to a coordinator: over tcp with the key of the access file.
 */
#ifndef DIAL_H
#define DIAL_H

#include "libcommon/rt/zmq/sock.h"

/* As sock_connect, with what access_file_read says for a tcp address: when that
 * is one of its servers, the others are tried in turn. Its errors, and those of
 * access_file_read. */
enum err dial(uv_loop_t *loop, const char *address, sock_recv_fn *recv,
              void *arg, struct sock **out, char *errmsg);

#endif
