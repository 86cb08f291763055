/* SPDX-License-Identifier: MIT */
/* listening - yon up --listen: the endpoint, and how others reach it.
 */
#ifndef LISTENING_H
#define LISTENING_H

#include "client/cli/keydir.h"

struct listening {
    char *endpoint; /* of yond; NULL: only this user, here */
    char *keys;     /* its directory of keys */
    char *addresses[ACCESS_SERVERS_MAX];
    size_t n_addresses;
};

/* Read --listen and --advertise. Returns 0 or an exit code, told. Freed by
 * listening_fini. */
int listening_read(const struct cli *c, struct listening *out);
/* Make the keys: the coordinator's, and at first one for a worker and one for
 * commands, whose files lie in the directory. 0 or an exit code, told. Nothing
 * without --listen. Before there are sockets. */
int listening_prepare(const struct cli *c, const struct rundir *r,
                      struct listening *l);
/* Say what to do on another machine. */
void listening_say(const struct cli *c, const struct rundir *r,
                   const struct listening *l);
void listening_fini(struct listening *l);

#endif
