/* SPDX-License-Identifier: MIT */
/* yond - the coordinator's core between a socket, a store and a clock. */
#ifndef YOND_H
#define YOND_H

#include "coordinator/shell/yond_config.h"
#include "libcommon/err.h"

/* Open the database, listen, serve until SIGTERM or SIGINT, end cleanly. On an
 * error the message says what to do. */
enum err serve(const struct yond_config *config, char *errmsg);

#endif
