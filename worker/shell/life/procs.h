/* SPDX-License-Identifier: MIT */
/* procs - a worker as several processes, one loop each, so that all cores work.
 *
 * The first process only supervises. It starts the others, which are NAME.1 to
 * NAME.N at the coordinator (NAME, when N is 1), and replaces one that was
 * ended by a signal, or by exit() in a call. When a process ends because it
 * means to, all end. No process survives the supervisor.
 *
 * SIGHUP: read the modules anew (reload.h); then one process after the other
 * drains, and is replaced by one that has them.
 */
#ifndef PROCS_H
#define PROCS_H

#include "worker/shell/life/inherit.h"

/* Borrowed. */
struct procs_plan {
    char **argv;      /* our command line; theirs begins with it */
    const char *name; /* of the worker */
    uint32_t slots;   /* shared out among them */
    uint32_t n;       /* processes; at least 1 */
    int before_fd;    /* memory in which the worker in whose place this one
                         starts has left the boot ids of its processes: it is
                         dead with all it ran; zeroed memory: none was. -1:
                         nobody knows. Taken */
    struct module_files *modules; /* a reload changes them */
};

/* Before any thread. Returns the exit code: 0 when all have drained. */
int procs_supervise(const struct procs_plan *plan);

/* In a process that the supervisor started: let SIGKILL end it with its
 * supervisor, even when it is stopped. */
void procs_begin(const struct inherit *inherit);

#endif
