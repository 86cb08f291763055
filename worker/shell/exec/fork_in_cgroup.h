/* SPDX-License-Identifier: MIT */
/* fork_in_cgroup - a child that starts in a cgroup. To move it there later is
 * slow: the kernel waits for all cores.
 */
#ifndef FORK_IN_CGROUP_H
#define FORK_IN_CGROUP_H

#include <sys/types.h>

/* Run fn(arg), which does not return, in a child in the cgroup whose folder
 * that is. The parent, which has one thread, goes on when the child has ended
 * or become a program. The child shares its memory where we know how, as with
 * vfork, or has a copy. Returns its id, or -1 with errno: ENOSYS, EPERM: not on
 * this machine. */
pid_t fork_in_cgroup(int cgroup, void (*fn)(void *arg), void *arg);

#endif
