/* SPDX-License-Identifier: MIT */
/* family - a process and all that descend from it. */
#ifndef FAMILY_H
#define FAMILY_H

#include <sys/types.h>

/* SIGKILL to a child of ours and all its descendants. They are stopped first,
 * parents before children, so that none is born meanwhile. Those whose parent
 * had died before are not found. */
void family_kill(pid_t pid);
/* The same of all children of a process, but not to itself. */
void family_kill_children(pid_t pid);

#endif
