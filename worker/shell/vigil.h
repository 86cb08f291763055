/* SPDX-License-Identifier: MIT */
/* vigil - how a process that only watches others lives: nothing but SIGKILL
 * ends it, and it waits for its socket, for the ends of children, and for the
 * end of the process that it serves.
 */
#ifndef VIGIL_H
#define VIGIL_H

#include <stdbool.h>
#include <sys/types.h>

/* In a new process of one thread: take that name, become a subreaper. parent:
 * who must live; its end, or SIGHUP, makes us alone. */
void vigil_begin(const char *name, pid_t parent);

/* Wait for bytes on `sock` (or its end), the end of a child, being alone, or
 * until ms have passed. -1: no socket, no limit. True: the socket has
 * something. */
bool vigil_wait(int sock, int ms);

/* It is for nobody any more. */
bool vigil_is_alone(void);

#endif
