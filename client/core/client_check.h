/* SPDX-License-Identifier: MIT */
/* client_check - a look into a client, for tests. Pure. */
#ifndef CLIENT_CHECK_H
#define CLIENT_CHECK_H

#include "client/core/client.h"

/* Count everything again, and compare. */
void client_check(const struct client *c);
size_t client_n_open(const struct client *c);

#endif
