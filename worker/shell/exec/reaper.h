/* SPDX-License-Identifier: MIT */
/* reaper - a process that watches others to their end: how it lives and
 * waits (its children: rt/os/children.h).
 *
 * It is a subreaper: whatever its descendants do, one that loses its parent
 * becomes its child. For processes of one thread.
 */
#ifndef REAPER_H
#define REAPER_H

#include <stdbool.h>
#include <sys/types.h>

/* In a new process: take that name, become a subreaper, and ignore every signal
 * but SIGKILL, SIGSTOP and SIGHUP. parent: the process that this one serves;
 * its end, or SIGHUP, makes this one alone. */
void reaper_begin(const char *name, pid_t parent);

/* Wait until `sock` is readable (true), or a child has ended, or this process
 * is alone, or ms have passed. sock -1: no socket; ms -1: no limit. */
bool reaper_wait(int sock, int ms);

/* Nobody is served any more. */
bool reaper_is_alone(void);

#endif
