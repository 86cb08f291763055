/* SPDX-License-Identifier: MIT */
/* serve - the worker's core with a socket, a clock and jobs, on a loop. */
#ifndef SERVE_H
#define SERVE_H

#include <sys/resource.h>

#include "config.h"
#include "modules.h"

/* Serve until drained (0) or refused (1). n_files: limit of open files for
 * programs; 0: ours. Returns the exit code. */
int serve(const struct config *config, const struct modules *modules,
          rlim_t n_files);

#endif
