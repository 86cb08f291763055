/* SPDX-License-Identifier: MIT */
/* family - a process and all that descend from it. */
#ifndef FAMILY_H
#define FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* SIGKILL to a child of ours and all its descendants. They are stopped first,
 * parents before children, so that none is born meanwhile. Those whose parent
 * had died before are not found. */
void family_kill(pid_t pid);
/* Whether a child is to be left out. */
typedef bool family_spare_fn(const void *arg, pid_t pid);

/* The same of the children of a process that are not spared (NULL: none is),
 * not of itself. Returns how many there were; who has ended and was not waited
 * for is one as well. */
size_t family_kill_children(pid_t pid, family_spare_fn *spare, const void *arg);

#endif
