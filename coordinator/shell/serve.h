/* SPDX-License-Identifier: MIT */
/* serve - the coordinator's core between a socket, a journal and a clock. */
#ifndef SERVE_H
#define SERVE_H

#include "config.h"
#include "err.h"

/* Open the database, listen, serve until SIGTERM or SIGINT, end cleanly. On an
 * error the message says what to do. */
enum err serve(const struct config *config, char *errmsg);

#endif
