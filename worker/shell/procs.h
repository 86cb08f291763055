/* SPDX-License-Identifier: MIT */
/* procs - a worker as several processes, one loop each, so that all cores work.
 *
 * The first process only supervises: it starts the others, which are NAME.1 to
 * NAME.N at the coordinator (NAME, when there is one only), and starts again
 * what a signal, or exit() in a call, has ended. Who meant to end has said so:
 * then all end. Nobody survives the supervisor.
 */
#ifndef PROCS_H
#define PROCS_H

#include "config.h"

/* Before any thread. Returns the exit code: 0 when all have drained. */
int procs_supervise(const struct config *config, char **argv);

/* In a process that it started. Its loop sees config->alive_fd end with the
 * supervisor and ends too; one that has not done so PROCS_ORPHAN_S later is
 * killed. */
#define PROCS_ORPHAN_S 5
void procs_begin(const struct config *config);

#endif
