/* SPDX-License-Identifier: MIT */
/* serve - the worker's core with a socket, a clock and jobs, on a loop. */
#ifndef SERVE_H
#define SERVE_H

#include "worker/shell/call/modules.h"
#include "worker/shell/exec/forkserver.h"
#include "worker/shell/life/inherit.h"
#include "worker/shell/worker_config.h"

/* Serve until drained or refused; the fork server has stopped then. Returns the
 * exit code: 0 drained, 1 refused or not able to start. */
int serve(const struct config *config, const struct inherit *inherit,
          const struct modules *modules, struct forkserver *forkserver);

#endif
