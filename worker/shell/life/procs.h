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

#include "worker/shell/life/inherit.h"

/* Borrowed. */
struct procs_plan {
    char **argv;      /* our command line, theirs but for what differs */
    const char *name; /* of the worker */
    uint32_t slots;   /* that they share */
    uint32_t n;       /* processes; at least 1 */
};

/* Before any thread. Returns the exit code: 0 when all have drained. */
int procs_supervise(const struct procs_plan *plan);

/* In a process that it started: ends it when its supervisor ends, by SIGKILL,
 * so also when it is stopped. */
void procs_begin(const struct inherit *inherit);

#endif
