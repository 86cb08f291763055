/* SPDX-License-Identifier: MIT */
/* endpoint - addresses of sockets: checked, and in the form ZeroMQ wants. */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <stdbool.h>

#include "libcommon/err.h"

/* What fits into sockaddr_un, without the NUL. */
#define ENDPOINT_PATH_MAX 107
#define ENDPOINT_HOST_MAX 255
#define ENDPOINT_LEN 320 /* bytes of any endpoint, with its NUL */

struct endpoint {
    char text[ENDPOINT_LEN]; /* for zmq_bind or zmq_connect */
    const char *path;        /* ipc: in text; else NULL */
    bool is_ipv6;            /* tcp with an address in brackets */
};

/* "ipc://PATH" or "tcp://HOST:PORT". To bind: HOST is an address of this
 * machine, 0.0.0.0, [::] or localhost, and port 0 lets the system choose. On
 * error `errmsg` (NULL or char[ERRMSG_LEN]) says what to do.
 * ERR_FORMAT  not an endpoint;
 * ERR_RANGE   the path is longer than ENDPOINT_PATH_MAX. */
enum err endpoint_for_bind(const char *text, struct endpoint *out,
                           char *errmsg);
enum err endpoint_for_connect(const char *text, struct endpoint *out,
                              char *errmsg);
/* Whether what listens there is on this machine: ipc, or a loopback address. */
bool endpoint_is_here(const char *text);

#endif
